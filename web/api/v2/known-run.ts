/** The run that a path names, and the task in it. */
import { z } from "zod";
import { refuseOtherLake } from "../../../app/runs/find-run.ts";
import { CommandRefused } from "../../../model/errors.ts";
import { findRunEntry, type RunEntry } from "../../../state/pages/run-page.ts";
import { findTaskEntry, type TaskEntry } from "../../../state/pages/task-page.ts";
import type { ReadTools } from "../route.ts";
import { dagId } from "./known-dag.ts";

export const runParams = { dag_id: dagId, dag_run_id: z.string() } as const;
export const taskParams = { ...runParams, task_id: z.string() } as const;

/** Raises `RUN_UNKNOWN`. */
export function pickRun({ query, lakeId }: ReadTools, dag: string, runId: string): RunEntry {
  const found = findRunEntry(query, lakeId, dag, runId);
  if (found !== undefined) return found;
  throw new CommandRefused("RUN_UNKNOWN", `${dag} has no run ${runId}.`);
}

/** As `pickRun`, for a run that is to be changed. Raises `RUN_UNKNOWN`, `SETTINGS_DIFFER`. */
export function pickOwnRun(tools: ReadTools, dag: string, runId: string): RunEntry {
  const run = pickRun(tools, dag, runId);
  refuseOtherLake(run, tools.lakeId);
  return run;
}

/** Raises `TASK_UNKNOWN`. */
export function pickTask({ query }: ReadTools, run: RunEntry, taskId: string): TaskEntry {
  const found = findTaskEntry(query, run.dagRunId, taskId);
  if (found !== undefined) return found;
  throw new CommandRefused("TASK_UNKNOWN", `${run.dagId}/${run.runId} has no task ${taskId}.`);
}
