/** Which runs are running and which are queued. The planner decides which may start. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { RUN_COLUMNS, mapRun } from "./dag-runs.ts";
import type { Query } from "../sqlite/query.ts";
import type { Row } from "../sqlite/row.ts";
import { sql, type Sql } from "../sqlite/statement.ts";

/** Repeats the index's own condition: otherwise SQLite does not use a partial index. */
const UNDER_WAY = sql`state IN ('queued', 'running') AND state = 'running'`;

/** A lake's runs: those of one backfill, or all (`null`). */
export interface QueueScope {
  readonly lakeId: string;
  readonly backfillId: number | null;
}

const isIn = ({ lakeId, backfillId }: QueueScope): Sql =>
  sql`lake = ${lakeId} AND (${backfillId} IS NULL OR backfill_id = ${backfillId})`;

/** Ids of running runs, in the order in which they are served. */
export function listRunningRuns(query: Query, scope: QueueScope): readonly number[] {
  return query
    .all<{ dag_run_id: number }>(
      sql`SELECT dag_run_id FROM dag_runs WHERE ${UNDER_WAY} AND ${isIn(scope)}
          ORDER BY backfill_id IS NOT NULL, logical_date, dag_run_id`,
    )
    .map((row) => row.dag_run_id);
}

/**
 * Jumps from one Dag to the next along the index: DISTINCT would read every queued run at each step, and a backfill
 * has thousands.
 */
const listWaiting = (lakeId: string): Sql => sql`WITH RECURSIVE waiting (dag_id) AS (
    SELECT min(dag_id) FROM dag_runs WHERE state = 'queued' AND lake = ${lakeId}
    UNION ALL
    SELECT (SELECT min(r.dag_id) FROM dag_runs r WHERE r.state = 'queued' AND r.lake = ${lakeId}
      AND r.dag_id > waiting.dag_id)
      FROM waiting WHERE waiting.dag_id IS NOT NULL)
  SELECT dag_id FROM waiting WHERE dag_id IS NOT NULL`;

/** Dags with queued runs in that lake. */
export function listWaitingDags(query: Query, lakeId: string): readonly string[] {
  return query.all<{ dag_id: string }>(listWaiting(lakeId)).map((row) => row.dag_id);
}

/** The Dag's queued runs: scheduled and manual ones before those of a backfill, oldest first. */
export function listQueuedRuns(
  query: Query,
  dagId: string,
  scope: QueueScope,
  limit: number,
): readonly DagRun[] {
  return query
    .all<Row>(
      sql`SELECT ${RUN_COLUMNS} FROM dag_runs WHERE dag_id = ${dagId} AND state = 'queued' AND ${isIn(scope)}
          ORDER BY backfill_id IS NOT NULL, logical_date LIMIT ${limit}`,
    )
    .map(mapRun);
}

/** The oldest queued run of the Dag's backfills. Compared as in the index: otherwise SQLite reads the Dag's history. */
export function findQueuedBackfillRun(query: Query, dagId: string, scope: QueueScope): DagRun | undefined {
  const row = query.get<Row>(
    sql`SELECT ${RUN_COLUMNS} FROM dag_runs WHERE dag_id = ${dagId} AND state = 'queued' AND ${isIn(scope)}
          AND (backfill_id IS NOT NULL) = 1
        ORDER BY logical_date LIMIT 1`,
  );
  return row === undefined ? undefined : mapRun(row);
}

/** How many runs are running, by Dag. */
export function countRunningRuns(query: Query, scope: QueueScope): ReadonlyMap<string, number> {
  const rows = query.all<{ dag_id: string; count: number }>(
    sql`SELECT dag_id, count(*) AS count FROM dag_runs WHERE ${UNDER_WAY} AND ${isIn(scope)} GROUP BY dag_id`,
  );
  return new Map(rows.map((row) => [row.dag_id, row.count]));
}
