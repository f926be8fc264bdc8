/** Logs of attempts as Airflow's clients read them: from the beginning, a page after the other. */
import { z } from "zod";
import type { TaskLogLine, TaskLogs } from "../../../app/tasks/task-logs.ts";
import type { AttemptKey } from "../../../model/ports/attempt-logs.ts";
import type { HttpReply } from "../../server/exchange.ts";
import { attemptParams, pickAttempt } from "../logged-attempt.ts";
import { defineRoute } from "../route.ts";
import { flagParameter, readFlag, utc } from "./listing.ts";

const PAGE_LINES = 1_000;
/** With `full_content`; a longer log has a token for the rest. */
const MOST_PAGES = 16;
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
    const mostPages = readFlag(search.full_content) === true ? MOST_PAGES : 1;
    const { lines, next } = await readPages(tools.logs, key, { token: search.token, mostPages, isEnded });
    const content = lines.map(({ at, level, text }) => ({ timestamp: at, event: text, level }));
    if (tools.accept.includes(NDJSON)) return replyLines(content, next);
    return { content, continuation_token: next };
  },
});

async function readPages(
  logs: TaskLogs,
  key: AttemptKey,
  asked: { readonly token: string | undefined; readonly mostPages: number; readonly isEnded: boolean },
): Promise<{ readonly lines: readonly TaskLogLine[]; readonly next: string | null }> {
  const lines: TaskLogLine[] = [];
  let token = asked.token;
  for (let page = 0; page < asked.mostPages; page += 1) {
    const window = await logs.read(key, {
      place: token === undefined ? { kind: "start" } : { kind: "after", mark: token },
      mostLines: PAGE_LINES,
      isEnded: asked.isEnded,
    });
    lines.push(...window.lines);
    token = window.after;
    if (!window.hasMoreAfter) return { lines, next: asked.isEnded ? null : token };
  }
  return { lines, next: token ?? null };
}

function replyLines(content: readonly z.infer<typeof message>[], next: string | null): HttpReply {
  const headers = next === null ? {} : { "Airflow-Continuation-Token": next };
  return {
    status: 200,
    headers: { "Content-Type": NDJSON, "Cache-Control": "no-store", ...headers },
    body: content.map((one) => `${JSON.stringify(one)}\n`).join(""),
  };
}
