/** Logs of attempts: windows of their lines, a search, the whole text, and what is written as it comes. */
import { z } from "zod";
import type { LogPlace, TaskLogWindow } from "../../../app/tasks/task-logs.ts";
import { CommandRefused } from "../../../model/errors.ts";
import { LOG_LEVELS } from "../../../model/ports/logger.ts";
import { TEXT } from "../../server/exchange.ts";
import { EVENT_STREAM_TYPE, replyEventStream, writeServerEvent } from "../event-stream.ts";
import { attemptParams, pickAttempt, readTryState, type LoggedAttempt } from "../logged-attempt.ts";
import { defineRoute, type ReadTools } from "../route.ts";
import { utc } from "../v2/listing.ts";

const LOG = "/api/dagmar/runs/{dag_id}/{dag_run_id}/tasks/{task_id}/logs/{try_number}";
const LOOK_EVERY_MS = 500;
const SIGN_OF_LIFE_MS = 15_000;
const FOLLOWED_LINES = 500;

const level = z.enum(LOG_LEVELS).optional().describe("Lines of this level or above.");
const place = z.string().max(100);

const window = z.strictObject({
  state: z.string().describe("Of the attempt; running: more lines may come."),
  lines: z.array(
    z.strictObject({
      number: z.int(),
      at: utc.nullable().describe("null: the line continues the one above."),
      level: z.enum(LOG_LEVELS).nullable(),
      text: z.string().describe("Without instant and level. Colours are ANSI sequences."),
      rewrites: z.int().describe("How often a program wrote over the line; the text is its last state."),
      cut_bytes: z.int().describe("How much of a line that is too long is not in the text."),
    }),
  ),
  before: z.string().nullable().describe("The place for the lines before these; null at the beginning."),
  after: z.string().describe("The place for the lines after these."),
  has_more_after: z.boolean(),
  gap: z
    .enum(["removed", "changed"])
    .nullable()
    .describe(
      "Why the lines do not continue where the last answer ended: that part is gone, or is another one.",
    ),
  size_bytes: z.int(),
});

export const getLogWindow = defineRoute({
  operationId: "get_log_window",
  method: "GET",
  path: LOG,
  tag: "Logs",
  summary: "Lines of an attempt's log: the last ones, or those before or after a place that an answer named.",
  params: attemptParams,
  search: {
    from: z.enum(["end", "start"]).default("end"),
    before: place.optional(),
    after: place.optional(),
    limit: z.coerce.number().int().min(1).max(1_000).default(500),
    level,
  },
  answer: window,
  async handle(tools, { params, search }) {
    const attempt = pickAttempt(tools, params);
    const found = await tools.logs.read(attempt.key, {
      place: readPlace(search),
      mostLines: search.limit,
      level: search.level,
      isEnded: attempt.isEnded,
    });
    return { state: attempt.state, ...writeWindow(found) };
  },
});

function readPlace({
  from,
  before,
  after,
}: {
  readonly from: "end" | "start";
  readonly before: string | undefined;
  readonly after: string | undefined;
}): LogPlace {
  if (before !== undefined && after !== undefined) {
    throw new CommandRefused("USAGE", "before and after exclude each other.");
  }
  if (before !== undefined) return { kind: "before", mark: before };
  return after === undefined ? { kind: from } : { kind: "after", mark: after };
}

function writeWindow({ lines, before, after, hasMoreAfter, gap, sizeBytes }: TaskLogWindow) {
  return {
    lines: lines.map(({ number, at, level: own, text, rewrites, cutBytes }) => ({
      number,
      at,
      level: own,
      text,
      rewrites,
      cut_bytes: cutBytes,
    })),
    before,
    after,
    has_more_after: hasMoreAfter,
    gap,
    size_bytes: sizeBytes,
  };
}

export const searchLog = defineRoute({
  operationId: "search_log",
  method: "GET",
  path: `${LOG}/search`,
  tag: "Logs",
  summary:
    "The lines of an attempt's log that hold a text, upper and lower case alike: the last 1,000 of them.",
  params: attemptParams,
  search: { text: z.string().min(1).max(200) },
  answer: z.strictObject({
    hits: z.array(z.strictObject({ number: z.int(), place: z.string().describe("For `after`.") })),
    count: z.int().describe("Of all such lines."),
  }),
  handle(tools, { params, search }) {
    return tools.logs.search(pickAttempt(tools, params).key, search.text);
  },
});

export const getRawLog = defineRoute({
  operationId: "get_raw_log",
  method: "GET",
  path: `${LOG}/raw`,
  tag: "Logs",
  summary: "The whole log of an attempt as a text file.",
  params: attemptParams,
  search: {},
  answerType: "text/plain",
  answer: z.string(),
  async handle(tools, { params }) {
    const { key } = pickAttempt(tools, params);
    await tools.logs.assertThere(key);
    return {
      status: 200,
      headers: {
        "Content-Type": TEXT,
        "Cache-Control": "no-store",
        "Content-Disposition": `attachment; filename="${key.taskId}-${key.attempt}.log"`,
      },
      open: () => tools.logs.readAll(key),
    };
  },
});

export const followLog = defineRoute({
  operationId: "follow_log",
  method: "GET",
  path: `${LOG}/stream`,
  tag: "Logs",
  summary:
    "Server-Sent Events: `lines` with what is written, until `end` with the attempt's state. Without `after` and " +
    "Last-Event-ID it begins with the last lines.",
  params: attemptParams,
  search: { after: place.optional(), level },
  answerType: EVENT_STREAM_TYPE,
  answer: z.string(),
  handle(tools, { params, search }) {
    const attempt = pickAttempt(tools, params);
    const after = tools.lastEventId === "" ? search.after : tools.lastEventId;
    const start: LogPlace = after === undefined ? { kind: "end" } : { kind: "after", mark: after };
    return replyEventStream((signal) => follow(tools, attempt, { start, level: search.level }, signal));
  },
});

async function* follow(
  { logs, live }: ReadTools,
  { key, taskInstanceId }: LoggedAttempt,
  asked: { readonly start: LogPlace; readonly level: (typeof LOG_LEVELS)[number] | undefined },
  signal: AbortSignal,
): AsyncGenerator<string, undefined> {
  let next = asked.start;
  let quietMs = 0;
  for (;;) {
    // Before the file: an attempt writes its last line before its end is recorded.
    const state = await live.read((query) => readTryState(query, taskInstanceId, key.attempt));
    const isEnded = state !== "running";
    const found = await logs
      .read(key, { place: next, mostLines: FOLLOWED_LINES, level: asked.level, isEnded })
      .catch((error: unknown) => {
        // A task that has not written yet may still write.
        if (error instanceof CommandRefused && error.code === "LOG_MISSING") return undefined;
        throw error;
      });
    if (found !== undefined) {
      next = { kind: "after", mark: found.after };
      if (found.lines.length > 0 || found.gap !== null) {
        yield writeServerEvent("lines", writeWindow(found), found.after);
        quietMs = 0;
      }
      if (found.hasMoreAfter) continue;
    }
    if (isEnded) {
      yield writeServerEvent("end", { state: state ?? null });
      return undefined;
    }
    if (quietMs >= SIGN_OF_LIFE_MS) {
      yield ": at work\n\n";
      quietMs = 0;
    }
    await live.clock.sleep(LOOK_EVERY_MS, signal);
    quietMs += LOOK_EVERY_MS;
  }
}
