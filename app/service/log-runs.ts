/** Logs the outcome of runs and tasks in the service's log: every end of a run, and every attempt that did not succeed. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { formatLocalText } from "../../model/time/local-time.ts";
import { formatDuration } from "../../model/time/duration.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { nameRun } from "../../model/run/run-name.ts";
import type { EngineObserver } from "../../scheduler/engine/engine-observer.ts";

const TROUBLE: ReadonlySet<string> = new Set(["failed", "up_for_retry", "upstream_failed", "cancelled"]);

/** Also calls `next`. */
export function logRuns(log: Logger, next: EngineObserver): EngineObserver {
  return {
    ...next,
    taskSettled(run, task, end) {
      next.taskSettled?.(run, task, end);
      if (!TROUBLE.has(end.state)) return;
      const later =
        end.nextAttemptAt === null ? "" : `, again at ${formatLocalText(end.nextAttemptAt, run.timezone)}`;
      log.warn(`${task.taskId} is ${end.state}${later}: ${end.message ?? "no reason given"}`, {
        dag: run.dagId,
        run: run.runId,
        task: task.taskId,
      });
    },
    runEnded(run) {
      next.runEnded?.(run);
      const level = run.state === "success" ? "info" : "error";
      log[level](`${nameRun(run)} ended: ${run.state}${describeTime(run)}`, { event: "run_ended" });
    },
  };
}

function describeTime({ runningSince, finishedAt }: DagRun): string {
  if (runningSince === null || finishedAt === null) return "";
  return ` after ${formatDuration((Date.parse(finishedAt) - Date.parse(runningSince)) / 1000)}`;
}
