/** Stops a run: its open tasks are cancelled, its running ones are told to stop, and it ends as `cancelled`. */
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import { isTaskEnded } from "../../model/run/task-instance.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { changeRunState, readRun, stopRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import { changeTaskState, listTasksOfRun } from "../../state/runs/task-instances.ts";

/** `false` when it has ended already. A run with a task at work ends with the next steps of whoever drives it. */
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
