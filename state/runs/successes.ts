/** Whole runs that succeeded, in the order in which they did, and by their day: what Dags that follow others go by. */
import type { DagRun, RunType } from "../../model/run/dag-run.ts";
import type { InstantRange } from "../../model/time/local-day.ts";
import { mapRun } from "./dag-runs.ts";
import type { Query } from "../sqlite/database.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";

/** No more of a run than these, so that one whose row cannot be read whole does not hide the others. */
export type Success = Pick<DagRun, "dagId" | "runId" | "logicalDate"> & { readonly successOrder: number };

/** Successes of these Dags in that lake after that place in the order. */
export function listSuccesses(
  query: Query,
  lakeId: string,
  dagIds: readonly string[],
  after: number,
  limit: number,
): readonly Success[] {
  return query
    .all<Row>(
      sql(
        `SELECT dag_id, run_id, logical_date, success_order FROM dag_runs
          WHERE success_order > ? AND dag_id IN (SELECT value FROM json_each(?)) AND lake = ?
          ORDER BY success_order LIMIT ?`,
        after,
        JSON.stringify(dagIds),
        lakeId,
        limit,
      ),
    )
    .map((row) => mapRow<Success>(row));
}

/** The newest whole run of that Dag that succeeded, of those whose logical date lies in the range. */
export function findSuccessInRange(
  query: Query,
  lakeId: string,
  dagId: string,
  range: InstantRange,
): DagRun | undefined {
  return findNewest(query, lakeId, dagId, range, "success_order IS NOT NULL");
}

/** The newest run of that Dag and type in the range, whatever became of it. */
export function findRunInRange(
  query: Query,
  lakeId: string,
  dagId: string,
  runType: RunType,
  range: InstantRange,
): DagRun | undefined {
  return findNewest(query, lakeId, dagId, range, "run_type = ?", runType);
}

function findNewest(
  query: Query,
  lakeId: string,
  dagId: string,
  { from, until }: InstantRange,
  condition: string,
  ...values: readonly string[]
): DagRun | undefined {
  const row = query.get<Row>(
    sql(
      `SELECT * FROM dag_runs WHERE dag_id = ? AND logical_date >= ? AND logical_date < ? AND lake = ? AND ${condition}
        ORDER BY logical_date DESC LIMIT 1`,
      dagId,
      from.toISOString(),
      until.toISOString(),
      lakeId,
      ...values,
    ),
  );
  return row === undefined ? undefined : mapRun(row);
}
