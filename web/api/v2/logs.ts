/** Logs of attempts as Airflow's clients read them: from the beginning, a page after the other. */
import { z } from "zod";
import type { LogPlace, TaskLogLine, TaskLogs } from "../../../app/tasks/task-logs.ts";
import type { AttemptKey } from "../../../model/ports/attempt-logs.ts";
import { JSON_TYPE, type HttpReply } from "../../server/exchange.ts";
import { attemptParams, pickAttempt } from "../logged-attempt.ts";
import { defineRoute } from "../route.ts";
import { flagParameter, readFlag, utc } from "./listing.ts";

const PAGE_LINES = 1_000;
/** With `full_content`; a longer log has a token for the rest. */
const MOST_PAGES = 16;
const PART_LENGTH = 128 * 1024;
const NDJSON = "application/x-ndjson";

const message = z.strictObject({
  timestamp: utc.nullable(),
  event: z.string(),
  level: z.string().nullable(),
});

export const getLog = defineRoute({
  operationId: "get_log",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number}",
  tag: "TaskInstances",
  summary:
    "The log of a try, from its beginning: 1,000 lines and a token for the next ones, or 16,000 with full_content. " +
    "With Accept: application/x-ndjson a line for each message, and the token in the header Airflow-Continuation-Token.",
  params: attemptParams,
  search: {
    token: z.string().max(100).optional(),
    full_content: flagParameter,
    map_index: z.literal("-1").optional(),
  },
  answer: z.strictObject({
    content: z.array(message),
    continuation_token: z.string().nullable().describe("null: the try has ended, and this was all of it."),
  }),
  async handle(tools, { params, search }) {
    const { key, isEnded } = pickAttempt(tools, params);
    const { logs } = tools;
    const isLines = tools.accept.includes(NDJSON);
    if (readFlag(search.full_content) === true) {
      const found = await findPages(logs, key, search.token, isEnded);
      return {
        status: 200,
        headers: writeHeaders(isLines, found.next),
        open: () => inParts(writeFull(logs, key, isEnded, found, isLines)),
      };
    }
    const page = await logs.read(key, { place: readPlace(search.token), mostLines: PAGE_LINES, isEnded });
    const next = isEnded && !page.hasMoreAfter ? null : page.after;
    const content = page.lines.map(writeMessage);
    if (!isLines) return { content, continuation_token: next };
    const body = content.map((one) => `${JSON.stringify(one)}\n`).join("");
    return { status: 200, headers: writeHeaders(isLines, next), body };
  },
});

function readPlace(token: string | undefined): LogPlace {
  return token === undefined ? { kind: "start" } : { kind: "after", mark: token };
}

function writeMessage({ at, level, text }: TaskLogLine): z.infer<typeof message> {
  return { timestamp: at, event: text, level };
}

function writeHeaders(isLines: boolean, next: string | null): HttpReply["headers"] {
  return {
    "Content-Type": isLines ? NDJSON : JSON_TYPE,
    "Cache-Control": "no-store",
    ...(isLines && next !== null ? { "Airflow-Continuation-Token": next } : {}),
  };
}

interface FoundPages {
  readonly pages: readonly { readonly place: LogPlace; readonly lines: number }[];
  readonly next: string | null;
}

/** Where each page begins and how many lines it has: the token stands before the lines, which are read again when they are sent. */
async function findPages(
  logs: TaskLogs,
  key: AttemptKey,
  token: string | undefined,
  isEnded: boolean,
): Promise<FoundPages> {
  const pages: { place: LogPlace; lines: number }[] = [];
  let place = readPlace(token);
  for (;;) {
    const { lines, after, hasMoreAfter } = await logs.read(key, { place, mostLines: PAGE_LINES, isEnded });
    if (lines.length > 0) pages.push({ place, lines: lines.length });
    if (!hasMoreAfter) return { pages, next: isEnded ? null : after };
    if (pages.length === MOST_PAGES) return { pages, next: after };
    place = { kind: "after", mark: after };
  }
}

async function* writeFull(
  logs: TaskLogs,
  key: AttemptKey,
  isEnded: boolean,
  { pages, next }: FoundPages,
  isLines: boolean,
): AsyncGenerator<string, undefined> {
  if (!isLines) yield '{"content":[';
  let separator = "";
  for (const { place, lines: expected } of pages) {
    const { lines } = await logs.read(key, { place, mostLines: expected, isEnded });
    if (lines.length !== expected) throw new Error("the log was changed while it was sent");
    for (const line of lines) {
      const text = JSON.stringify(writeMessage(line));
      yield isLines ? `${text}\n` : separator + text;
      separator = ",";
    }
  }
  if (!isLines) yield `],"continuation_token":${JSON.stringify(next)}}\n`;
  return undefined;
}

/** Large enough to be few, small enough to hold up nothing. */
async function* inParts(texts: AsyncIterable<string>): AsyncGenerator<string, undefined> {
  let part: string[] = [];
  let length = 0;
  for await (const text of texts) {
    part.push(text);
    length += text.length;
    if (length < PART_LENGTH) continue;
    yield part.join("");
    [part, length] = [[], 0];
  }
  if (length > 0) yield part.join("");
  return undefined;
}
