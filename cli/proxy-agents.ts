/** Connections that go through a proxy where the rule says so; loaded only where one is configured. */
import { Agent, type AgentConnectOpts } from "agent-base";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import * as http from "node:http";
import * as https from "node:https";
import { chooseProxy, type ProxyRule } from "../config/proxy-rule.ts";

const OPTIONS: http.AgentOptions = { keepAlive: true, keepAliveMsecs: 60_000, maxSockets: 256 };

/** An agent for addresses of both kinds. An https one is reached by CONNECT, so that the proxy sees its host and nothing else. */
export function createProxyAgent(rule: ProxyRule): http.Agent {
  return new RuledAgent(rule);
}

/** Asks the rule for each connection: one client may talk to several hosts, such as a store and who gives keys for it. */
class RuledAgent extends Agent {
  readonly #rule: ProxyRule;
  readonly #agents = new Map<string, http.Agent>();

  constructor(rule: ProxyRule) {
    super(OPTIONS);
    this.#rule = rule;
  }

  override connect(_request: http.ClientRequest, options: AgentConnectOpts): Promise<http.Agent> {
    const { secureEndpoint, host, port } = options;
    const name = host?.includes(":") === true ? `[${host}]` : (host ?? "localhost");
    const address = new URL(`${secureEndpoint ? "https" : "http"}://${name}:${port}`);
    const proxy = chooseProxy(this.#rule, address);
    const key = `${secureEndpoint} ${proxy}`;
    const agent = this.#agents.get(key) ?? createAgent(secureEndpoint, proxy);
    this.#agents.set(key, agent);
    return Promise.resolve(agent);
  }

  override destroy(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    super.destroy();
  }
}

function createAgent(isSecure: boolean, proxy: string | null): http.Agent {
  if (proxy === null) return isSecure ? new https.Agent(OPTIONS) : new http.Agent(OPTIONS);
  return isSecure ? new HttpsProxyAgent(proxy, OPTIONS) : new HttpProxyAgent(proxy, OPTIONS);
}
