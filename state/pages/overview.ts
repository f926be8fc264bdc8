/** What the first page asks: which Dags failed last, which runs are open, which sums of ids hold, what was stored. */
import type { Reconciliation } from "../../model/records/reconciliation.ts";
import type { DagRunState } from "../../model/run/dag-run.ts";
import { reconcile } from "../records/asks.ts";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";

/** The newest end of a Dag's runs that is not followed by a success. Instants are ISO UTC. */
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
}

/** Of active Dags, the newest failure first. */
export function listFailedRuns(query: Query, lakeId: string, limit: number): readonly FailedRun[] {
  return query
    .all<Row>(
      sql`WITH newest AS (
          SELECT d.dag_id,
            (SELECT max(finished_at) FROM dag_runs r WHERE r.dag_id = d.dag_id AND r.state = 'failed') AS failed_at,
            (SELECT max(finished_at) FROM dag_runs r WHERE r.dag_id = d.dag_id AND r.state = 'success') AS good_at
          FROM dags d WHERE d.is_active
        ), failed AS (
          SELECT r.* FROM newest n JOIN dag_runs r
            ON r.dag_id = n.dag_id AND r.state = 'failed' AND r.finished_at = n.failed_at
          WHERE (n.good_at IS NULL OR n.failed_at > n.good_at) AND r.lake = ${lakeId}
        )
        SELECT f.dag_run_id, f.dag_id, f.run_id, f.timezone, f.logical_date, f.finished_at, t.task_id,
          t.attempt_count AS attempt, a.error_code, coalesce(a.error, t.message) AS error
        FROM failed f
        LEFT JOIN task_instances t ON t.task_instance_id = (
          SELECT task_instance_id FROM task_instances x WHERE x.dag_run_id = f.dag_run_id AND x.state = 'failed'
          ORDER BY x.finished_at LIMIT 1)
        LEFT JOIN attempts a ON a.task_instance_id = t.task_instance_id AND a.number = t.attempt_count
        ORDER BY f.finished_at DESC LIMIT ${limit}`,
    )
    .map((row) => mapRow<FailedRun>(row));
}

export interface OpenRun {
  readonly dagRunId: number;
  readonly dagId: string;
  readonly runId: string;
  readonly state: DagRunState;
  readonly timezone: string;
  readonly logicalDate: string;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly tasks: number;
  readonly ended: number;
}

/** Running ones first, each in the order of their dates. */
export function listOpenRuns(query: Query, lakeId: string, limit: number): readonly OpenRun[] {
  return query
    .all<Row>(
      sql`SELECT r.dag_run_id, r.dag_id, r.run_id, r.state, r.timezone, r.logical_date, r.created_at, r.started_at,
          count(t.task_id) AS tasks,
          count(t.task_id) FILTER (WHERE t.state IN ('success', 'failed', 'upstream_failed', 'skipped', 'cancelled'))
            AS ended
        FROM (SELECT * FROM dag_runs WHERE state IN ('queued', 'running') AND lake = ${lakeId}
          ORDER BY state = 'queued', logical_date LIMIT ${limit}) r
        LEFT JOIN task_instances t ON t.dag_run_id = r.dag_run_id
        GROUP BY r.dag_run_id ORDER BY r.state = 'queued', r.logical_date`,
    )
    .map((row) => mapRow<OpenRun>(row));
}

export function countOpenRuns(query: Query): number {
  return query.one<{ count: number }>(
    sql`SELECT count(*) AS count FROM dag_runs WHERE state IN ('queued', 'running')`,
  ).count;
}

const USUAL_RUNS = 20;

/** The median of how long a Dag's newest successes took, in seconds; `null` if it had none. */
export function measureUsual(query: Query, dagId: string): number | null {
  const durations = query
    .all<{ seconds: number }>(
      sql`SELECT (julianday(finished_at) - julianday(started_at)) * 86400 AS seconds FROM dag_runs
          WHERE dag_id = ${dagId} AND state = 'success' AND finished_at IS NOT NULL AND started_at IS NOT NULL
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
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** Runs whose date lies in the range, newest first. `from`, `to`: ISO UTC. */
export function listTimedRuns(
  query: Query,
  lakeId: string,
  { from, to, limit }: { readonly from: string; readonly to: string; readonly limit: number },
): readonly TimedRun[] {
  return query
    .all<Row>(
      sql`SELECT dag_id, run_id, state, logical_date, started_at, finished_at FROM dag_runs
          WHERE logical_date >= ${from} AND logical_date <= ${to} AND lake = ${lakeId}
          ORDER BY logical_date DESC LIMIT ${limit}`,
    )
    .map((row) => mapRow<TimedRun>(row));
}

/** The sum of the newest ask of a question: each id is in one place. */
export interface DatasetSum {
  readonly dataset: string;
  readonly dagId: string;
  readonly runId: string;
  readonly timezone: string;
  readonly logicalDate: string;
  readonly sum: Reconciliation;
  readonly isOpen: boolean;
  /** A limit of the task lets ids remain. */
  readonly hasLimit: boolean;
}

/** By dataset. An open ask is counted now. */
export function listDatasetSums(query: Query, lakeId: string): readonly DatasetSum[] {
  return query
    .all<Row>(
      sql`SELECT a.ask_id, q.dataset, r.dag_id, r.run_id, r.timezone, r.logical_date, a.closed_at, a.reconciliation,
          a.limit_ids FROM (SELECT max(ask_id) AS ask_id FROM asks GROUP BY question_id) newest
        JOIN asks a USING (ask_id) JOIN questions q USING (question_id) JOIN dag_runs r USING (dag_run_id)
        WHERE q.lake = ${lakeId} ORDER BY q.dataset, a.ask_id`,
    )
    .map((row) => {
      const { askId, closedAt, reconciliation, limitIds, ...rest } = mapRow<
        Omit<DatasetSum, "sum" | "isOpen" | "hasLimit"> & {
          readonly askId: number;
          readonly closedAt: string | null;
          readonly reconciliation: string | null;
          readonly limitIds: number | null;
        }
      >(row);
      const sum =
        closedAt === null || reconciliation === null
          ? reconcile(query, askId)
          : (JSON.parse(reconciliation) as Reconciliation);
      return { ...rest, sum, isOpen: closedAt === null, hasLimit: limitIds !== null };
    });
}

const MOST_OBJECTS = 5_000;

export interface StoredSince {
  readonly objects: number;
  readonly records: number;
  readonly bytes: number;
  /** There may be more: only the newest objects were looked at. */
  readonly isPartial: boolean;
}

/** Objects that this database's runs committed since then, ISO UTC. */
export function measureStored(query: Query, lakeId: string, since: string): StoredSince {
  const row = query.one<Row>(
    sql`SELECT count(*) FILTER (WHERE kind <> 'manifest') AS objects,
          coalesce(sum(record_count) FILTER (WHERE kind = 'records'), 0) AS records,
          coalesce(sum(size_bytes), 0) AS bytes
        FROM (SELECT * FROM objects ORDER BY object_id DESC LIMIT ${MOST_OBJECTS})
        WHERE lake = ${lakeId} AND committed_at >= ${since} AND is_adopted = 0 AND dag_run_id IS NOT NULL`,
  );
  const measured = mapRow<Omit<StoredSince, "isPartial">>(row);
  return { ...measured, isPartial: measured.objects >= MOST_OBJECTS };
}
