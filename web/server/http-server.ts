/** The HTTP server: sockets, limits and listening. Its caller makes the replies. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError, describeError } from "../../model/errors.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { describePassingFault } from "../../model/system-fault.ts";
import {
  reply,
  SECURITY,
  type Admitted,
  type HttpAnswer,
  type HttpReply,
  type HttpRequest,
  type ReceivedHead,
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
  readonly admit: (head: ReceivedHead) => Promise<Admitted | HttpReply>;
  readonly answer: (request: HttpRequest) => Promise<HttpAnswer>;
  readonly log: Logger;
  /** As long as a client may take nothing of its reply, and as long as a stream may send nothing. By default 60 s. */
  readonly stalledMs?: number;
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
    void serve(message, response, options);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = options.stalledMs ?? STALLED_MS;
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

/** As long as a client may take to send its request. */
const IDLE_MS = 10_000;
/** Streams send something more often. */
const STALLED_MS = 60_000;
/** Far more than scrapes and a few browsers need, far less than a stuck or hostile client would take. */
const MAX_CONNECTIONS = 128;
const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: IDLE_MS,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
} as const;

/** Never rejects: whatever fails costs this connection, and nothing else. */
async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  options: HttpServerOptions,
): Promise<void> {
  const fail = (error: unknown): void => {
    const what = response.headersSent ? "could not be answered to its end" : "could not be answered";
    options.log.error(`${readPath(message)} ${what}: ${describeError(error)}`);
    breakOff(response);
  };
  // Without a listener, an error event ends the process.
  response.on("error", fail);
  try {
    const made = await handle(message, options);
    if (made === GONE) return;
    if ("body" in made) send(response, made);
    else await sendStream(response, made, message.method === "HEAD");
  } catch (error) {
    fail(error);
  }
}

/** The client has gone in the middle of its request. */
const GONE = Symbol("gone");

async function handle(
  message: IncomingMessage,
  { admit, answer }: HttpServerOptions,
): Promise<HttpAnswer | typeof GONE> {
  const head = readHead(message);
  const fault = await findHeadFault(message, head);
  if (fault !== undefined) return fault;
  const admitted = await admit(head);
  if ("status" in admitted) return admitted;
  if (head.method === "GET") return await answer({ ...admitted, body: "" });
  const { readBody } = await import("./read-body.ts");
  const body = await readBody(message, admitted).catch((): typeof GONE => GONE);
  if (body === GONE) return GONE;
  if (typeof body !== "string") return await replyFault(body.status, body.detail);
  return await answer({ ...admitted, body });
}

function readPath({ url = "/" }: IncomingMessage): string {
  return url.split("?", 1)[0] ?? "";
}

function readHead(message: IncomingMessage): ReceivedHead {
  const { method = "GET", url = "/", headers, httpVersion } = message;
  const path = readPath(message);
  const single = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return {
    method: method === "HEAD" ? "GET" : method,
    path,
    search: url.slice(path.length),
    headers: Object.fromEntries(single),
    httpVersion,
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

/** Ends the connection: with 500 if nothing was sent yet, otherwise so that the client knows that something is missing. */
function breakOff(response: ServerResponse): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const problem = { type: "/errors/INTERNAL", title: "Internal error", status: 500 };
  const detail = "Internal error; the log has the reason.";
  const body = `${JSON.stringify({ ...problem, detail, code: "INTERNAL", hint: null })}\n`;
  const { headers } = reply(500, "application/problem+json; charset=utf-8", body);
  send(response, { status: 500, headers: { ...headers, Connection: "close" }, body });
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
