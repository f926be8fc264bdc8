/** Shows what a scheduler makes of runs: reads the books until the runs have ended. Changes nothing. */
import { isRunEnded, type DagRun } from "../model/dag-run.ts";
import { isTaskEnded, type TaskState } from "../model/task-instance.ts";
import type { EngineObserver } from "../scheduler/engine.ts";
import { readRun } from "../state/dag-runs.ts";
import type { Logger } from "../model/logger.ts";
import type { Database } from "../state/database.ts";
import { listTasksOfRun, readOutputs } from "../state/task-instances.ts";
import { systemClock } from "./system-clock.ts";
import { watchScheduler } from "./watch-scheduler.ts";

const LOOK_EVERY_MS = 200;

/** The run as it ended; or as it is when Ctrl-C is pressed, which stops the looking and nothing else. */
export async function followRun(
  database: Database,
  dagRunId: number,
  observer: EngineObserver,
  log: Logger,
  drain: AbortSignal,
): Promise<DagRun> {
  const lookAtScheduler = watchScheduler(database, log);
  const seen = new Map<number, { readonly state: TaskState; readonly attempt: number }>();
  for (;;) {
    const run = readRun(database, dagRunId);
    for (const task of listTasksOfRun(database, dagRunId)) {
      const before = seen.get(task.taskInstanceId);
      seen.set(task.taskInstanceId, { state: task.state, attempt: task.attemptCount });
      if (before?.state === task.state && before.attempt === task.attemptCount) continue;
      const isRunning = task.state === "running";
      if (isRunning || task.attemptCount > (before?.attempt ?? 0)) {
        observer.taskStarted?.(run, task, task.attemptCount);
      }
      if (isRunning || (!isTaskEnded(task.state) && task.attemptCount === 0)) continue;
      const { state, message, nextAttemptAt } = task;
      const output = state === "success" ? (readOutputs(database, dagRunId)[task.taskId] ?? {}) : null;
      observer.taskSettled?.(run, task, { state, message, nextAttemptAt, output });
    }
    if (isRunEnded(run.state)) {
      observer.runEnded?.(run);
      return run;
    }
    if (drain.aborted) return run;
    lookAtScheduler();
    await systemClock.sleep(LOOK_EVERY_MS, drain).catch(() => undefined);
  }
}
