/** Lists runs, newest first, and what the open runs wait for. */
import { nameRun } from "../../model/run/run-name.ts";
import { countRuns, reportRuns } from "../../state/reports.ts";
import type { DagRun, DagRunState } from "../../model/run/dag-run.ts";
import { findRunByDate } from "../../state/runs/dag-runs.ts";
import { listDagRows } from "../../state/runs/dags.ts";
import type { Query } from "../../state/sqlite/query.ts";
import type { Row } from "../../state/sqlite/row.ts";
import { isDatabaseFault } from "../../state/sqlite/sqlite-errors.ts";
import type { App } from "../app.ts";
import { explainEach } from "./report-waits.ts";

export interface RunList {
  /** The number of all matches; `limit` does not change it. */
  readonly total: number;
  /** Rows of `v_runs`, each with `waits`: text, or `null`. */
  readonly runs: readonly Row[];
}

export interface RunFilter {
  readonly dagId?: string;
  /** None: whatever the state. */
  readonly states?: readonly DagRunState[];
  /** -1: all. */
  readonly limit: number;
}

export async function listRuns(app: App, filter: RunFilter): Promise<RunList> {
  const database = await app.openDatabase("read");
  const found = reportRuns(database, filter);
  // A misspelt name has no runs either.
  if (found.length === 0 && filter.dagId !== undefined && !listDagRows(database).has(filter.dagId)) {
    app.pickDag(await app.loadDags(), filter.dagId);
  }
  const open = found
    .filter((row) => row["state"] === "running" || row["state"] === "queued")
    .flatMap((row) => readOpenRun(database, app.lake.id, row) ?? []);
  const waits = explainReadable(app, database, open);
  const textOf = new Map(open.map((run) => [nameRun(run), waits.get(run.dagRunId) ?? null]));
  return {
    total: countRuns(database, filter),
    runs: found.map((row) => ({
      ...row,
      waits: textOf.get(nameRun({ dagId: String(row["dag_id"]), runId: String(row["run_id"]) })) ?? null,
    })),
  };
}

/** A run that cannot be read is listed without its reasons for waiting; the scheduler's log has the error. */
function readOpenRun(query: Query, lakeId: string, row: Row): DagRun | undefined {
  try {
    return findRunByDate(query, lakeId, String(row["dag_id"]), new Date(String(row["logical_date"])));
  } catch (error) {
    if (isDatabaseFault(error)) throw error;
    return undefined;
  }
}

/** Explains all runs together; if that fails, each one separately. */
function explainReadable(app: App, query: Query, runs: readonly DagRun[]): ReadonlyMap<number, string> {
  const explain = (some: readonly DagRun[]): ReadonlyMap<number, string> | undefined => {
    try {
      return explainEach(query, some, app.settings, app.clock.now());
    } catch (error) {
      if (isDatabaseFault(error)) throw error;
      return undefined;
    }
  };
  return explain(runs) ?? new Map(runs.flatMap((run) => [...(explain([run]) ?? [])]));
}
