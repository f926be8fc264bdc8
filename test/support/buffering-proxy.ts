/** A proxy on loopback that gives a reply only when the server behind it has ended it: of a stream nothing arrives. */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

export interface BufferingProxy {
  readonly url: string;
  /** Paths of all requests, in order. */
  readonly paths: readonly string[];
  close(): void;
}

/** `target`: such as `http://127.0.0.1:8793`. */
export async function startBufferingProxy(target: string): Promise<BufferingProxy> {
  const paths: string[] = [];
  const { hostname, port } = new URL(target);
  const proxy = createServer((asked, response) => {
    paths.push(asked.url ?? "");
    const made = request(
      { hostname, port, path: asked.url, method: asked.method, headers: asked.headers, agent: false },
      (reply) => {
        const chunks: Buffer[] = [];
        reply.on("data", (chunk: Buffer) => chunks.push(chunk));
        reply.on("end", () =>
          response.writeHead(reply.statusCode ?? 502, reply.headers).end(Buffer.concat(chunks)),
        );
        reply.on("error", () => response.destroy());
      },
    );
    made.on("error", () => response.destroy());
    response.on("close", () => made.destroy());
    asked.pipe(made);
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    paths,
    close() {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
