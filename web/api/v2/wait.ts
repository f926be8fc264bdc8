/** Follows a run to its end: a line of JSON with its state at each interval, and at once when it has ended. */
import { z } from "zod";
import { isRunEnded } from "../../../model/run/dag-run.ts";
import { readRunEntry } from "../../../state/pages/run-page.ts";
import { defineRoute, type LiveTools } from "../route.ts";
import { writeRunState } from "./wire.ts";
import { pickRun, runParams } from "./known-run.ts";

/** The server hangs up on a client that was sent nothing for 60 s, and so do many proxies. */
const SIGN_OF_LIFE_MS = 15_000;
/** JSON may begin with spaces: clients read the line that follows as if they were not there. */
const SIGN_OF_LIFE = " ";
const LINES_TYPE = "application/x-ndjson";

export const waitDagRun = defineRoute({
  operationId: "wait_dag_run_until_finished",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/wait",
  tag: "DagRuns",
  summary:
    "Waits for the end of a run: one line of JSON with its state at each interval, the last one at its end. " +
    "While nothing is sent, a space comes every 15 seconds.",
  params: runParams,
  search: {
    interval: z.coerce.number().min(0.1).max(3_600).default(2).describe("Seconds between two lines."),
  },
  answerType: LINES_TYPE,
  answer: z.string(),
  handle(tools, { params, search }) {
    const { dagRunId } = pickRun(tools, params.dag_id, params.dag_run_id);
    return {
      status: 200,
      headers: {
        "Content-Type": LINES_TYPE,
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
      },
      open: (signal) => follow(tools.live, dagRunId, search.interval * 1000, signal),
    };
  },
});

async function* follow(
  live: LiveTools,
  dagRunId: number,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<string, undefined> {
  const { clock, feed } = live;
  let dueMs = clock.monotonicMs();
  let quietUntilMs = dueMs + SIGN_OF_LIFE_MS;
  for (;;) {
    // Looked at first: what changes while the state is read ends the wait at once.
    const version = await feed.look();
    const { state } = await live.read((query) => readRunEntry(query, dagRunId));
    const isEnded = isRunEnded(state);
    const isDue = isEnded || clock.monotonicMs() >= dueMs;
    if (isDue) {
      yield `${JSON.stringify({ state: writeRunState(state) })}\n`;
      dueMs = clock.monotonicMs() + intervalMs;
    } else if (clock.monotonicMs() >= quietUntilMs) yield SIGN_OF_LIFE;
    if (isEnded) return undefined;
    if (isDue || clock.monotonicMs() >= quietUntilMs) quietUntilMs = clock.monotonicMs() + SIGN_OF_LIFE_MS;
    const leftMs = Math.min(dueMs, quietUntilMs) - clock.monotonicMs();
    await feed.wait(version, Math.max(0, leftMs), signal);
  }
}
