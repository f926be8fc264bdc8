/** How a DagRun ends, from the states of its tasks. */
import type { StopReason } from "./dag-run.ts";
import type { TaskState } from "./task-instance.ts";
import { isTaskEnded } from "./task-instance.ts";

interface TaskEnd {
  readonly state: TaskState;
  readonly allowFailure: boolean;
}

/**
 * `undefined` while any task is open. A failed task with `allow_failure` does not fail the run; a cancelled one
 * cancels it. A stopped run ends as `failed` after a time-out, else as `cancelled`.
 */
export function judgeRun(
  tasks: readonly TaskEnd[],
  stopReason: StopReason | null,
): "success" | "failed" | "cancelled" | undefined {
  if (!tasks.every((task) => isTaskEnded(task.state))) return undefined;
  if (stopReason !== null) return stopReason === "timed_out" ? "failed" : "cancelled";
  const failed = tasks.some(
    (task) => (task.state === "failed" || task.state === "upstream_failed") && !task.allowFailure,
  );
  if (failed) return "failed";
  return tasks.some((task) => task.state === "cancelled") ? "cancelled" : "success";
}
