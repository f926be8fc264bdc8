/** A server on loopback whose every answer the test writes, and a client that talks to it. */
import * as http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { inspect } from "node:util";
import type { Clock } from "../../../model/ports/clock.ts";
import type { LogFields, Logger } from "../../../model/ports/logger.ts";
import {
  createTmdbClient,
  type TmdbClient,
  type TmdbClientOptions,
} from "../../../tasks/tmdb-to-lake/tmdb-client.ts";
import { createRealClock } from "../../support/hand-clock.ts";

export const TOKEN = "canary-token-7f3a9c";

export type Answer = (response: http.ServerResponse, request: http.IncomingMessage) => void;

export interface Provider {
  readonly url: string;
  /** Path and query of each request, in order. */
  readonly asked: string[];
  readonly received: http.IncomingHttpHeaders[];
  readonly sockets: Set<Socket>;
  close(): Promise<void>;
}

export async function startProvider(answer: (path: string, nth: number) => Answer): Promise<Provider> {
  const asked: string[] = [];
  const received: http.IncomingHttpHeaders[] = [];
  const sockets = new Set<Socket>();
  const server = http.createServer((request, response) => {
    const path = (request.url ?? "").replace(/^\/3/, "");
    asked.push(path);
    received.push(request.headers);
    response.on("error", () => {});
    answer(path.split("?")[0] ?? "", asked.length)(response, request);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/3`,
    asked,
    received,
    sockets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

export function json(value: unknown, status = 200, headers: http.OutgoingHttpHeaders = {}): Answer {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(value));
  };
}

export function text(body: string | Buffer, headers: http.OutgoingHttpHeaders = {}, status = 200): Answer {
  return (response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

export const NOT_FOUND: Answer = json({ success: false, status_code: 34 }, 404);

/** Never answers. */
export const HANG: Answer = () => {};

export interface Recording {
  readonly log: Logger;
  readonly lines: string[];
}

export function recordLog(): Recording {
  const lines: string[] = [];
  const write = (message: string, fields?: LogFields): void => {
    lines.push(`${message} ${inspect(fields)}`);
  };
  const log: Logger = { debug: write, info: write, warn: write, error: write, with: () => log };
  return { log, lines };
}

/** No limit, back-off of a few milliseconds, short deadlines; all can be replaced. */
export function openClient(
  provider: Provider,
  options: Partial<TmdbClientOptions> = {},
  clock: Clock = createRealClock(),
): TmdbClient {
  return createTmdbClient({
    baseUrl: provider.url,
    token: TOKEN,
    clock,
    log: recordLog().log,
    random: () => 0.5,
    ratePerSecond: Infinity,
    ...options,
    rules: { firstBackoffMs: 2, attemptTimeoutMs: 4321, ...options.rules },
  });
}

export const MOVIE = { entity: "movie", imdbId: "tt0000001", language: "pt-BR", append: [] } as const;
export const SERIES = { ...MOVIE, entity: "series" } as const;
/** What TMDB would answer for `MOVIE`. */
export const RECORD = { id: 11, imdb_id: "tt0000001", title: "A Canção" };
export const NEVER = new AbortController().signal;
