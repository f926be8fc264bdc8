/**
 * A proxy on loopback, and servers behind it for names that no DNS knows: plain HTTP on port 80, and the same over TLS on
 * port 443. It keeps what it sees, so that a test can look for secrets in it.
 */
import { createServer as createHttpServer, request as sendRequest, type IncomingMessage } from "node:http";
import { connect, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { CERTIFICATE, CERTIFICATE_KEY } from "./certificate.ts";

export interface ConnectProxy {
  readonly port: number;
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
  const servers: Server[] = [];
  const securePorts = new Map<string, number>();
  for (const [host, port] of Object.entries(hosts)) {
    const server = createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, (inside) => {
      const plain = keep(connect(port, "127.0.0.1"));
      keep(inside).pipe(plain).pipe(inside);
    });
    servers.push(server);
    securePorts.set(host, await listen(server));
  }
  const tunnels: string[] = [];
  const inClear: string[] = [];
  const authorizations = new Set<string>();
  const chunks: Buffer[] = [];
  const keepAuthorization = (request: IncomingMessage): void => {
    authorizations.add(request.headers["proxy-authorization"] ?? "");
  };

  const proxy = createHttpServer((request, response) => {
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
  });
  proxy.on("connection", keep);
  proxy.on("connect", (request: IncomingMessage, client: Socket, head: Buffer) => {
    keepAuthorization(request);
    tunnels.push(request.url ?? "");
    const port = securePorts.get((request.url ?? "").replace(/:443$/, ""));
    if (port === undefined) {
      client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      return;
    }
    const server = keep(connect(port, "127.0.0.1"));
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    server.write(head);
    for (const socket of [client, server]) socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    client.pipe(server).pipe(client);
  });
  servers.push(proxy);

  return {
    port: await listen(proxy),
    tunnels,
    inClear,
    authorizations,
    seen: () => Buffer.concat(chunks).toString("latin1"),
    securePortOf(host) {
      const port = securePorts.get(host);
      if (port === undefined) throw new Error(`${host} has no server`);
      return port;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map(async (server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}
