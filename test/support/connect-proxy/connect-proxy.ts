/**
 * A proxy on loopback, and servers behind it for names that no DNS knows: plain HTTP on port 80, and the same over TLS on
 * port 443. It keeps what it sees, so that a test can look for secrets in it.
 */
import {
  createServer as createHttpServer,
  request as sendRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { CERTIFICATE, CERTIFICATE_KEY } from "./certificate.ts";

export interface ConnectProxy {
  readonly port: number;
  /** Where the same proxy is spoken to over TLS. */
  readonly securePort: number;
  /** `host:port` of each CONNECT, in order. */
  readonly tunnels: string[];
  /** Address of each request in clear, in order. */
  readonly inClear: string[];
  /** Values of Proxy-Authorization. */
  readonly authorizations: Set<string>;
  /** Every byte that passed through the tunnels, both ways. */
  seen(): string;
  /** Where the TLS server of a name listens on loopback, for clients that go past the proxy. */
  securePortOf(host: string): number;
  close(): Promise<void>;
}

/** `hosts`: which port on loopback answers, over plain HTTP, for which name. */
export async function startConnectProxy(hosts: Readonly<Record<string, number>>): Promise<ConnectProxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket.on("error", () => socket.destroy()));
    return socket;
  };
  const keys = { cert: CERTIFICATE, key: CERTIFICATE_KEY };
  const fronts = new Map<string, TlsFront>();
  for (const [host, port] of Object.entries(hosts)) fronts.set(host, await startTlsFront(port, keys));
  const tunnels: string[] = [];
  const inClear: string[] = [];
  const authorizations = new Set<string>();
  const chunks: Buffer[] = [];
  const keepAuthorization = (request: IncomingMessage): void => {
    authorizations.add(request.headers["proxy-authorization"] ?? "");
  };

  function forward(request: IncomingMessage, response: ServerResponse): void {
    keepAuthorization(request);
    inClear.push(request.url ?? "");
    const { hostname, pathname, search } = new URL(request.url ?? "/", "http://nowhere.example");
    const port = hosts[hostname];
    if (port === undefined) {
      response.writeHead(502).end();
      return;
    }
    const { method, headers } = request;
    const onward = sendRequest(
      { host: "127.0.0.1", port, method, headers, path: `${pathname}${search}` },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  }

  function tunnel(request: IncomingMessage, client: Socket, head: Buffer): void {
    keep(client);
    keepAuthorization(request);
    tunnels.push(request.url ?? "");
    const port = fronts.get((request.url ?? "").replace(/:443$/, ""))?.port;
    if (port === undefined) {
      client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      return;
    }
    const server = keep(connect(port, "127.0.0.1"));
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    server.write(head);
    for (const socket of [client, server]) socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    client.pipe(server).pipe(client);
  }

  const plain = createHttpServer(forward);
  const secure = createHttpsServer(keys, forward);
  for (const proxy of [plain, secure]) proxy.on("connection", keep).on("connect", tunnel);

  return {
    port: await listen(plain),
    securePort: await listen(secure),
    tunnels,
    inClear,
    authorizations,
    seen: () => Buffer.concat(chunks).toString("latin1"),
    securePortOf(host) {
      const port = fronts.get(host)?.port;
      if (port === undefined) throw new Error(`${host} has no server`);
      return port;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([plain, secure].map(close));
      for (const front of fronts.values()) await front.close();
    },
  };
}

/** Speaks TLS for a server on loopback that does not. */
export interface TlsFront {
  readonly port: number;
  close(): Promise<void>;
}

export async function startTlsFront(
  plainPort: number,
  keys: { readonly cert: string; readonly key: string },
): Promise<TlsFront> {
  const sockets = new Set<Socket>();
  const server = createTlsServer(keys, (inside) => {
    const plain = connect(plainPort, "127.0.0.1");
    for (const socket of [inside, plain]) sockets.add(socket.on("error", () => socket.destroy()));
    inside.pipe(plain).pipe(inside);
  });
  return {
    port: await listen(server),
    async close() {
      for (const socket of sockets) socket.destroy();
      await close(server);
    },
  };
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}
