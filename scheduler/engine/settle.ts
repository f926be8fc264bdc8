/**
 * Writes an attempt's result to its task: success, retry, reschedule or failed. Inside one transaction; no other
 * effects.
 */
import { findTask, type DagDefinition } from "../../model/dag/dag.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { LEAST_WAIT_SECONDS, LONGEST_DURATION_SECONDS } from "../../model/time/duration.ts";
import { addSeconds, readPast } from "../../model/time/instant.ts";
import type { AttemptResult } from "../../model/ports/executor.ts";
import { decideRetry } from "../../model/run/retry-policy.ts";
import type { TaskInstance, TaskState } from "../../model/run/task-instance.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { inSavepoint } from "../../state/sqlite/savepoint.ts";
import { isDatabaseFault } from "../../state/sqlite/sqlite-errors.ts";
import {
  changeTaskState,
  finishAttempt,
  saveOutputs,
  type AttemptEnd,
  type TaskChange,
} from "../../state/runs/task-instances.ts";
import { describeUnusable, fail } from "../attempts/judge-end.ts";
import type { StepGuard } from "./step-guard.ts";

export interface Completion {
  readonly run: DagRun;
  readonly dag: DagDefinition;
  /** As it was after the attempt started: `running`. */
  readonly task: TaskInstance;
  readonly number: number;
  readonly result: AttemptResult;
  /** In [0, 1), drawn when the attempt ended. */
  readonly random: number;
  /** A person waits for the run in the foreground. */
  readonly isAttended: boolean;
}

export interface Settled {
  readonly completion: Completion;
  readonly state: TaskState;
  readonly message: string | null;
  readonly nextAttemptAt: string | null;
}

/** `undefined` if the attempt had already ended otherwise: its late answer changes nothing. */
export function settleAttempt(query: Query, completion: Completion, now: Date): Settled | undefined {
  const { run, task, number, result } = completion;
  const { end, state, change } = judgeResult(completion, now);
  if (!finishAttempt(query, run, task, number, end, now)) return undefined;
  if (!changeTaskState(query, run, task, state, now, change)) return undefined;
  if (result.outcome === "success") saveOutputs(query, task.taskInstanceId, result.output);
  return { completion, state, message: change.message ?? null, nextAttemptAt: change.nextAttemptAt ?? null };
}

/** Like `settleAttempt`; if the result cannot be stored, the task fails with the reason. */
export function settleCarefully(
  query: Query,
  completion: Completion,
  now: Date,
  guard: StepGuard,
): Settled | undefined {
  try {
    return inSavepoint(query, () => settleAttempt(query, completion, now));
  } catch (error) {
    if (isDatabaseFault(error)) throw error;
    const { run, task } = completion;
    const result = fail("RESULT_UNUSABLE", describeUnusable(task.taskId, error), false);
    return guard.run(run.dagRunId, () => settleAttempt(query, { ...completion, result }, now));
  }
}

function judgeResult(
  completion: Completion,
  now: Date,
): { readonly end: AttemptEnd; readonly state: TaskState; readonly change: TaskChange } {
  const { result, task, dag, random } = completion;
  switch (result.outcome) {
    case "success":
      return {
        end: endAs("success"),
        state: "success",
        change: { message: result.message, waitingSince: null },
      };
    case "drained":
      return {
        end: endAs("cancelled"),
        state: "up_for_retry",
        change: { message: "stopped because the process ended; it resumes" },
      };
    case "cancelled": {
      const message =
        result.code === "RUN_CANCELLED" ? "its run was cancelled" : "its run took longer than its timeout";
      return {
        end: { state: "cancelled", errorCode: result.code, error: message },
        state: "cancelled",
        change: { message },
      };
    }
    case "reschedule": {
      const { afterSeconds, message, code } = result;
      return {
        end: { state: "cancelled", errorCode: code, error: message },
        state: "up_for_reschedule",
        change: {
          message,
          waitingSince: new Date(readPast(task.waitingSince, now) ?? now).toISOString(),
          nextAttemptAt: endWait(now, afterSeconds),
        },
      };
    }
    case "failed": {
      const { code, message } = result;
      const retryable = result.retryable && !(completion.isAttended && result.isForPerson === true);
      const failureCount = task.failureCount + 1;
      const end: AttemptEnd = {
        state: code === "TASK_TIMED_OUT" ? "timed_out" : "failed",
        errorCode: code,
        error: message,
      };
      const settings = findTask(dag, task.taskId);
      const retryAfterSeconds = result.retryAfterSeconds ?? undefined;
      const retry =
        settings === undefined
          ? ({ retry: false } as const)
          : decideRetry(settings, { retryable, retryAfterSeconds, failureCount }, random);
      if (!retry.retry) return { end, state: "failed", change: { message, failureCount } };
      const nextAttemptAt = endWait(now, retry.delaySeconds);
      return { end, state: "up_for_retry", change: { message, failureCount, nextAttemptAt } };
    }
  }
}

function endAs(state: "success" | "cancelled"): AttemptEnd {
  return { state, errorCode: null, error: null };
}

/** Limits the wait between two attempts, whatever a setting or a task type asks for. */
function endWait(now: Date, seconds: number): string {
  const bounded = Math.min(Math.max(seconds, LEAST_WAIT_SECONDS), LONGEST_DURATION_SECONDS);
  return addSeconds(now, bounded).toISOString();
}
