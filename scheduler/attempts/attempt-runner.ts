/** Runs one attempt of a task: options resolved and checked, time-out kept, and every way to end turned into a result. */
import { setMaxListeners } from "node:events";
import type { AttemptLog, AttemptLogs } from "../../model/ports/attempt-logs.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { DagRun, StopReason } from "../../model/run/dag-run.ts";
import type { TaskDefinition } from "../../model/dag/dag.ts";
import {
  AttemptLeftRunning,
  ConfigError,
  StateError,
  TaskFailure,
  TaskReschedule,
} from "../../model/errors.ts";
import type { Lake } from "../../model/ports/lake.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { explainSystemFault } from "../../model/system-fault.ts";
import type { TaskInstance } from "../../model/run/task-instance.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { AnyTaskType, Progress, TaskOutput, WorkerThread } from "../../model/ports/task-type.ts";
import { readRunFacts, renderOptions } from "./render-options.ts";

/** What every attempt of this process shares. */
export interface AttemptTools {
  readonly registry: ReadonlyMap<string, AnyTaskType>;
  readonly lake: Lake;
  readonly ports: TaskPorts;
  readonly clock: Clock;
  readonly log: Logger;
  /** Without it an attempt's lines stand in `log` alone. */
  readonly attemptLogs?: AttemptLogs;
  readonly startWorker: (module: URL, data: unknown) => WorkerThread;
}

export interface AttemptRequest {
  readonly run: DagRun;
  readonly definition: TaskDefinition;
  readonly task: TaskInstance;
  readonly number: number;
  readonly outputs: Readonly<Record<string, TaskOutput>>;
}

export type AttemptResult =
  | {
      readonly outcome: "success";
      readonly output: TaskOutput;
      /** In a few words; `null` where the task type says nothing. */
      readonly message: string | null;
    }
  | { readonly outcome: "failed"; readonly failure: TaskFailure }
  | { readonly outcome: "reschedule"; readonly reschedule: TaskReschedule }
  /** The process is stopping; the task reached a safe point, or was left after the grace time. */
  | { readonly outcome: "stopped" }
  /** Its run is being stopped. */
  | { readonly outcome: "cancelled"; readonly code: "RUN_CANCELLED" | "RUN_TIMED_OUT" };

/** The signal's reason when the process drains. */
export class DrainRequested extends Error {}

/** The signal's reason when the attempt's run is being stopped. */
export class RunStopped extends Error {
  readonly code: "RUN_CANCELLED" | "RUN_TIMED_OUT";

  constructor(reason: StopReason) {
    super(`the run is being stopped: ${reason}`);
    this.code = reason === "cancelled" ? "RUN_CANCELLED" : "RUN_TIMED_OUT";
  }
}

const GRACE_MS = 10_000;
/** Why an attempt's timers are stopped. Made once: without one Node makes an error, with its stack, for every attempt. */
const OVER = new Error("the attempt has ended");

