/** Running tasks are neither cleared nor marked. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { CommandRefused } from "../../model/errors.ts";
import type { TaskInstance } from "../../model/run/task-instance.ts";
import { nameRun } from "../../model/run/run-name.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { listTasksOfRun } from "../../state/runs/task-instances.ts";

/** Raises `TASK_RUNNING` if one of these tasks is running; by default any task of the run. */
export function refuseRunning(
  query: Query,
  run: DagRun,
  tasks: readonly TaskInstance[] = listTasksOfRun(query, run.dagRunId),
): void {
  const running = tasks.find((task) => task.state === "running");
  if (running === undefined) return;
  throw new CommandRefused("TASK_RUNNING", `${nameRun(run)} ${running.taskId} is running.`, {
    hint: `Wait for it, or stop its run: \`dagmar runs cancel ${nameRun(run)}\``,
  });
}
