/** Connections that go through a proxy where the rule says so; loaded only where one is configured. */
import { Agent, type AgentConnectOpts } from "agent-base";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import * as http from "node:http";
import * as https from "node:https";
import { chooseProxy, type ProxyRule } from "../../config/settings/proxy-rule.ts";

const OPTIONS: http.AgentOptions = { keepAlive: true, keepAliveMsecs: 60_000, maxSockets: 256 };

/** What Node calls on an agent for each request; its types leave it out. */
interface RequestTaker {
  addRequest(request: http.ClientRequest, options: AgentConnectOpts): void;
}

/** An agent for addresses of both kinds. An https one is reached by CONNECT, so that the proxy sees its host and nothing else. */
export function createProxyAgent(rule: ProxyRule): http.Agent {
  return new RuledAgent(rule);
}

/** Asks the rule for each request: one client may talk to several hosts, such as a store and who gives keys for it. */
class RuledAgent extends Agent implements RequestTaker {
  readonly #rule: ProxyRule;
  readonly #agents = new Map<string, RequestTaker & http.Agent>();

  constructor(rule: ProxyRule) {
    super(OPTIONS);
    this.#rule = rule;
  }

  /**
   * Hands the request on at once. A plain request to a proxy names the whole address, and its head is written as soon as
   * the caller ends it: an agent chosen later could change that for a new connection, and not for one that is kept.
   */
  addRequest(request: http.ClientRequest, options: AgentConnectOpts): void {
    const isSecure = request.protocol === "https:";
    const { host, port } = options;
    const name = host?.includes(":") === true ? `[${host}]` : (host ?? "localhost");
    const proxy = chooseProxy(this.#rule, new URL(`${isSecure ? "https" : "http"}://${name}:${port}`));
    const key = `${isSecure} ${proxy}`;
    const agent = this.#agents.get(key) ?? createAgent(isSecure, proxy);
    this.#agents.set(key, agent);
    agent.addRequest(request, Object.assign({}, options, { secureEndpoint: isSecure }));
  }

  override connect(): never {
    throw new Error("addRequest hands every request on");
  }

  override destroy(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    super.destroy();
  }
}

function createAgent(isSecure: boolean, proxy: string | null): RequestTaker & http.Agent {
  const Direct = isSecure ? https.Agent : http.Agent;
  const Proxied = isSecure ? HttpsProxyAgent : HttpProxyAgent;
  const agent: http.Agent = proxy === null ? new Direct(OPTIONS) : new Proxied(proxy, OPTIONS);
  return agent as RequestTaker & http.Agent;
}