/** Never rejects. `stopping` stops the task at its next safe point; its reason is `DrainRequested` or `RunStopped`. */
export async function runAttempt(
  tools: AttemptTools,
  request: AttemptRequest,
  stopping: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<AttemptResult> {
  const stop = new AbortController();
  const ended = new AbortController();
  // Not `AbortSignal.any`: Node never lets go of a joined signal that somebody still listens to.
  const { signal } = stop;
  const follow = (): void => stop.abort(stopping.reason);
  if (stopping.aborted) follow();
  stopping.addEventListener("abort", follow, { once: true });
  // A task has as many requests under way as it likes, each listening.
  setMaxListeners(0, signal);
  const { definition } = request;
  const timeOut = tools.clock.sleep(definition.timeoutSeconds * 1000, ended.signal).then(
    () => {
      const seconds = definition.timeoutSeconds;
      stop.abort(
        new TaskFailure(
          "TASK_TIMED_OUT",
          `${definition.taskId} took longer than its timeout of ${seconds} s.`,
          true,
        ),
      );
    },
    () => undefined,
  );
  const kept = openLog(tools, request);
  const work = perform(tools, request, kept.log, signal, onProgress).then(
    (output): AttemptResult => ({
      outcome: "success",
      output,
      message: describeOutput(tools, definition, output),
    }),
    (error: unknown): AttemptResult => judgeError(chooseReason(error, signal), kept.log),
  );
  const result = await Promise.race([work, giveUp(tools.clock, signal, ended.signal, kept.log)]);
  ended.abort(OVER);
  stopping.removeEventListener("abort", follow);
  await timeOut;
  await kept.close();
  return result;
}

function openLog(tools: AttemptTools, { run, task, number }: AttemptRequest): AttemptLog {
  const { dagId, runId } = run;
  const { taskId } = task;
  if (tools.attemptLogs !== undefined)
    return tools.attemptLogs.open({ dagId, runId, taskId, attempt: number });
  const log = tools.log.with({ dag: dagId, run: runId, task: taskId, attempt: number });
  return { log, close: () => Promise.resolve() };
}

function describeOutput(
  { registry }: AttemptTools,
  { type }: TaskDefinition,
  output: TaskOutput,
): string | null {
  return registry.get(type)?.describeOutput?.(output) ?? null;
}

/** After an abort the task has the grace time to stop; then its attempt ends without it, and a late answer is refused. */
async function giveUp(
  clock: Clock,
  signal: AbortSignal,
  ended: AbortSignal,
  log: Logger,
): Promise<AttemptResult> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await clock.sleep(GRACE_MS, ended).catch(() => undefined);
  return judgeError(signal.reason, log);
}

async function perform(
  tools: AttemptTools,
  request: AttemptRequest,
  log: Logger,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<TaskOutput> {
  const { run, definition, task, number, outputs } = request;
  const type = tools.registry.get(definition.type);
  if (type === undefined)
    throw new TaskFailure("INTERNAL", `There is no task type ${definition.type}.`, false);
  type.assertConfigured?.();
  const parsed = type.options.safeParse(renderOptions(definition.with, run, outputs));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    throw new TaskFailure(
      "OUTPUT_MISSING",
      `${definition.taskId}: its options are not valid for this run: ${faults}`,
      false,
    );
  }
  const waitedMs =
    task.waitingSince === null ? 0 : tools.clock.now().getTime() - Date.parse(task.waitingSince);
  return type.run({
    run: readRunFacts(run),
    taskId: definition.taskId,
    attempt: number,
    waitedSeconds: Math.max(0, waitedMs / 1000),
    options: parsed.data,
    written: definition.with,
    outputs: Object.fromEntries(
      definition.needs.flatMap((need) => (outputs[need] ? [[need, outputs[need]]] : [])),
    ),
    signal,
    log,
    clock: tools.clock,
    lake: tools.lake,
    state: tools.ports,
    progress: onProgress,
    startWorker: tools.startWorker,
  });
}

/** Whatever a task raises when it was to stop, the reason to stop counts; unless a part of the task did not stop. */
function chooseReason(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted && !(error instanceof AttemptLeftRunning) ? signal.reason : error;
}

function judgeError(error: unknown, log: Logger): AttemptResult {
  if (error instanceof DrainRequested) return { outcome: "stopped" };
  if (error instanceof RunStopped) return { outcome: "cancelled", code: error.code };
  if (error instanceof TaskReschedule) return { outcome: "reschedule", reschedule: error };
  if (error instanceof TaskFailure) return { outcome: "failed", failure: error };
  // What the environment lacks is no fault of the program, and no retry gives it.
  if (error instanceof ConfigError) {
    return {
      outcome: "failed",
      failure: new TaskFailure(error.code, error.message, false, { cause: error }),
    };
  }
  // A full disk or a lock that stayed is no fault of the program either, and may have passed by the next attempt.
  if (error instanceof StateError) {
    return {
      outcome: "failed",
      failure: new TaskFailure(error.code, error.message, true, {
        cause: error,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      }),
    };
  }
  const fault = explainSystemFault(error);
  if (fault !== undefined) {
    const { code, message, hint } = fault;
    return { outcome: "failed", failure: new TaskFailure(code, message, true, { cause: error, hint }) };
  }
  const message = error instanceof Error ? error.message : String(error);
  log.error(`A fault of Dagmar's own: ${message}`, {
    stack: error instanceof Error ? error.stack : undefined,
  });
  return { outcome: "failed", failure: new TaskFailure("INTERNAL", message, true, { cause: error }) };
}
