/** Clears tasks of a range of runs, so that they run again. Their attempts stay as history. */
import { findTask, type DagDefinition } from "../../model/dag/dag.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { CommandRefused } from "../../model/errors.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { changeRunState, listRunsInRange, readDagVersion, readRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import { clearTask, listTasksOfRun } from "../../state/runs/task-instances.ts";
import { refuseRunning } from "./refuse-running.ts";

export interface ClearRequest {
  readonly dagId: string;
  /** ISO UTC, both included. */
  readonly from: string;
  readonly to: string;
  /** `null` for all. */
  readonly taskIds: readonly string[] | null;
  /** Also the tasks downstream of them. */
  readonly isDownstream: boolean;
}

/** A run and the tasks of it that were cleared. */
export type ClearedRun = { readonly runId: string; readonly tasks: readonly string[] };

/** Errors: `RUN_UNKNOWN` where the range holds no run, `TASK_UNKNOWN`, `TASK_RUNNING`; then nothing was cleared. */
export function clearTasks(
  query: Query,
  lakeId: string,
  request: ClearRequest,
  now: Date,
): readonly ClearedRun[] {
  const runs = listRunsInRange(query, lakeId, request.dagId, request.from, request.to);
  if (runs.length === 0) {
    throw new CommandRefused(
      "RUN_UNKNOWN",
      `${request.dagId} has no run in this range in the lake ${lakeId}.`,
      {
        hint: `\`dagmar runs list ${request.dagId}\` shows its runs.`,
      },
    );
  }
  return runs.map((run) => ({ runId: run.runId, tasks: clearRunTasks(query, run, request, now) }));
}

function clearRunTasks(query: Query, run: DagRun, request: ClearRequest, now: Date): readonly string[] {
  const dag = readDagVersion(query, run.fingerprint);
  const wanted = selectTasks(dag, request);
  const tasks = listTasksOfRun(query, run.dagRunId).filter(
    (task) => wanted.has(task.taskId) && findTask(dag, task.taskId) !== undefined,
  );
  refuseRunning(query, run, tasks);
  const cleared = tasks.filter((task) => task.state !== "none" || task.whenHeld);
  for (const task of cleared) clearTask(query, run, task, now);
  const fresh = readRun(query, run.dagRunId);
  if (cleared.length > 0 && fresh.state !== "queued" && fresh.state !== "running") {
    changeRunState(query, fresh, "queued", now);
  }
  const names = cleared.map((task) => task.taskId);
  if (names.length > 0) {
    const { dagId, runId, timezone } = run;
    const message = `${nameRun(run)}: cleared by hand: ${names.join(", ")}.`;
    insertEvent(query, { level: "info", kind: "tasks_cleared", message, dagId, runId }, now, timezone);
  }
  return names;
}

function selectTasks(dag: DagDefinition, { taskIds, isDownstream }: ClearRequest): ReadonlySet<string> {
  if (taskIds === null) return new Set(dag.tasks.map((task) => task.taskId));
  for (const taskId of taskIds) {
    if (findTask(dag, taskId) === undefined) {
      throw new CommandRefused("TASK_UNKNOWN", `${dag.dagId} has no task ${taskId}.`, {
        hint: `It has ${dag.tasks.map((task) => task.taskId).join(", ")}.`,
      });
    }
  }
  const selected = new Set(taskIds);
  if (!isDownstream) return selected;
  // Tasks are in topological order: one that needs a selected task comes later.
  for (const task of dag.tasks) {
    if (task.needs.some((need) => selected.has(need))) selected.add(task.taskId);
  }
  return selected;
}
