/** Turns an attempt's end into a result in plain JSON, from the task's output or its error. */
import {
  ConfigError,
  describeError,
  StateError,
  TaskFailure,
  TaskReschedule,
  type ErrorCode,
} from "../../model/errors.ts";
import type { AttemptFailure, AttemptResult } from "../../model/ports/executor.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { TaskOutput } from "../../model/ports/task-type.ts";
import { explainSystemFault } from "../../model/system-fault.ts";
import { LONGEST_DURATION_SECONDS } from "../../model/time/duration.ts";
import { DrainRequested, RunStopped } from "./stop-reasons.ts";

/** The output as JSON holds it. */
export function judgeOutput(taskId: string, output: TaskOutput, message: string | null): AttemptResult {
  try {
    const kept = JSON.parse(JSON.stringify(output)) as TaskOutput;
    const lost = Object.keys(output).filter((name) => !Object.hasOwn(kept, name));
    if (lost.length > 0) throw new Error(`JSON has no value for ${lost.join(", ")}.`);
    return { outcome: "success", output: kept, message };
  } catch (error) {
    return fail("RESULT_UNUSABLE", describeUnusable(taskId, error), false);
  }
}

export function describeUnusable(taskId: string, error: unknown): string {
  return `The result of ${taskId} cannot be stored: ${describeError(error)}`;
}

/** Wherever the message is shown the task's id stands before it: it does not say it again. */
export function judgeError(taskId: string, error: unknown, log: Logger): AttemptResult {
  const result = judge(taskId, error, log);
  if (!("message" in result) || result.message === null) return result;
  const own = `${taskId}: `;
  if (!result.message.startsWith(own)) return result;
  return { ...result, message: capitalise(result.message.slice(own.length)) };
}

function capitalise(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function judge(taskId: string, error: unknown, log: Logger): AttemptResult {
  if (error instanceof DrainRequested) return { outcome: "drained" };
  if (error instanceof RunStopped) return { outcome: "cancelled", code: error.code };
  if (error instanceof TaskReschedule) {
    const { code, message } = error;
    const afterSeconds = boundWait(error.afterSeconds);
    if (Number.isNaN(afterSeconds)) return failWait(taskId);
    return { outcome: "reschedule", code, message, afterSeconds };
  }
  if (error instanceof TaskFailure) {
    const { code, retryable, retryAfterSeconds, isForPerson } = error;
    if (isForPerson) return { ...fail(code, describeError(error), retryable), isForPerson };
    if (retryAfterSeconds === undefined) return fail(code, describeError(error), retryable);
    const seconds = boundWait(retryAfterSeconds);
    if (Number.isNaN(seconds)) return failWait(taskId);
    return fail(code, describeError(error), retryable, seconds);
  }
  // A missing setting is not a bug of the program, and a retry does not help.
  if (error instanceof ConfigError) return fail(error.code, error.message, false);
  // A full disk or a lock is not a bug either, and may be gone by the next attempt.
  if (error instanceof StateError) return fail(error.code, describeError(error), true);
  const fault = explainSystemFault(error);
  if (fault !== undefined) return fail(fault.code, `${fault.message} ${fault.hint}`, true);
  const message = error instanceof Error ? error.message : String(error);
  log.error(`Internal error in Dagmar: ${message}`, {
    stack: error instanceof Error ? error.stack : undefined,
  });
  return fail("INTERNAL", message, true);
}

/** JSON has no Infinity. */
function boundWait(seconds: number): number {
  return Math.min(Math.max(seconds, 0), LONGEST_DURATION_SECONDS);
}

function failWait(taskId: string): AttemptFailure {
  return fail("RESULT_UNUSABLE", describeUnusable(taskId, "its wait is not a number of seconds."), false);
}

export function fail(
  code: ErrorCode,
  message: string,
  retryable: boolean,
  retryAfterSeconds?: number,
): AttemptFailure {
  return { outcome: "failed", code, message, retryable, retryAfterSeconds: retryAfterSeconds ?? null };
}
