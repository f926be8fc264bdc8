/** How a GET goes over the wire: axios with the connections of one client, and nothing of axios's that a GET does not need. */
import * as http from "node:http";
import * as https from "node:https";
import { create, type AxiosInstance } from "axios";
import type { ApiCall } from "./api-call.ts";
import { isTransientStatus } from "./transient-status.ts";

declare module "axios" {
  interface AxiosRequestConfig {
    /** Survives axios's merging of configurations by reference, being no plain object. */
    apiCall?: ApiCall;
  }
}

export interface ConnectionOptions {
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decompressed; a longer answer is cut off and not asked for again. Default 32 MiB. */
  readonly maxContentBytes?: number;
  /** Connections open at once. Above the concurrency of all tasks, lest requests that have their turn wait here. */
  readonly maxSockets?: number;
  /** Makes what the connections go through, such as a proxy; by default they go straight. */
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
    // As axios sets it on each request: with another value here the two would change it to and fro, a system call each.
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
    // The bytes are kept as they came, and a GET has none to send.
    transformRequest: [],
    transformResponse: [],
    validateStatus: (status) => !isTransientStatus(status),
    // Axios's own reading of HTTPS_PROXY: the agent has the rule that holds for every client.
    proxy: false,
  });
  // Axios merges its defaults anew at each request: what a GET does not need costs a tenth of a request's time.
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
