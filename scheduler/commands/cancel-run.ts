/** Stops a run: cancels its open tasks, stops its running ones, and ends it as `cancelled`. */
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import { isTaskEnded } from "../../model/run/task-instance.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { changeRunState, readRun, stopRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import { changeTaskState, listTasksOfRun } from "../../state/runs/task-instances.ts";

/** `false` if it has already ended. A run with a running task ends in a later step of the process that runs it. */
export function cancelRun(query: Query, dagRunId: number, now: Date): boolean {
  const run = readRun(query, dagRunId);
  if (isRunEnded(run.state)) return false;
  const { dagId, runId, timezone } = run;
  const message = `${nameRun(run)} was cancelled by hand.`;
  insertEvent(query, { level: "info", kind: "run_cancelled", message, dagId, runId }, now, timezone);
  stop(query, run, now);
  return true;
}

function stop(query: Query, run: DagRun, now: Date): void {
  stopRun(query, run, "cancelled");
  const tasks = listTasksOfRun(query, run.dagRunId);
  if (tasks.some((task) => task.state === "running")) return;
  for (const task of tasks) {
    if (isTaskEnded(task.state)) continue;
    changeTaskState(query, run, task, "cancelled", now, { message: "its run was cancelled" });
  }
  changeRunState(query, run, "cancelled", now);
}
