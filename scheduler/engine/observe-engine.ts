/**
 * Turns the engine's reports about runs and tasks into the service's metrics: durations, delays and outcomes of ids.
 */
import type { IdOutcome } from "../../model/records/ask-policy.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import type { ServiceObserver } from "../../model/ports/service-observer.ts";
import type { TaskInstance } from "../../model/run/task-instance.ts";
import type { TaskOutput } from "../../model/ports/task-type.ts";
import type { EngineObserver, TaskEnd } from "./engine-observer.ts";

const ID_OUTCOMES: readonly IdOutcome[] = ["stored", "not_found", "failed"];

export function observeEngine(service: ServiceObserver, clock: Clock): EngineObserver {
  const scheduledMs = new Map<number, number>();
  const startedMs = new Map<number, number>();
  const startedRuns = new Set<number>();
  const secondsSince = (ms: number | undefined): number =>
    ms === undefined ? 0 : (clock.monotonicMs() - ms) / 1000;

  return {
    taskScheduled(_, task) {
      scheduledMs.set(task.taskInstanceId, clock.monotonicMs());
    },
    taskStarted(run, task, attempt) {
      const { taskInstanceId, type } = task;
      service.taskStarted(run.dagId, type, secondsSince(scheduledMs.get(taskInstanceId)));
      scheduledMs.delete(taskInstanceId);
      startedMs.set(taskInstanceId, clock.monotonicMs());
      if (run.runType !== "scheduled" || attempt > 1 || startedRuns.has(run.dagRunId)) return;
      startedRuns.add(run.dagRunId);
      service.scheduleDelay(run.dagId, (clock.now().getTime() - Date.parse(run.logicalDate)) / 1000);
    },
    taskSettled(run, task, end) {
      const { taskInstanceId } = task;
      scheduledMs.delete(taskInstanceId);
      // It ended without an attempt.
      if (!startedMs.has(taskInstanceId)) return;
      service.taskEnded(run.dagId, task.type, end.state, secondsSince(startedMs.get(taskInstanceId)));
      startedMs.delete(taskInstanceId);
      countIds(service, task, end);
    },
    runEnded(run) {
      startedRuns.delete(run.dagRunId);
      service.runEnded(run.dagId, run.state, measureRun(run));
    },
  };
}

function measureRun({ runningSince, finishedAt }: DagRun): number {
  if (runningSince === null || finishedAt === null) return 0;
  return (Date.parse(finishedAt) - Date.parse(runningSince)) / 1000;
}

/** Counts a dataset's ids from the task's output. */
function countIds(service: ServiceObserver, task: TaskInstance, { output }: TaskEnd): void {
  const dataset = readDataset(task.exclusiveKey);
  if (output === null || dataset === undefined) return;
  for (const outcome of ID_OUTCOMES) {
    const count = readCount(output, outcome);
    if (count > 0) service.idsDecided(dataset, outcome, count);
  }
}

/** The exclusive key of a task that writes a dataset is `records:<dataset>`. */
function readDataset(exclusiveKey: string | null): string | undefined {
  return /^records:(.+)$/.exec(exclusiveKey ?? "")?.[1];
}

function readCount(output: TaskOutput, name: string): number {
  const value = output[name];
  return typeof value === "number" ? value : 0;
}
