/** Restarts an ended run from the beginning, with the given definition. Attempts stay as history. */
import type { DagRun } from "../../model/run/dag-run.ts";
import {
  addTasks,
  saveVersionOfRun,
  changeRunState,
  endRefetch,
  readRun,
  startRefetch,
  type DagVersion,
} from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { clearTask, listTasksOfRun } from "../../state/runs/task-instances.ts";
import { describeTasks, type RunMaker } from "../runs/new-run.ts";

/** Clears the tasks that `isCleared` selects, by default all. Others keep their state. */
export function restartRun(
  query: Query,
  maker: RunMaker,
  existing: DagRun,
  version: DagVersion,
  isRefetch: boolean,
  now: Date,
  isCleared: (taskId: string) => boolean = () => true,
): DagRun {
  if (isRefetch) startRefetch(query, existing);
  else endRefetch(query, existing);
  saveVersionOfRun(query, existing, version, now);
  const run = readRun(query, existing.dagRunId);
  addTasks(query, run, describeTasks(maker, version.definition, run));
  for (const task of listTasksOfRun(query, run.dagRunId)) {
    if (isCleared(task.taskId)) clearTask(query, run, task, now);
  }
  if (run.state !== "queued") changeRunState(query, run, "queued", now);
  return readRun(query, run.dagRunId);
}
