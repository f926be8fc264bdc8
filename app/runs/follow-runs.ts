/** Shows runs of a scheduler: reads the database until they have ended or are stuck. Changes nothing. */
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import { isTaskEnded, type TaskState } from "../../model/run/task-instance.ts";
import type { EngineObserver } from "../../scheduler/engine/engine-observer.ts";
import { areAllStuck } from "../../scheduler/runs/explain-run.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { listTasksOfRun, readOutputs } from "../../state/runs/task-instances.ts";
import type { App } from "../app.ts";
import { createWaitReporter } from "./report-waits.ts";
import { watchScheduler } from "./watch-scheduler.ts";

const LOOK_EVERY_MS = 200;

export interface FollowedRun {
  readonly run: DagRun;
  /** It is open, and a person has to act before it can continue. */
  readonly isStuck: boolean;
}

/** The run at its end, when it is stuck, or when Ctrl-C is pressed, which only stops the display. */
export async function followRun(
  database: Database,
  dagRunId: number,
  observer: EngineObserver,
  app: Pick<App, "clock" | "log" | "settings">,
  drain: AbortSignal,
): Promise<FollowedRun> {
  const lookAtScheduler = watchScheduler(database, app);
  const reportWaits = createWaitReporter(database, app);
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
      return { run, isStuck: false };
    }
    if (drain.aborted) return { run, isStuck: false };
    lookAtScheduler();
    reportWaits([run]);
    if (areAllStuck(database, [run])) return { run, isStuck: true };
    await app.clock.sleep(LOOK_EVERY_MS, drain).catch(() => undefined);
  }
}
