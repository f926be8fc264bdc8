/** Paths of Dags, runs, logs, datasets, reports, ids and backfills. */
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

export function pathOfDataset(dataset: string): string {
  return pathOf("lake", "datasets", dataset);
}

/** Of a report's page, which a browser gets as it is in the lake. */
export function pathOfReport(key: string): string {
  return pathOf("lake", "reports", ...key.split("/"));
}

export function pathOfId(askedId: string): string {
  return pathOf("ids", askedId);
}

export function pathOfBackfill(backfillId: number): string {
  return pathOf("backfills", backfillId);
}
