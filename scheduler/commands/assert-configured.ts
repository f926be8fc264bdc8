/** Checks that the settings of a run's tasks are there, before a run is created that could only fail. */
import type { DagDefinition } from "../../model/dag/dag.ts";
import type { RunMaker } from "../runs/new-run.ts";

/** For the process that runs the tasks. `onlyTasks` `null` means all. Raises `SECRET_MISSING`, as the task types do. */
export function assertConfigured(
  registry: RunMaker["registry"],
  { tasks }: DagDefinition,
  onlyTasks: readonly string[] | null,
): void {
  for (const task of tasks) {
    const isWanted = onlyTasks === null || onlyTasks.includes(task.taskId);
    if (isWanted) registry.get(task.type)?.assertConfigured?.();
  }
}
