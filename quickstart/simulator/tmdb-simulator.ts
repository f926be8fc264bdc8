/**
 * A server on loopback that answers in the shapes of TMDB's API, version 3, about titles that do not exist. It checks
 * the token, counts and measures what arrives, and misbehaves as scripted. It is used only on request.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { answerError, answerNoApi, answerTooMany, type Answer } from "./answer.ts";
import { answerQuestion } from "./answer-question.ts";
import { createArrivals } from "./arrivals.ts";
import { createFaultScript, type FaultScript } from "./faults.ts";
import { createInstantBodies } from "./instant-bodies.ts";
import { playFault } from "./play-fault.ts";
import { readQuestion, type Question } from "./question.ts";
import { createRateGate } from "./rate-gate.ts";
import { sendAnswer } from "./send-answer.ts";
import { createWorld, type WorldOptions } from "./world.ts";

export interface TmdbSimulatorOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  /** Accepted as Bearer token and as `api_key`. Default `simulator`. */
  readonly token?: string;
  /** Default 1. */
  readonly seed?: number;
  /** Share of ids that are unknown. Default 0.1. */
  readonly unknownShare?: number;
  /** Only these titles are known; overrules `unknownShare`. */
  readonly knownIds?: Iterable<string>;
  /** What a title is. Without it a known id is a film where it is asked for as one, and a series at `/find`. */
  readonly kindOf?: WorldOptions["kindOf"];
  /** Details are grown to about so many bytes. */
  readonly bodySizeBytes?: number;
  /** Answers come from prepared bodies: thousands a second, with the same cast everywhere. */
  readonly instant?: boolean;
  /** A pause before each answer. Default 0. */
  readonly latencyMs?: number;
  /** Over it, 429 with `Retry-After: 1`. Default: no limit. */
  readonly ratePerSecond?: number;
  /** A few per cent of the films differ in their top-level names. */
  readonly structureDrift?: boolean;
}

interface TmdbSimulatorStats {
  readonly requests: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byRoute: Readonly<Record<string, number>>;
  readonly maxPerSlidingSecond: number;
  /** From the first request to the last. */
  readonly spanMs: number;
  readonly faultsPlayed: number;
  /** CPU time of this whole process since the start or the last reset. */
  readonly cpuMs: number;
}

export interface TmdbSimulator {
  /** Ends in `/3`, as `TMDB_BASE_URL` wants it. */
  readonly url: string;
  readonly port: number;
  /** All requests to the API since the start or the last reset, refused ones included. */
  readonly requests: number;
  /** Requests about a title, by whichever id and route. */
  countOf(imdbId: string): number;
  /** Requests for a path such as `/3/find/tt0000002`, query not counted. */
  countOfPath(path: string): number;
  maxPerSlidingSecond(): number;
  stats(): TmdbSimulatorStats;
  /** Forgets all counts; faults stay. */
  reset(): void;
  readonly faults: Pick<FaultScript, "push" | "played" | "clear">;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/** Rejects with the system's error, such as `EADDRINUSE`, when it cannot listen. */
export async function startTmdbSimulator(options: TmdbSimulatorOptions = {}): Promise<TmdbSimulator> {
  const token = options.token ?? "simulator";
  const world = createWorld({
    seed: options.seed ?? 1,
    unknownShare: options.unknownShare ?? 0.1,
    knownIds: options.knownIds === undefined ? undefined : new Set(options.knownIds),
    kindOf: options.kindOf,
    bodySizeBytes: options.bodySizeBytes,
    hasStructureDrift: options.structureDrift ?? false,
  });
  const instantBodies = options.instant === true ? createInstantBodies(world) : undefined;
  const gate = options.ratePerSecond === undefined ? undefined : createRateGate(options.ratePerSecond);
  const arrivals = createArrivals(() => performance.now());
  const faults = createFaultScript();
  const reused = new WeakSet<Socket>();
  let cpuStart = process.cpuUsage();
  let byStatus: Record<string, number> = {};
  let byRoute: Record<string, number> = {};

  const refuse = (question: Question, request: IncomingMessage): Answer | undefined => {
    if (request.headers.authorization !== `Bearer ${token}` && question.apiKey !== token) {
      return answerError("unauthorized");
    }
    const entry = gate?.enter(performance.now());
    if (entry === undefined || entry.isOpen) return undefined;
    return answerTooMany(entry.count, options.ratePerSecond ?? 0, "1");
  };

  const serve = async (url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const question = readQuestion(url);
    arrivals.record(question?.imdbId, url.pathname);
    response.once("finish", () => addOne(byStatus, String(response.statusCode)));
    const isReused = reused.has(request.socket);
    reused.add(request.socket);
    if (question === undefined) {
      const isApi = url.pathname.startsWith("/3/");
      return sendAnswer(isApi ? answerError("notFound") : answerNoApi(), response);
    }
    addOne(byRoute, question.route);
    const call = question.imdbId === undefined ? 1 : arrivals.countOf(question.imdbId);
    const sound = (asked: Question): Answer => answerQuestion(world, asked, call, instantBodies);
    const fault = faults.take(question, isReused);
    if (fault !== undefined) return playFault(fault, { question, world, call, sound }, response);
    const answer = refuse(question, request) ?? sound(question);
    if (options.latencyMs !== undefined && options.latencyMs > 0) {
      await wait(options.latencyMs, undefined, { ref: false });
    }
    sendAnswer(answer, response);
  };

  const stats = (): TmdbSimulatorStats => {
    const cpu = process.cpuUsage(cpuStart);
    return {
      requests: arrivals.total,
      byStatus: { ...byStatus },
      byRoute: { ...byRoute },
      maxPerSlidingSecond: arrivals.maxPerSlidingSecond(),
      spanMs: Math.round(arrivals.spanMs()),
      faultsPlayed: faults.played,
      cpuMs: Math.round((cpu.user + cpu.system) / 1000),
    };
  };
  const reset = (): void => {
    arrivals.forget();
    byStatus = {};
    byRoute = {};
    cpuStart = process.cpuUsage();
  };

  const server = createServer((request, response) => {
    request.resume();
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (url.pathname === "/__stats") {
      return sendAnswer({ status: 200, body: Buffer.from(JSON.stringify(stats())) }, response);
    }
    if (url.pathname === "/__reset") {
      reset();
      return sendAnswer({ status: 200, body: Buffer.from("{}") }, response);
    }
    serve(url, request, response).catch((error: unknown) => response.destroy(asError(error)));
  });
  // Clients keep idle connections for a while; closing one looks like a fault that was not scripted.
  server.keepAliveTimeout = 120_000;
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/3`,
    port,
    get requests() {
      return arrivals.total;
    },
    countOf: (imdbId) => arrivals.countOf(imdbId),
    countOfPath: (path) => arrivals.countOfPath(path),
    maxPerSlidingSecond: () => arrivals.maxPerSlidingSecond(),
    stats,
    reset,
    faults,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function addOne(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
