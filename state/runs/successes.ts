/** Successful whole runs, in the order of their success and by day. Dags that follow others use them. */
import type { DagRun, RunType } from "../../model/run/dag-run.ts";
import type { InstantRange } from "../../model/time/local-day.ts";
import { RUN_COLUMNS, IS_PLACE, mapRun } from "./dag-runs.ts";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql, type Sql } from "../sqlite/statement.ts";

/** Only these columns, so that an unreadable row does not hide the others. */
export type Success = Pick<DagRun, "dagId" | "runId" | "logicalDate"> & { readonly successOrder: number };

/** Successes of these Dags in that lake after that position in the order. */
export function listSuccesses(
  query: Query,
  lakeId: string,
  dagIds: readonly string[],
  after: number,
  limit: number,
): readonly Success[] {
  // The plus keeps SQLite from reading the whole history of these Dags by another index.
  return query
    .all<Row>(
      sql`SELECT dag_id, run_id, logical_date, success_order FROM dag_runs
          WHERE success_order > ${after} AND ${IS_PLACE}
            AND +dag_id IN (SELECT value FROM json_each(${JSON.stringify(dagIds)}))
            AND lake = ${lakeId}
          ORDER BY success_order LIMIT ${limit}`,
    )
    .map((row) => mapRow<Success>(row));
}

/** The Dag's newest successful whole run with a logical date in the range. */
export function findSuccessInRange(
  query: Query,
  lakeId: string,
  dagId: string,
  range: InstantRange,
): DagRun | undefined {
  return findNewest(query, lakeId, dagId, range, sql`success_order IS NOT NULL`);
}

/** The newest run of that Dag and type in the range, in any state. */
export function findRunInRange(
  query: Query,
  lakeId: string,
  dagId: string,
  runType: RunType,
  range: InstantRange,
): DagRun | undefined {
  return findNewest(query, lakeId, dagId, range, sql`run_type = ${runType}`);
}

function findNewest(
  query: Query,
  lakeId: string,
  dagId: string,
  { from, until }: InstantRange,
  condition: Sql,
): DagRun | undefined {
  const row = query.get<Row>(
    sql`SELECT ${RUN_COLUMNS} FROM dag_runs WHERE dag_id = ${dagId} AND logical_date >= ${from.toISOString()}
          AND logical_date < ${until.toISOString()} AND lake = ${lakeId} AND ${condition}
        ORDER BY logical_date DESC LIMIT 1`,
  );
  return row === undefined ? undefined : mapRun(row);
}
