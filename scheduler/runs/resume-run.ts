/** Resumes an existing run where it stopped, and adds tasks to a run of single tasks. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { isTaskEnded } from "../../model/run/task-instance.ts";
import { addTasks, changeRunState, readDagVersion, readRun, widenRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { clearTask, hurryTask, listTasksOfRun } from "../../state/runs/task-instances.ts";
import { describeTasks, type RunMaker } from "./new-run.ts";

/** Clears failed, skipped and cancelled tasks; succeeded ones stay; a task that waits for a retry starts at once. */
export function resumeRun(query: Query, run: DagRun, now: Date): DagRun {
  const tasks = listTasksOfRun(query, run.dagRunId);
  for (const task of tasks) {
    if (task.state === "success") continue;
    if (isTaskEnded(task.state)) clearTask(query, run, task, now);
    else hurryTask(query, task);
  }
  // A run with a running task keeps its place.
  const isAtWork = run.state === "running" && tasks.some((task) => task.state === "running");
  if (run.state !== "queued" && !isAtWork) changeRunState(query, run, "queued", now);
  return readRun(query, run.dagRunId);
}

/**
 * Adds the missing tasks of the run's own definition to a run of single tasks; `null` makes it a whole run. Returns
 * the same object if nothing is missing.
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
