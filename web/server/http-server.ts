/** The HTTP server: sockets, limits and listening. Its caller makes the replies. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError, describeError } from "../../model/errors.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { describePassingFault } from "../../model/system-fault.ts";
import {
  reply,
  SECURITY,
  TEXT,
  type Admitted,
  type HttpAnswer,
  type HttpReply,
  type HttpRequest,
  type RequestHead,
} from "./exchange.ts";
import { sendStream } from "./send-stream.ts";

export interface HttpAddress {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

export interface HttpServerOptions {
  readonly address: HttpAddress;
  /** Before the body is read: whose request it is, or a reply if it may not pass. */
  readonly admit: (head: RequestHead) => Promise<Admitted | HttpReply>;
  readonly answer: (request: HttpRequest) => Promise<HttpAnswer>;
  readonly log: Logger;
}

export interface HttpServer {
  /** With the actual port, without a trailing slash. */
  readonly url: string;
  /** Closes all connections; may be called twice. */
  close(): Promise<void>;
}

/** Raises `ADDRESS_TAKEN` if listening may work later, `CONFIG_INVALID` if the configuration has to change. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { address, log } = options;
  const server = createServer(LIMITS, (message, response) => {
    void handle(message, options).then((made) => {
      if (made === undefined) return;
      if ("body" in made) send(response, made);
      else void sendStream(response, made, message.method === "HEAD", log);
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = STALLED_MS;
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

/** Far more than scrapes and a few browsers need, far less than a stuck or hostile client would take. */
const IDLE_MS = 10_000;
/** As long as a client may take nothing of its reply. Streams send something more often. */
const STALLED_MS = 60_000;
const MAX_CONNECTIONS = 128;
const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: IDLE_MS,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
} as const;

/** `undefined` if the client has gone. */
async function handle(
  message: IncomingMessage,
  { admit, answer, log }: HttpServerOptions,
): Promise<HttpAnswer | undefined> {
  const head = readHead(message);
  try {
    const fault = await findHeadFault(message, head);
    if (fault !== undefined) return fault;
    const admitted = await admit(head);
    if ("status" in admitted) return admitted;
    if (head.method === "GET") return await answer({ ...admitted, body: "" });
    const { readBody } = await import("./read-body.ts");
    const body = await readBody(message, head).catch(() => undefined);
    if (body === undefined) return undefined;
    if (typeof body !== "string") return await replyFault(body.status, body.detail);
    return await answer({ ...admitted, body });
  } catch (error) {
    log.error(`${head.path} could not be answered: ${describeError(error)}`);
    return reply(500, TEXT, "Internal error; the log has the reason.\n");
  }
}

function readHead({ method = "GET", url = "/", headers }: IncomingMessage): RequestHead {
  const cut = url.indexOf("?");
  const single = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return {
    method: method === "HEAD" ? "GET" : method,
    path: cut < 0 ? url : url.slice(0, cut),
    search: cut < 0 ? "" : url.slice(cut),
    headers: Object.fromEntries(single),
  };
}

/** Two parts of a system that read different ones of two headers would judge different requests. */
const ONCE = ["host", "authorization", "origin", "sec-fetch-site", "content-type", "idempotency-key"];

async function findHeadFault(
  { headersDistinct }: IncomingMessage,
  { path }: RequestHead,
): Promise<HttpReply | undefined> {
  if (!path.startsWith("/")) return replyFault(400, "The target of a request is a path that begins with /.");
  const twice = ONCE.find((name) => (headersDistinct[name]?.length ?? 0) > 1);
  if (twice !== undefined) return replyFault(400, `The header ${twice} is there more than once.`);
  return undefined;
}

async function replyFault(status: number, detail: string): Promise<HttpReply> {
  const { replyProblem } = await import("../api/problem.ts");
  return replyProblem({ status, code: "USAGE", detail });
}

function send(response: ServerResponse, { status, headers, body }: HttpReply): void {
  response.writeHead(status, { "Content-Length": Buffer.byteLength(body), ...SECURITY, ...headers });
  // For HEAD, Node leaves the body out.
  response.end(body);
}

function listen(server: Server, address: HttpAddress): Promise<void> {
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

function explainListenError(error: NodeJS.ErrnoException, { host, port }: HttpAddress): ConfigError {
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
    "Is it a scheduler or `dagmar web` on this machine? Give this one another port in DAGMAR_HTTP, set it to off, or stop the other program.",
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
