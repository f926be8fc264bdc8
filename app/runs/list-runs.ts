/** The runs, newest first, and what the open ones wait for. */
import { countRuns, reportRuns } from "../../state/reports.ts";
import { findRunByDate } from "../../state/runs/dag-runs.ts";
import type { Row } from "../../state/sqlite/row.ts";
import type { App } from "../app.ts";
import { explainEach } from "./report-waits.ts";

export interface RunList {
  /** However many are listed. */
  readonly total: number;
  /** Rows of `v_runs`, each with `waits`: text, or `null`. */
  readonly runs: readonly Row[];
}

/** `limit` -1: all. */
export async function listRuns(
  app: App,
  filter: { readonly dagId?: string; readonly limit: number },
): Promise<RunList> {
  const database = await app.openDatabase("read");
  const found = reportRuns(database, filter);
  const open = found
    .filter((row) => row["state"] === "running" || row["state"] === "queued")
    .flatMap((row) => {
      const date = new Date(String(row["logical_date"]));
      return findRunByDate(database, app.lake.id, String(row["dag_id"]), date) ?? [];
    });
  const waits = explainEach(database, open, app.settings, app.clock.now());
  const textOf = new Map(open.map((run) => [nameRun(run.dagId, run.runId), waits.get(run.dagRunId) ?? null]));
  return {
    total: countRuns(database, filter),
    runs: found.map((row) => ({
      ...row,
      waits: textOf.get(nameRun(row["dag_id"], row["run_id"])) ?? null,
    })),
  };
}

function nameRun(dagId: unknown, runId: unknown): string {
  return `${String(dagId)}/${String(runId)}`;
}
