/** The run that a person means by what was typed. */
import { CommandRefused } from "../../model/errors.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { readDagVersion, readRun } from "../../state/runs/dag-runs.ts";
import { listDagRows } from "../../state/runs/dags.ts";
import type { Query } from "../../state/sqlite/database.ts";
import { findRunId } from "../../state/reports.ts";
import { findRunOfDate } from "./choose-date.ts";

/**
 * A Dag's id for its newest run, `DAG@DATE` for the run of a day or an instant in the Dag's zone, `DAG/RUN_ID`, or a run id
 * that is unique. Errors: `RUN_UNKNOWN`; `USAGE` where a day has several.
 */
export function findRun(query: Query, lakeId: string, name: string, now: Date): DagRun {
  const at = name.indexOf("@");
  if (at > 0) {
    const dagId = name.slice(0, at);
    const row = listDagRows(query).get(dagId);
    if (row !== undefined) {
      const { timezone } = readDagVersion(query, row.fingerprint);
      return findRunOfDate(query, lakeId, { dagId, timezone }, name.slice(at + 1));
    }
  }
  const dagRunId = findRunId(query, lakeId, name, now.toISOString());
  if (dagRunId !== undefined) return readRun(query, dagRunId);
  throw new CommandRefused("RUN_UNKNOWN", `There is no run ${name}.`, {
    hint: "`dagmar runs list` shows them.",
  });
}
