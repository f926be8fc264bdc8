/** What the first page asks: which Dags failed last, what ran around now, the sums of ids, what was stored. */
import type { JudgedSum, Reconciliation } from "../../model/records/reconciliation.ts";
import type { DagRunState } from "../../model/run/dag-run.ts";
import { reconcile } from "../records/asks.ts";
import type { Query } from "../sqlite/query.ts";
import { flag, mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";
import { RUNNING_SINCE } from "./running-since.ts";

/** A Dag's newest failure in a lake. Instants are ISO UTC. */
export interface FailedRun {
  readonly dagRunId: number;
  readonly dagId: string;
  readonly runId: string;
  readonly timezone: string;
  readonly logicalDate: string;
  readonly finishedAt: string;
  /** Of the failed task that ended first. */
  readonly taskId: string | null;
  readonly attempt: number | null;
  readonly errorCode: string | null;
  readonly error: string | null;
  /** Of the Dag's runs that ended since then and are failed, this one included; 0 if this one ended earlier. */
  readonly failedCount: number;
}

/**
 * Of active Dags, the newest failure first: every one since that instant, because a later date's success does not mend it,
 * and an earlier one if no success followed.
 */
export function listFailedRuns(
  query: Query,
  lakeId: string,
  { since, limit }: { readonly since: Date; readonly limit: number },
): readonly FailedRun[] {
  return query
    .all<Row>(
      sql`WITH newest AS (
          SELECT
            (SELECT dag_run_id FROM dag_runs r WHERE r.dag_id = d.dag_id AND r.state = 'failed'
              AND r.finished_at IS NOT NULL AND r.lake = ${lakeId} ORDER BY r.finished_at DESC LIMIT 1) AS failed_id,
            (SELECT finished_at FROM dag_runs r WHERE r.dag_id = d.dag_id AND r.state = 'success'
              AND r.finished_at IS NOT NULL AND r.lake = ${lakeId} ORDER BY r.finished_at DESC LIMIT 1) AS good_at
          FROM dags d WHERE d.is_active
        ), failed AS (
          SELECT r.* FROM newest n JOIN dag_runs r ON r.dag_run_id = n.failed_id
          WHERE n.good_at IS NULL OR r.finished_at > n.good_at OR r.finished_at >= ${since.toISOString()}
        )
        SELECT f.dag_run_id, f.dag_id, f.run_id, f.timezone, f.logical_date, f.finished_at, t.task_id,
          t.attempt_count AS attempt, a.error_code, coalesce(a.error, t.message) AS error,
          (SELECT count(*) FROM dag_runs r WHERE r.dag_id = f.dag_id AND r.state = 'failed' AND r.lake = ${lakeId}
            AND r.finished_at >= ${since.toISOString()}) AS failed_count
        FROM failed f
        LEFT JOIN task_instances t ON t.task_instance_id = (
          SELECT task_instance_id FROM task_instances x WHERE x.dag_run_id = f.dag_run_id AND x.state = 'failed'
          ORDER BY x.finished_at LIMIT 1)
        LEFT JOIN attempts a ON a.task_instance_id = t.task_instance_id AND a.number = t.attempt_count
        ORDER BY f.finished_at DESC LIMIT ${limit}`,
    )
    .map((row) => mapRow<FailedRun>(row));
}

/** Of that lake. */
export function countOpenRuns(query: Query, lakeId: string): number {
  return query.one<{ count: number }>(
    sql`SELECT count(*) AS count FROM dag_runs WHERE state IN ('queued', 'running') AND lake = ${lakeId}`,
  ).count;
}

const USUAL_RUNS = 20;

/** The median of how long a Dag's newest successes were running, in seconds; `null` if it had none. */
export function measureUsual(query: Query, lakeId: string, dagId: string): number | null {
  const durations = query
    .all<{ seconds: number }>(
      sql`SELECT (julianday(finished_at) - julianday(coalesce(running_since, started_at))) * 86400 AS seconds
          FROM dag_runs
          WHERE dag_id = ${dagId} AND state = 'success' AND finished_at IS NOT NULL AND started_at IS NOT NULL
            AND lake = ${lakeId}
          ORDER BY finished_at DESC LIMIT ${USUAL_RUNS}`,
    )
    .map(({ seconds }) => seconds)
    .toSorted((a, b) => a - b);
  return durations[Math.floor(durations.length / 2)] ?? null;
}

/** A run as a drawing over time has it. */
export interface TimedRun {
  readonly dagId: string;
  readonly runId: string;
  readonly state: DagRunState;
  readonly logicalDate: string;
  readonly runningSince: string | null;
  readonly finishedAt: string | null;
}

/**
 * Runs whose date lies in the range, and those that are running now whatever their date, newest date first. `from`, `to`:
 * ISO UTC.
 */
export function listTimedRuns(
  query: Query,
  lakeId: string,
  { from, to, limit }: { readonly from: string; readonly to: string; readonly limit: number },
): readonly TimedRun[] {
  const columns = sql`dag_run_id, dag_id, run_id, state, logical_date, ${RUNNING_SINCE}, finished_at`;
  return query
    .all<Row>(
      sql`SELECT * FROM (SELECT ${columns} FROM dag_runs
            WHERE logical_date >= ${from} AND logical_date <= ${to} AND lake = ${lakeId}
            ORDER BY logical_date DESC LIMIT ${limit})
          UNION
          SELECT * FROM (SELECT ${columns} FROM dag_runs
            WHERE state IN ('queued', 'running') AND state = 'running' AND lake = ${lakeId} LIMIT ${limit})
          ORDER BY logical_date DESC, dag_run_id DESC`,
    )
    .map((row) => mapRow<TimedRun>(row));
}

/** The sum of the newest ask of a question: each id is in one place. */
export interface DatasetSum extends JudgedSum {
  readonly dataset: string;
  readonly dagId: string;
  readonly runId: string;
  readonly timezone: string;
  readonly logicalDate: string;
}

/** By dataset. An ask without a final sum is counted now. */
export function listDatasetSums(query: Query, lakeId: string): readonly DatasetSum[] {
  return query
    .all<Row>(
      sql`SELECT a.ask_id, q.dataset, r.dag_id, r.run_id, r.timezone, r.logical_date, a.reconciliation,
          r.state IN ('queued', 'running') AS is_open, a.limit_ids IS NOT NULL AS has_limit,
          a.closed_at IS NOT NULL AS is_closed
        FROM (SELECT max(ask_id) AS ask_id FROM asks GROUP BY question_id) newest
        JOIN asks a USING (ask_id) JOIN questions q USING (question_id) JOIN dag_runs r USING (dag_run_id)
        WHERE q.lake = ${lakeId} ORDER BY q.dataset, a.ask_id`,
    )
    .map((row) => {
      const { askId, isClosed, reconciliation, ...rest } = mapRow<
        Omit<DatasetSum, "sum"> & {
          readonly askId: number;
          readonly isClosed: boolean;
          readonly reconciliation: string | null;
        }
      >(row, { isOpen: flag, hasLimit: flag, isClosed: flag });
      const sum =
        isClosed && reconciliation !== null
          ? (JSON.parse(reconciliation) as Reconciliation)
          : reconcile(query, askId);
      return { ...rest, sum };
    });
}

const MOST_OBJECTS = 5_000;

export interface StoredSince {
  readonly objects: number;
  readonly records: number;
  readonly bytes: number;
  /** There may be more: only the newest `MOST_OBJECTS` objects of the database were looked at. */
  readonly isPartial: boolean;
}

/** Objects that this database's runs committed since then, ISO UTC. */
export function measureStored(query: Query, lakeId: string, since: string): StoredSince {
  const row = query.one<Row>(
    sql`WITH newest AS (SELECT * FROM objects ORDER BY object_id DESC LIMIT ${MOST_OBJECTS})
        SELECT count(*) FILTER (WHERE kind <> 'manifest') AS objects,
          coalesce(sum(record_count) FILTER (WHERE kind = 'records'), 0) AS records,
          coalesce(sum(size_bytes), 0) AS bytes,
          (SELECT count(*) = ${MOST_OBJECTS} AND min(created_at) >= ${since} FROM newest)
            AND EXISTS (SELECT 1 FROM objects o WHERE o.object_id < (SELECT min(object_id) FROM newest)) AS is_partial
        FROM newest WHERE lake = ${lakeId} AND committed_at >= ${since} AND is_adopted = 0 AND dag_run_id IS NOT NULL`,
  );
  return mapRow<StoredSince>(row, { isPartial: flag });
}
