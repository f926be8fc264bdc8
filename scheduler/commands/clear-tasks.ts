/** Clears tasks of a range of runs, so that they run again. Their attempts stay as history. */
import { findTask, type DagDefinition } from "../../model/dag/dag.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { CommandRefused } from "../../model/errors.ts";
import type { TaskInstance } from "../../model/run/task-instance.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { changeRunState, listRunsInRange, readDagVersion, readRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import { clearTask, listTasksInRange } from "../../state/runs/task-instances.ts";
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

/** A run and the tasks of it that were cleared: at least one. */
export type ClearedRun = { readonly runId: string; readonly tasks: readonly string[] };

/** A run and the tasks of it that would be cleared, as they are now: at least one. */
export interface ClearPlan {
  readonly run: DagRun;
  readonly tasks: readonly TaskInstance[];
}

/** A request is planned and carried out in one turn: more would hold up the loop. */
const MOST_RUNS = 10_000;

/**
 * Which tasks a request clears, by run, oldest first; runs without such tasks are left out. Only reads. Errors:
 * `RUN_UNKNOWN` where the range holds no run, `USAGE` where it holds too many, `TASK_UNKNOWN`, `TASK_RUNNING`.
 */
export function planClear(query: Query, lakeId: string, request: ClearRequest): readonly ClearPlan[] {
  const { dagId, from, to } = request;
  const runs = listRunsInRange(query, lakeId, dagId, from, to, MOST_RUNS + 1);
  if (runs.length === 0) {
    throw new CommandRefused("RUN_UNKNOWN", `${dagId} has no run in this range in the lake ${lakeId}.`, {
      hint: `\`dagmar runs list ${dagId}\` shows its runs.`,
    });
  }
  if (runs.length > MOST_RUNS) {
    throw new CommandRefused(
      "USAGE",
      `${dagId} has more than ${MOST_RUNS.toLocaleString("en")} runs in this range, and that many are cleared at once.`,
      { hint: "Name a shorter range: --from and --to, or start_date and end_date of the API." },
    );
  }
  const wanted = new Map<string, ReadonlySet<string>>();
  for (const { fingerprint } of runs) {
    if (wanted.has(fingerprint)) continue;
    wanted.set(fingerprint, selectTasks(readDagVersion(query, fingerprint), request));
  }
  const found = new Map<number, TaskInstance[]>(runs.map(({ dagRunId }) => [dagRunId, []]));
  const states = request.isFailedOnly === true ? FAILED : null;
  for (const task of listTasksInRange(query, lakeId, request, states)) found.get(task.dagRunId)?.push(task);
  return runs.flatMap((run) => {
    const ofRun = wanted.get(run.fingerprint);
    const tasks = found.get(run.dagRunId)?.filter(({ taskId }) => ofRun?.has(taskId) === true) ?? [];
    refuseRunning(query, run, tasks);
    return tasks.length === 0 ? [] : [{ run, tasks }];
  });
}

const FAILED = ["failed", "upstream_failed"] as const;

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

function clearRunTasks(
  query: Query,
  run: DagRun,
  tasks: readonly TaskInstance[],
  now: Date,
): readonly string[] {
  for (const task of tasks) clearTask(query, run, task, now);
  const fresh = readRun(query, run.dagRunId);
  if (fresh.state !== "queued" && fresh.state !== "running") changeRunState(query, fresh, "queued", now);
  const names = tasks.map((task) => task.taskId);
  const { dagId, runId, timezone } = run;
  const message = `${nameRun(run)}: cleared by hand: ${names.join(", ")}.`;
  insertEvent(query, { level: "info", kind: "tasks_cleared", message, dagId, runId }, now, timezone);
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
