/** How a GET is sent: axios with the connections of one client, without the axios features that a GET does not need. */
import * as http from "node:http";
import * as https from "node:https";
import { create, type AxiosInstance } from "axios";
import type { ApiCall } from "./api-call.ts";
import { isTransientStatus } from "./transient-status.ts";

declare module "axios" {
  interface AxiosRequestConfig {
    /** Survives axios's merging of configurations by reference, because it is not a plain object. */
    apiCall?: ApiCall;
  }
}

export interface ConnectionOptions {
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decompressed; a longer answer is cut off and not asked for again. Default 32 MiB. */
  readonly maxContentBytes?: number;
  /**
   * Connections open at once. More than the concurrency of all tasks, so that requests whose turn has come do not wait
   * here.
   */
  readonly maxSockets?: number;
  /** Makes the agents of the connections, for example through a proxy; by default they are direct. */
  readonly makeAgent?: (() => http.Agent) | undefined;
}

export interface Connection {
  readonly instance: AxiosInstance;
  /** Ends the kept-alive connections. */
  close(): void;
}

export function openConnection(baseUrl: string, options: ConnectionOptions): Connection {
  const agentOptions: http.AgentOptions = {
    keepAlive: true,
    // The value that axios sets on each request: with another value here it would be changed back and forth, a system
    // call each time.
    keepAliveMsecs: 60_000,
    maxSockets: options.maxSockets ?? 256,
  };
  const agent = options.makeAgent?.();
  const httpAgent = agent ?? new http.Agent(agentOptions);
  const httpsAgent = agent ?? new https.Agent(agentOptions);
  const instance = create({
    adapter: "http",
    baseURL: baseUrl,
    allowAbsoluteUrls: false,
    maxRedirects: 0,
    responseType: "arraybuffer",
    maxContentLength: options.maxContentBytes ?? 32 * 1024 * 1024,
    httpAgent,
    httpsAgent,
    // The bytes are kept as received, and a GET has none to send.
    transformRequest: [],
    transformResponse: [],
    validateStatus: (status) => !isTransientStatus(status),
    // Axios's own reading of HTTPS_PROXY is off: the agent has the rule that applies to every client.
    proxy: false,
  });
  // Axios merges its defaults at each request: what a GET does not need costs a tenth of a request's time.
  for (const name of ["env", "transitional", "xsrfCookieName", "xsrfHeaderName", "maxBodyLength"] as const) {
    delete instance.defaults[name];
  }
  const headers = { Accept: "application/json", "Accept-Encoding": "gzip, br", ...options.headers };
  Object.assign(instance.defaults, { headers: { common: headers } });
  return {
    instance,
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}
