/** A proxy in front of a server on loopback that records when each request came and was answered or cut off. It changes nothing. */
import { once } from "node:events";
import { createServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface RecordedTraffic {
  /** What was asked for, the query left out. */
  readonly path: string;
  readonly startedMs: number;
  /** `Infinity` while it is under way. */
  endedMs: number;
}

export interface RecordingProxy {
  /** The URL of the server behind it, with this proxy's address. */
  readonly url: string;
  /** In the order of arrival. */
  readonly traffic: readonly RecordedTraffic[];
}

/** Gone with the test. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const { hostname, port, pathname } = new URL(target);
  const traffic: RecordedTraffic[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const record = { path, startedMs: performance.now(), endedMs: Infinity };
    traffic.push(record);
    const onward = send({ hostname, port, path: request.url, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.on("error", () => response.destroy());
      answer.pipe(response);
    });
    onward.on("error", () => request.socket.resetAndDestroy());
    onward.end();
    response.once("close", () => {
      record.endedMs = performance.now();
      onward.destroy();
    });
  });
  server.keepAliveTimeout = 120_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`, traffic };
}

/** The most requests that were under way at once, among those that came after `sinceMs`. */
export function findMostAtOnce(traffic: readonly RecordedTraffic[], sinceMs: number): number {
  const later = traffic.filter(({ startedMs }) => startedMs > sinceMs);
  const overlaps = later.map(
    (one) =>
      traffic.filter((other) => other.startedMs <= one.startedMs && other.endedMs > one.startedMs).length,
  );
  return Math.max(0, ...overlaps);
}
