/** Agents that connect through a proxy where the rule says so; loaded only if a proxy is configured. */
import { Agent, type AgentConnectOpts } from "agent-base";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import * as http from "node:http";
import * as https from "node:https";
import { chooseProxy, type ProxyRule } from "../../config/settings/proxy-rule.ts";

const OPTIONS: http.AgentOptions = { keepAlive: true, keepAliveMsecs: 60_000, maxSockets: 256 };

/** The method that Node calls on an agent for each request; Node's types omit it. */
interface RequestTaker {
  addRequest(request: http.ClientRequest, options: AgentConnectOpts): void;
}

/** An agent for http and https. An https address is reached by CONNECT, so that the proxy sees only its host. */
export function createProxyAgent(rule: ProxyRule): http.Agent {
  return new RuledAgent(rule);
}

/** Asks the rule for each request: one client may talk to several hosts, such as a store and its credential service. */
class RuledAgent extends Agent implements RequestTaker {
  readonly #rule: ProxyRule;
  readonly #agents = new Map<string, RequestTaker & http.Agent>();

  constructor(rule: ProxyRule) {
    super(OPTIONS);
    this.#rule = rule;
  }

  /**
   * Passes the request on at once. A plain request to a proxy names the whole address, and its head is written as soon as
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
    throw new Error("addRequest passes every request on");
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
