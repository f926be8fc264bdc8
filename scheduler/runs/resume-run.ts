/** Lets a run that exists start again where it stopped, and a run of single tasks grow. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { isTaskEnded } from "../../model/run/task-instance.ts";
import { addTasks, changeRunState, readDagVersion, readRun, widenRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { clearTask, hurryTask, listTasksOfRun } from "../../state/runs/task-instances.ts";
import { describeTasks, type RunMaker } from "./new-run.ts";

/** Failed, skipped and cancelled tasks are cleared; what succeeded stays; a task that waits for a retry need not wait. */
export function resumeRun(query: Query, run: DagRun, now: Date): DagRun {
  const tasks = listTasksOfRun(query, run.dagRunId);
  for (const task of tasks) {
    if (task.state === "success") continue;
    if (isTaskEnded(task.state)) clearTask(query, run, task, now);
    else hurryTask(query, task);
  }
  // One that is really under way keeps its place.
  const isAtWork = run.state === "running" && tasks.some((task) => task.state === "running");
  if (run.state !== "queued" && !isAtWork) changeRunState(query, run, "queued", now);
  return readRun(query, run.dagRunId);
}

/**
 * A run of single tasks gets the tasks that it lacks, of the definition that it keeps to; `null` makes it a whole run. The
 * same object comes back when nothing is missing.
 */
export function widenTasks(
  query: Query,
  maker: RunMaker,
  run: DagRun,
  wanted: readonly string[] | null,
): DagRun {
  if (run.onlyTasks === null) return run;
  if (wanted?.every((task) => run.onlyTasks?.includes(task)) === true) return run;
  const widened = wanted === null ? null : [...new Set([...run.onlyTasks, ...wanted])];
  widenRun(query, run, widened);
  const wider = readRun(query, run.dagRunId);
  addTasks(query, wider, describeTasks(maker, readDagVersion(query, wider.fingerprint), wider));
  return wider;
}
