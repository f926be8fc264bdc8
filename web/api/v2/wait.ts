/** Follows a run to its end: a line of JSON with its state at each interval, and at once when it has ended. */
import { z } from "zod";
import { isRunEnded } from "../../../model/run/dag-run.ts";
import { readRunEntry } from "../../../state/pages/run-page.ts";
import { defineRoute, type LiveTools } from "../route.ts";
import { pickRun } from "./run-fields.ts";
import { runParams } from "./task-instances.ts";
import { writeRunState } from "./wire.ts";

const LINES_TYPE = "application/x-ndjson";

export const waitDagRun = defineRoute({
  operationId: "wait_dag_run_until_finished",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/wait",
  tag: "DagRuns",
  summary:
    "Waits for the end of a run: one line of JSON with its state at each interval, the last one at its end.",
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
  for (;;) {
    // Looked at first: what changes while the state is read ends the wait at once.
    const version = await feed.look();
    const { state } = await live.read((query) => readRunEntry(query, dagRunId));
    const isEnded = isRunEnded(state);
    if (isEnded || clock.monotonicMs() >= dueMs) {
      yield `${JSON.stringify({ state: writeRunState(state) })}\n`;
      dueMs = clock.monotonicMs() + intervalMs;
    }
    if (isEnded) return undefined;
    await feed.wait(version, Math.max(0, dueMs - clock.monotonicMs()), signal);
  }
}
