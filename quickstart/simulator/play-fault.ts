/** Plays a scripted fault on a response. `faults.ts` decides which request meets which fault. */
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { constants, createGzip } from "node:zlib";
import { answerErrorStatus, answerRecord, answerTooMany, type Answer } from "./answer.ts";
import type { FaultAction } from "./faults.ts";
import { buildFindRecord } from "./find-record.ts";
import { padRecord } from "./padding.ts";
import type { Question } from "./question.ts";
import type { Entity, TmdbRecord } from "./records.ts";
import { createRandom } from "../invented/random.ts";
import { sendAnswer } from "./send-answer.ts";
import type { World } from "./world.ts";

export interface FaultScene {
  readonly question: Question;
  readonly world: World;
  readonly call: number;
  /** The normal answer; built on demand. */
  readonly sound: (question: Question) => Answer;
}

const DEFAULT_OVERSIZED_BYTES = 10_500_000;
const DEFAULT_INFLATED_BYTES = 100_000_000;

/** Resolves when the fault is played; one that hangs resolves at once and leaves the response open. */
export async function playFault(
  fault: FaultAction,
  scene: FaultScene,
  response: ServerResponse,
): Promise<void> {
  switch (fault.kind) {
    case "hang":
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "drip":
      return drip(scene.sound(scene.question), fault.chunkBytes ?? 16, fault.pauseMs ?? 50, response);
    case "slow":
      await wait(fault.delayMs, undefined, { ref: false });
      return sendAnswer(scene.sound(scene.question), response);
    case "truncate":
      return truncate(scene.sound(scene.question), fault.by, response);
    case "gzipBomb":
      return sendGzipBomb(fault.inflatedBytes ?? DEFAULT_INFLATED_BYTES, response);
    case "html":
    case "badJson":
    case "array":
    case "wrongTitle":
    case "status":
    case "retryAfterDate":
    case "find":
    case "reshape":
    case "oversized":
      return sendAnswer(distort(fault, scene), response);
  }
}

type Distortion = Exclude<
  FaultAction,
  { readonly kind: "hang" | "reset" | "drip" | "slow" | "truncate" | "gzipBomb" }
>;

function distort(fault: Distortion, scene: FaultScene): Answer {
  switch (fault.kind) {
    case "html":
      return {
        status: 200,
        body: Buffer.from("<!doctype html><title>Just a moment</title><p>Checking your browser.</p>"),
        headers: { "content-type": "text/html; charset=utf-8" },
      };
    case "badJson": {
      const { body } = scene.sound(scene.question);
      return { status: 200, body: body.subarray(0, Math.floor(body.length / 2)) };
    }
    case "array":
      return answerRecord([readRecord(scene)]);
    case "wrongTitle":
      return answerAnother(scene, fault.imdbId);
    case "status":
      if (fault.status === 429) return answerTooMany(41, 40, fault.retryAfter);
      return withRetryAfter(answerErrorStatus(fault.status), fault.retryAfter);
    case "retryAfterDate":
      return answerTooMany(41, 40, formatHttpDate(fault.seconds));
    case "find":
      return answerRecord(buildFindRecord(describeFacts(scene), FOUND[fault.found]));
    case "reshape":
      return answerRecord(reshape(readRecord(scene), fault.omit ?? [], fault.add ?? {}));
    case "oversized": {
      const record = readRecord(scene);
      padRecord(record, fault.sizeBytes ?? DEFAULT_OVERSIZED_BYTES, createRandom("oversized"));
      return answerRecord(record);
    }
    default:
      return fault satisfies never;
  }
}

const FOUND: Readonly<Record<"nothing" | "movie" | "tv" | "both", readonly Entity[]>> = {
  nothing: [],
  movie: ["movie"],
  tv: ["tv"],
  both: ["movie", "tv"],
};

function describeFacts(scene: FaultScene): ReturnType<World["describeFacts"]> {
  return scene.world.describeFacts(scene.question.imdbId ?? scene.question.givenId, scene.call);
}

function readRecord(scene: FaultScene): TmdbRecord {
  const value: unknown = JSON.parse(scene.sound(scene.question).body.toString());
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function reshape(
  record: TmdbRecord,
  omit: readonly string[],
  add: Readonly<Record<string, unknown>>,
): TmdbRecord {
  return { ...Object.fromEntries(Object.entries(record).filter(([name]) => !omit.includes(name))), ...add };
}

function answerAnother({ question, world, call }: FaultScene, imdbId: string | undefined): Answer {
  const neighbour = Number((question.imdbId ?? "tt0000001").slice(2)) + 1;
  const facts = world.describeFacts(imdbId ?? `tt${String(neighbour).padStart(7, "0")}`, call);
  if (question.route === "find") return answerRecord(buildFindRecord(facts, ["tv"]));
  return answerRecord(world.describe(question.route, facts, question));
}

function withRetryAfter(answer: Answer, retryAfter: string | undefined): Answer {
  return retryAfter === undefined ? answer : { ...answer, headers: { "retry-after": retryAfter } };
}

function formatHttpDate(secondsAhead: number): string {
  return new Date(performance.timeOrigin + performance.now() + secondsAhead * 1000).toUTCString();
}

async function drip(
  answer: Answer,
  chunkBytes: number,
  pauseMs: number,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(answer.status, {
    "content-type": "application/json;charset=utf-8",
    "content-length": answer.body.length,
  });
  for (let start = 0; start < answer.body.length && !response.destroyed; start += chunkBytes) {
    response.write(answer.body.subarray(start, start + chunkBytes));
    await wait(pauseMs, undefined, { ref: false });
  }
  response.end();
}

async function truncate(answer: Answer, by: "length" | "chunked", response: ServerResponse): Promise<void> {
  response.writeHead(answer.status, {
    "content-type": "application/json;charset=utf-8",
    ...(by === "length" ? { "content-length": answer.body.length } : {}),
  });
  const half = answer.body.subarray(0, Math.floor(answer.body.length / 2));
  await new Promise<void>((resolve) => {
    response.write(half, () => resolve());
  });
  response.socket?.end();
}

/** Spaces inside an object: valid JSON, a thousandth of its size on the wire. It ends when the client leaves. */
async function sendGzipBomb(inflatedBytes: number, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "application/json;charset=utf-8", "content-encoding": "gzip" });
  const source = Readable.from(listBombBlocks(inflatedBytes));
  await pipeline(source, createGzip({ level: constants.Z_BEST_SPEED }), response).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")) {
      throw error;
    }
  });
}

function* listBombBlocks(inflatedBytes: number): Generator<Buffer> {
  const block = Buffer.alloc(1_000_000, " ");
  yield Buffer.from("{");
  for (let sent = 2; sent < inflatedBytes; sent += block.length) {
    yield block.subarray(0, inflatedBytes - sent);
  }
  yield Buffer.from("}");
}
