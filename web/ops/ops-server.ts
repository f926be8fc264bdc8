/**
 * The one endpoint over HTTP: /healthz, /readyz and /metrics, for machines that watch the service. Its caller supplies the
 * answers; requests change nothing.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError, describeError } from "../../model/errors.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { describePassingFault } from "../../model/system-fault.ts";
import type { Health } from "../../app/service/health.ts";

export interface OpsAddress {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

export interface OpsServerOptions {
  readonly address: OpsAddress;
  health(): Health;
  ready(): Health;
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  readonly log: Logger;
}

export interface OpsServer {
  /** With the actual port, without a trailing slash. */
  readonly url: string;
  /** Closes all connections; may be called twice. */
  close(): Promise<void>;
}

/** Raises `ADDRESS_TAKEN` if listening may work later, `CONFIG_INVALID` if the configuration has to change. */
export async function startOpsServer(options: OpsServerOptions): Promise<OpsServer> {
  const { address, log } = options;
  const server = createServer(LIMITS, (request, response) => {
    void answer(request, options).then((reply) => {
      send(response, reply);
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = IDLE_MS;
  await listen(server, address);
  server.on("error", (error) => {
    log.warn(`${address.host}:${address.port} (DAGMAR_HTTP): ${describeError(error)}`);
  });
  return {
    url: formatUrl(server.address() as AddressInfo),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** Far more than a scrape needs, far less than a stuck or hostile client would take. */
const IDLE_MS = 10_000;
const MAX_CONNECTIONS = 32;
const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: IDLE_MS,
  connectionsCheckingInterval: 5_000,
} as const;

const PATHS = `/healthz  whether the process lives and its loop turns
/readyz   whether it holds the lease and can work
/metrics  what it does, for Prometheus
`;

const TEXT = "text/plain; charset=utf-8";
const JSON_TYPE = "application/json; charset=utf-8";

interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly allow?: string;
}

async function answer(request: IncomingMessage, options: OpsServerOptions): Promise<Reply> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return { status: 405, contentType: TEXT, body: "Only GET and HEAD.\n", allow: "GET, HEAD" };
  }
  const [path = "/"] = (request.url ?? "/").split("?", 1);
  try {
    switch (path) {
      case "/healthz":
        return formatHealth(options.health());
      case "/readyz":
        return formatHealth(options.ready());
      case "/metrics":
        return { status: 200, ...(await options.metrics()) };
      default:
        return { status: 404, contentType: TEXT, body: `Not found. The paths are:\n\n${PATHS}` };
    }
  } catch (error) {
    options.log.error(`${path} could not be answered: ${describeError(error)}`);
    return { status: 500, contentType: TEXT, body: "Internal error; the log has the reason.\n" };
  }
}

function formatHealth(health: Health): Reply {
  return {
    status: health.status === "ok" ? 200 : 503,
    contentType: JSON_TYPE,
    body: `${JSON.stringify(health)}\n`,
  };
}

/** Every connection ends with its answer: a scrape gains nothing from keeping it, and no connection stays open. */
function send(response: ServerResponse, { status, contentType, body, allow }: Reply): void {
  response.writeHead(status, {
    "Content-Type": contentType,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    Connection: "close",
    ...(allow === undefined ? {} : { Allow: allow }),
  });
  response.end(body);
}

function listen(server: Server, address: OpsAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => {
      reject(explainListenError(error, address));
    };
    server.once("error", refuse);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off("error", refuse);
      resolve();
    });
  });
}

/** The other program may end, and an address may appear with its network. */
const PASSING: ReadonlySet<string> = new Set(["EADDRINUSE", "EADDRNOTAVAIL"]);

function explainListenError(error: NodeJS.ErrnoException, { host, port }: OpsAddress): ConfigError {
  const [reason, hint] = LISTEN_FAULTS[error.code ?? ""] ?? [
    describeError(error),
    "Set DAGMAR_HTTP to another address, or to off.",
  ];
  const isPassing = PASSING.has(error.code ?? "") || describePassingFault(error) !== undefined;
  const code = isPassing ? "ADDRESS_TAKEN" : "CONFIG_INVALID";
  return new ConfigError(code, `DAGMAR_HTTP: ${host} port ${port}: ${reason}`, {
    hint,
    cause: error,
  });
}

const LISTEN_FAULTS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EADDRINUSE: [
    "another program already listens there.",
    "Is it a second scheduler on this machine? Give this one another port in DAGMAR_HTTP, set it to off, or stop the other program.",
  ],
  EACCES: [
    "this user has no permission to listen there.",
    "Ports below 1024 need root. Set DAGMAR_HTTP to a higher one, such as 127.0.0.1:8793.",
  ],
  EADDRNOTAVAIL: [
    "this machine does not have that address.",
    "Set DAGMAR_HTTP to 127.0.0.1:8793 for this machine alone, or to 0.0.0.0:8793 for all of its addresses.",
  ],
  ENOTFOUND: [
    "that host name cannot be resolved.",
    "Set DAGMAR_HTTP to an address of this machine, such as 127.0.0.1:8793.",
  ],
};

function formatUrl({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
