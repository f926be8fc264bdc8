/** Paths of Dags, runs, tasks and their logs. */
import { pathOf } from "../frame/links.ts";

export function pathOfDag(dagId: string): string {
  return pathOf("dags", dagId);
}

export function pathOfRun(dagId: string, runId: string): string {
  return pathOf("dags", dagId, "runs", runId);
}

export function pathOfAttempt(dagId: string, runId: string, taskId: string, number: number): string {
  return pathOf("dags", dagId, "runs", runId, "tasks", taskId, "attempts", number);
}
