/** Clears tasks of a range of runs, so that they run again. Their attempts stay as history. */
import { findTask, type DagDefinition } from "../../model/dag/dag.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { CommandRefused } from "../../model/errors.ts";
import type { TaskInstance } from "../../model/run/task-instance.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { changeRunState, listRunsInRange, readDagVersion, readRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import { clearTask, listTasksOfRun } from "../../state/runs/task-instances.ts";
import { assertPlanned } from "./planned.ts";
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
  /** Of all these, only those that have failed, or did not start because of a failure. */
  readonly isFailedOnly?: boolean;
  /** Of the preview that was confirmed; see `describeClear`. */
  readonly expected?: string | null;
}

/** A run and the tasks of it that were cleared. */
export type ClearedRun = { readonly runId: string; readonly tasks: readonly string[] };

/** A run and the tasks of it that would be cleared, as they are now. */
export interface ClearPlan {
  readonly run: DagRun;
  readonly tasks: readonly TaskInstance[];
}

/**
 * Which tasks a request clears, by run, oldest first. Only reads. Errors: `RUN_UNKNOWN` where the range holds no run,
 * `TASK_UNKNOWN`, `TASK_RUNNING`.
 */
export function planClear(query: Query, lakeId: string, request: ClearRequest): readonly ClearPlan[] {
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
  return runs.map((run) => ({ run, tasks: chooseTasks(query, run, request) }));
}

/** What a preview shows of it. */
export function describeClear(plan: readonly ClearPlan[]) {
  return plan.map(({ run, tasks }) => ({
    runId: run.runId,
    tasks: tasks.map(({ taskId, state }) => ({ taskId, state })),
  }));
}

/** Errors: those of `planClear`, `PLAN_CHANGED`; then nothing was cleared. */
export function clearTasks(
  query: Query,
  lakeId: string,
  request: ClearRequest,
  now: Date,
): readonly ClearedRun[] {
  const plan = planClear(query, lakeId, request);
  assertPlanned(request.expected, describeClear(plan));
  return plan.map(({ run, tasks }) => ({ runId: run.runId, tasks: clearRunTasks(query, run, tasks, now) }));
}

const FAILED: ReadonlySet<string> = new Set(["failed", "upstream_failed"]);

function chooseTasks(query: Query, run: DagRun, request: ClearRequest): readonly TaskInstance[] {
  const dag = readDagVersion(query, run.fingerprint);
  const wanted = selectTasks(dag, request);
  const tasks = listTasksOfRun(query, run.dagRunId).filter(
    ({ taskId, state }) =>
      wanted.has(taskId) &&
      findTask(dag, taskId) !== undefined &&
      (request.isFailedOnly !== true || FAILED.has(state)),
  );
  refuseRunning(query, run, tasks);
  return tasks.filter((task) => task.state !== "none" || task.whenHeld);
}

function clearRunTasks(
  query: Query,
  run: DagRun,
  tasks: readonly TaskInstance[],
  now: Date,
): readonly string[] {
  for (const task of tasks) clearTask(query, run, task, now);
  const fresh = readRun(query, run.dagRunId);
  if (tasks.length > 0 && fresh.state !== "queued" && fresh.state !== "running") {
    changeRunState(query, fresh, "queued", now);
  }
  const names = tasks.map((task) => task.taskId);
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
