/**
 * Marks a task as success or failed by hand, without running it. Downstream tasks that were skipped because of it are
 * judged again.
 */
import { CommandRefused } from "../../model/errors.ts";
import { isRunEnded } from "../../model/run/dag-run.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { changeRunState, readDagVersion, readRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import { changeTaskState, clearTask, listTasksOfRun } from "../../state/runs/task-instances.ts";
import { refuseRunning } from "./refuse-running.ts";

export interface MarkRequest {
  readonly dagRunId: number;
  readonly taskId: string;
  readonly state: "success" | "failed";
}

/** `false` if it already has that state. Errors: `TASK_UNKNOWN`, `TASK_RUNNING`. */
export function markTask(query: Query, { dagRunId, taskId, state }: MarkRequest, now: Date): boolean {
  const run = readRun(query, dagRunId);
  const tasks = listTasksOfRun(query, dagRunId);
  const task = tasks.find((other) => other.taskId === taskId);
  if (task === undefined) {
    throw new CommandRefused("TASK_UNKNOWN", `${nameRun(run)} has no task ${taskId}.`, {
      hint: `It has ${tasks.map((other) => other.taskId).join(", ")}.`,
    });
  }
  if (task.state === state) return false;
  refuseRunning(query, run, [task]);
  clearTask(query, run, task, now);
  changeTaskState(query, run, { ...task, state: "none" }, state, now, { message: "marked by hand" });
  const dag = readDagVersion(query, run.fingerprint);
  const affected = new Set([taskId]);
  for (const { taskId: next, needs } of dag.tasks)
    if (needs.some((need) => affected.has(need))) affected.add(next);
  for (const other of tasks) {
    const isPassedOver = other.state === "upstream_failed" || other.state === "skipped";
    if (isPassedOver && affected.has(other.taskId) && other !== task) clearTask(query, run, other, now);
  }
  if (isRunEnded(run.state)) changeRunState(query, run, "queued", now);
  const message = `${nameRun(run)} ${taskId}: marked as ${state} by hand; it was ${task.state}.`;
  const { dagId, runId, timezone } = run;
  insertEvent(query, { level: "info", kind: "task_marked", message, dagId, runId, taskId }, now, timezone);
  return true;
}
