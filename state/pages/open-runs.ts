/** The queued and running runs of a lake, as the first page shows and counts them. */
import type { DagRunState } from "../../model/run/dag-run.ts";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";
import { countUpTo, MOST_COUNTED, type RowCount } from "./page.ts";
import { RUNNING_SINCE } from "./running-since.ts";

/** Instants are ISO UTC. */
export interface OpenRun {
  readonly dagRunId: number;
  readonly dagId: string;
  readonly runId: string;
  readonly state: DagRunState;
  readonly timezone: string;
  readonly logicalDate: string;
  readonly createdAt: string;
  /** Its first start; a run that was cleared and is queued again has one too. */
  readonly startedAt: string | null;
  /** `null` while it is queued. */
  readonly runningSince: string | null;
  readonly backfillId: number | null;
  readonly tasks: number;
  readonly ended: number;
}

/** Running ones first, each in the order of their dates. */
export function listOpenRuns(query: Query, lakeId: string, limit: number): readonly OpenRun[] {
  return query
    .all<Row>(
      sql`SELECT r.dag_run_id, r.dag_id, r.run_id, r.state, r.timezone, r.logical_date, r.created_at, r.started_at,
          r.running_since, r.backfill_id, count(t.task_id) AS tasks,
          count(t.task_id) FILTER (WHERE t.state IN ('success', 'failed', 'upstream_failed', 'skipped', 'cancelled'))
            AS ended
        FROM (SELECT dag_run_id, dag_id, run_id, state, timezone, logical_date, created_at, started_at,
            ${RUNNING_SINCE}, backfill_id
          FROM dag_runs WHERE state IN ('queued', 'running') AND lake = ${lakeId}
          ORDER BY state = 'queued', logical_date LIMIT ${limit}) r
        LEFT JOIN task_instances t ON t.dag_run_id = r.dag_run_id
        GROUP BY r.dag_run_id ORDER BY r.state = 'queued', r.logical_date`,
    )
    .map((row) => mapRow<OpenRun>(row));
}

export type OpenCounts = Readonly<Record<"running" | "queued", RowCount>>;

export function countOpenByState(query: Query, lakeId: string): OpenCounts {
  const count = (state: string): RowCount =>
    countUpTo(
      query,
      sql`SELECT 1 FROM dag_runs WHERE state IN ('queued', 'running') AND state = ${state} AND lake = ${lakeId}`,
      MOST_COUNTED,
    );
  return { running: count("running"), queued: count("queued") };
}

/** A run of the schedule that has not started yet. Instants are ISO UTC. */
export type QueuedRun = Pick<
  OpenRun,
  "dagRunId" | "dagId" | "runId" | "timezone" | "logicalDate" | "createdAt"
>;

/** Of active Dags that are not paused, oldest first. Runs of backfills, and runs that started before, are left out. */
export function listQueuedOfSchedule(query: Query, lakeId: string, limit: number): readonly QueuedRun[] {
  return query
    .all<Row>(
      sql`SELECT r.dag_run_id, r.dag_id, r.run_id, r.timezone, r.logical_date, r.created_at
        FROM dag_runs r JOIN dags d USING (dag_id)
        WHERE r.state = 'queued' AND r.lake = ${lakeId} AND r.run_type = 'scheduled'
          AND (r.backfill_id IS NOT NULL) = 0 AND r.started_at IS NULL AND d.is_active AND NOT d.is_paused
        ORDER BY r.logical_date LIMIT ${limit}`,
    )
    .map((row) => mapRow<QueuedRun>(row));
}
