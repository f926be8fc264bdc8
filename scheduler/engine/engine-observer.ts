/** What the engine reports about runs and tasks, always after the commit. */
import type { DagRun } from "../../model/run/dag-run.ts";
import type { TaskInstance, TaskState } from "../../model/run/task-instance.ts";
import type { Progress, TaskOutput } from "../../model/ports/task-type.ts";
import type { Applied } from "./apply.ts";
import type { Settled } from "./settle.ts";

export interface EngineObserver {
  taskStarted?(run: DagRun, task: TaskInstance, attempt: number): void;
  taskProgressed?(run: DagRun, taskId: string, progress: Progress): void;
  /** It only waits for a slot. */
  taskScheduled?(run: DagRun, task: TaskInstance): void;
  taskSettled?(run: DagRun, task: TaskInstance, end: TaskEnd): void;
  runEnded?(run: DagRun): void;
}

export interface TaskEnd {
  readonly state: TaskState;
  readonly message: string | null;
  readonly nextAttemptAt: string | null;
  readonly output: TaskOutput | null;
}

export function reportStep(
  observer: EngineObserver,
  settled: readonly Settled[],
  { passedOver, scheduled, ended }: Applied,
): void {
  for (const { completion, state, message, nextAttemptAt } of settled) {
    const output = completion.result.outcome === "success" ? completion.result.output : null;
    observer.taskSettled?.(completion.run, completion.task, { state, message, nextAttemptAt, output });
  }
  for (const { run, task, to, reason } of passedOver) {
    observer.taskSettled?.(run, task, { state: to, message: reason, nextAttemptAt: null, output: null });
  }
  for (const { run, task } of scheduled) observer.taskScheduled?.(run, task);
  for (const run of ended) observer.runEnded?.(run);
}
