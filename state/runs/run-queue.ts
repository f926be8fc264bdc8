/** Which runs are under way and which wait for their turn. Who may start is decided by the planner. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { mapRun } from "./dag-runs.ts";
import type { Query } from "../sqlite/database.ts";
import type { Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";

/** Said twice: SQLite takes an index that leaves rows out only where it finds the index's own condition again. */
const UNDER_WAY = "state IN ('queued', 'running') AND state = 'running'";

/** Whose runs: a lake's, and of them those of one backfill or (`null`) all. */
export interface QueueScope {
  readonly lakeId: string;
  readonly backfillId: number | null;
}

const IN_SCOPE = "lake = ? AND (? IS NULL OR backfill_id = ?)";

/** Ids of the runs that have begun and not ended, in the order in which they are served. */
export function listRunningRuns(query: Query, { lakeId, backfillId }: QueueScope): readonly number[] {
  return query
    .all<{ dag_run_id: number }>(
      sql(
        `SELECT dag_run_id FROM dag_runs WHERE ${UNDER_WAY} AND ${IN_SCOPE}
          ORDER BY backfill_id IS NOT NULL, logical_date, dag_run_id`,
        lakeId,
        backfillId,
        backfillId,
      ),
    )
    .map((row) => row.dag_run_id);
}

/** From one Dag to the next along the index: DISTINCT reads every queued run, and a backfill has thousands, at each step. */
const WAITING_DAGS = `WITH RECURSIVE waiting (dag_id) AS (
    SELECT min(dag_id) FROM dag_runs WHERE state = 'queued' AND lake = ?
    UNION ALL
    SELECT (SELECT min(r.dag_id) FROM dag_runs r WHERE r.state = 'queued' AND r.lake = ? AND r.dag_id > waiting.dag_id)
      FROM waiting WHERE waiting.dag_id IS NOT NULL)
  SELECT dag_id FROM waiting WHERE dag_id IS NOT NULL`;

/** Dags with queued runs in that lake. */
export function listWaitingDags(query: Query, lakeId: string): readonly string[] {
  return query.all<{ dag_id: string }>(sql(WAITING_DAGS, lakeId, lakeId)).map((row) => row.dag_id);
}

/** The Dag's queued runs: scheduled and manual ones before those of a backfill, oldest first. */
export function listQueuedRuns(
  query: Query,
  dagId: string,
  { lakeId, backfillId }: QueueScope,
  limit: number,
): readonly DagRun[] {
  return query
    .all<Row>(
      sql(
        `SELECT * FROM dag_runs WHERE dag_id = ? AND state = 'queued' AND ${IN_SCOPE}
          ORDER BY backfill_id IS NOT NULL, logical_date LIMIT ?`,
        dagId,
        lakeId,
        backfillId,
        backfillId,
        limit,
      ),
    )
    .map(mapRun);
}

/** The oldest queued run of the Dag's backfills. */
export function findQueuedBackfillRun(
  query: Query,
  dagId: string,
  { lakeId, backfillId }: QueueScope,
): DagRun | undefined {
  const row = query.get<Row>(
    sql(
      `SELECT * FROM dag_runs WHERE dag_id = ? AND state = 'queued' AND ${IN_SCOPE} AND backfill_id IS NOT NULL
        ORDER BY logical_date LIMIT 1`,
      dagId,
      lakeId,
      backfillId,
      backfillId,
    ),
  );
  return row === undefined ? undefined : mapRun(row);
}

/** How many runs have begun and not ended, by Dag. */
export function countRunningRuns(
  query: Query,
  { lakeId, backfillId }: QueueScope,
): ReadonlyMap<string, number> {
  const rows = query.all<{ dag_id: string; count: number }>(
    sql(
      `SELECT dag_id, count(*) AS count FROM dag_runs WHERE ${UNDER_WAY} AND ${IN_SCOPE} GROUP BY dag_id`,
      lakeId,
      backfillId,
      backfillId,
    ),
  );
  return new Map(rows.map((row) => [row.dag_id, row.count]));
}
