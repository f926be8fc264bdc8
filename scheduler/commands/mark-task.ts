/**
 * Marks a task as success or failed by hand, without running it. Downstream tasks that were skipped because of it are
 * judged again.
 */
import { CommandRefused } from "../../model/errors.ts";
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import type { TaskInstance } from "../../model/run/task-instance.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { changeRunState, readDagVersion, readRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import { changeTaskState, clearTask, listTasksOfRun } from "../../state/runs/task-instances.ts";
import { assertPlanned } from "./planned.ts";
import { refuseRunning } from "./refuse-running.ts";

export interface MarkRequest {
  readonly dagRunId: number;
  readonly taskId: string;
  readonly state: "success" | "failed";
  /** Of the preview that was confirmed; see `describeMark`. */
  readonly expected?: string | null;
}

/** What marking a task changes. */
export interface MarkPlan {
  readonly run: DagRun;
  readonly task: TaskInstance;
  /** `false`: it has that state already, and nothing changes. */
  readonly isChange: boolean;
  /** Downstream tasks that did not run because of it: they are judged again. */
  readonly judgedAgain: readonly TaskInstance[];
}

/** Only reads. Errors: `TASK_UNKNOWN`, `TASK_RUNNING`. */
export function planMark(query: Query, { dagRunId, taskId, state }: MarkRequest): MarkPlan {
  const run = readRun(query, dagRunId);
  const tasks = listTasksOfRun(query, dagRunId);
  const task = tasks.find((other) => other.taskId === taskId);
  if (task === undefined) {
    throw new CommandRefused("TASK_UNKNOWN", `${nameRun(run)} has no task ${taskId}.`, {
      hint: `It has ${tasks.map((other) => other.taskId).join(", ")}.`,
    });
  }
  if (task.state === state) return { run, task, isChange: false, judgedAgain: [] };
  refuseRunning(query, run, [task]);
  const affected = new Set([taskId]);
  for (const { taskId: next, needs } of readDagVersion(query, run.fingerprint).tasks) {
    if (needs.some((need) => affected.has(need))) affected.add(next);
  }
  const judgedAgain = tasks.filter(
    (other) =>
      other !== task &&
      affected.has(other.taskId) &&
      (other.state === "upstream_failed" || other.state === "skipped"),
  );
  return { run, task, isChange: true, judgedAgain };
}

/** What a preview shows of it. */
export function describeMark({ run, task, judgedAgain }: MarkPlan, { state }: MarkRequest) {
  return {
    runId: run.runId,
    taskId: task.taskId,
    from: task.state,
    to: state,
    judgedAgain: judgedAgain.map(({ taskId }) => taskId),
  };
}

/** `false` if it already has that state. Errors: those of `planMark`, `PLAN_CHANGED`. */
export function markTask(query: Query, request: MarkRequest, now: Date): boolean {
  const plan = planMark(query, request);
  assertPlanned(request.expected, describeMark(plan, request));
  if (!plan.isChange) return false;
  const { run, task, judgedAgain } = plan;
  const { taskId, state } = request;
  clearTask(query, run, task, now);
  changeTaskState(query, run, { ...task, state: "none" }, state, now, { message: "marked by hand" });
  for (const other of judgedAgain) clearTask(query, run, other, now);
  if (isRunEnded(run.state)) changeRunState(query, run, "queued", now);
  const message = `${nameRun(run)} ${taskId}: marked as ${state} by hand; it was ${task.state}.`;
  const { dagId, runId, timezone } = run;
  insertEvent(query, { level: "info", kind: "task_marked", message, dagId, runId, taskId }, now, timezone);
  return true;
}
