/**
 * Runs one attempt of a task: resolves and checks its options, keeps its time-out, and turns every end into a result.
 */
import { setMaxListeners } from "node:events";
import { AttemptLeftRunning, TaskFailure } from "../../model/errors.ts";
import type { AttemptLog, AttemptLogs } from "../../model/ports/attempt-logs.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { AttemptRequest, AttemptResult } from "../../model/ports/executor.ts";
import type { Lake } from "../../model/ports/lake.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { AnyTaskType, Progress, TaskOutput, WorkerThread } from "../../model/ports/task-type.ts";
import { readPast } from "../../model/time/instant.ts";
import { judgeError, judgeOutput } from "./judge-end.ts";
import { readRunFacts, renderOptions } from "./render-options.ts";

/** What every attempt of this process shares. */
export interface AttemptTools {
  readonly registry: ReadonlyMap<string, AnyTaskType>;
  readonly lake: Lake;
  readonly ports: TaskPorts;
  readonly clock: Clock;
  readonly log: Logger;
  /** Without it an attempt's lines go to `log` alone. */
  readonly attemptLogs?: AttemptLogs;
  readonly startWorker: (module: URL, data: unknown) => WorkerThread;
}

const GRACE_MS = 10_000;
/**
 * Why an attempt's timers are stopped. Created once: otherwise Node creates an error with a stack for every attempt.
 */
const OVER = new Error("the attempt has ended");

/** An attempt's own, not its process's. */
export interface AttemptStops {
  readonly stop: AbortController;
  readonly wrapUp: AbortController;
}

/**
 * `stops.stop`, aborted with `DrainRequested` or `RunStopped`, stops the task at its next safe point; the time-out aborts it
 * too. `stops.wrapUp` lets the task store what it has.
 */
export async function runAttempt(
  tools: AttemptTools,
  request: AttemptRequest,
  stops: AttemptStops,
  onProgress: (progress: Progress) => void,
): Promise<AttemptResult> {
  const ended = new AbortController();
  const { stop } = stops;
  const { signal } = stop;
  // A task may have any number of open requests, each with a listener.
  setMaxListeners(0, signal, stops.wrapUp.signal);
  const { taskId } = request.key;
  const seconds = request.timeoutSeconds;
  const timeOut = tools.clock.sleep(seconds * 1000, ended.signal).then(
    () => {
      const message = `${taskId} took longer than its timeout of ${seconds} s.`;
      stop.abort(new TaskFailure("TASK_TIMED_OUT", message, true));
    },
    () => undefined,
  );
  const kept = openLog(tools, request);
  const work = perform(tools, request, kept.log, stops, onProgress).then(
    (output) => judgeOutput(taskId, output, describeOutput(tools, request, output)),
    (error: unknown) => judgeError(taskId, chooseReason(error, signal), kept.log),
  );
  const result = await Promise.race([work, giveUp(tools.clock, taskId, signal, ended.signal, kept.log)]);
  ended.abort(OVER);
  await timeOut;
  await kept.close();
  return result;
}

function openLog(tools: AttemptTools, { key }: AttemptRequest): AttemptLog {
  if (tools.attemptLogs !== undefined) return tools.attemptLogs.open(key);
  const { dagId, runId, taskId, attempt } = key;
  const log = tools.log.with({ dag: dagId, run: runId, task: taskId, attempt });
  return { log, close: () => Promise.resolve() };
}

function describeOutput(
  { registry }: AttemptTools,
  { type }: AttemptRequest,
  output: TaskOutput,
): string | null {
  return registry.get(type)?.describeOutput?.(output) ?? null;
}

/** After an abort the task has the grace time to stop; then its attempt ends without it, and a late answer is refused. */
async function giveUp(
  clock: Clock,
  taskId: string,
  signal: AbortSignal,
  ended: AbortSignal,
  log: Logger,
): Promise<AttemptResult> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await clock.sleep(GRACE_MS, ended).catch(() => undefined);
  return judgeError(taskId, signal.reason, log);
}

async function perform(
  tools: AttemptTools,
  request: AttemptRequest,
  log: Logger,
  { stop, wrapUp }: AttemptStops,
  onProgress: (progress: Progress) => void,
): Promise<TaskOutput> {
  const { key, run, outputs, waitingSince } = request;
  const type = tools.registry.get(request.type);
  if (type === undefined) throw new TaskFailure("INTERNAL", `There is no task type ${request.type}.`, false);
  type.assertConfigured?.();
  const parsed = type.options.safeParse(renderOptions(request.options, run, outputs));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    throw new TaskFailure(
      "OUTPUT_MISSING",
      `${key.taskId}: its options are not valid for this run: ${faults}`,
      false,
    );
  }
  const now = tools.clock.now();
  const waitedMs = now.getTime() - (readPast(waitingSince, now) ?? now.getTime());
  return type.run({
    run: readRunFacts(run),
    taskId: key.taskId,
    attempt: key.attempt,
    cookie: request.cookie,
    waitedSeconds: waitedMs / 1000,
    options: parsed.data,
    written: request.options,
    outputs: Object.fromEntries(
      request.needs.flatMap((need) => (outputs[need] ? [[need, outputs[need]]] : [])),
    ),
    signal: stop.signal,
    wrapUp: wrapUp.signal,
    log,
    clock: tools.clock,
    lake: tools.lake,
    state: tools.ports,
    progress: onProgress,
    startWorker: tools.startWorker,
  });
}

/** After an abort the reason to stop counts, not the task's own error; except when a part of the task did not stop. */
function chooseReason(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted && !(error instanceof AttemptLeftRunning) ? signal.reason : error;
}
