/** How a DagRun ends, from the states of its tasks. */
import type { TaskState } from "./task-instance.ts";
import { isTaskEnded } from "./task-instance.ts";

interface TaskEnd {
  readonly state: TaskState;
  readonly allowFailure: boolean;
}

/** `undefined` while any task is open. A failed task that may fail does not fail the run; a cancelled one cancels it. */
export function judgeRun(tasks: readonly TaskEnd[]): "success" | "failed" | "cancelled" | undefined {
  if (!tasks.every((task) => isTaskEnded(task.state))) return undefined;
  const failed = tasks.some(
    (task) => (task.state === "failed" || task.state === "upstream_failed") && !task.allowFailure,
  );
  if (failed) return "failed";
  return tasks.some((task) => task.state === "cancelled") ? "cancelled" : "success";
}
