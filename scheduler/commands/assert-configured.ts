/** Whether everything that the tasks of a run need is configured, before a run is made that could only fail. */
import type { DagDefinition } from "../../model/dag/dag.ts";
import type { RunMaker } from "../runs/new-run.ts";

/** Asked of the process that runs the tasks. `onlyTasks` `null`: all. Raises `SECRET_MISSING`, as the task types do. */
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
