/**
 * Runs with unreadable rows or an invalid definition, so nothing is parsed here: plain columns only. The scheduler
 * decides which runs these are.
 */
import { formatLocal, isTimezone } from "../../model/time/local-time.ts";
import type { Query } from "../sqlite/query.ts";
import { sql } from "../sqlite/statement.ts";

export interface BrokenRun {
  readonly dag_id: string;
  readonly run_id: string;
  readonly timezone: string;
}

export function findBrokenRun(query: Query, dagRunId: number): BrokenRun | undefined {
  return query.get<BrokenRun>(
    sql`SELECT dag_id, run_id, timezone FROM dag_runs WHERE dag_run_id = ${dagRunId}`,
  );
}

/** Ids of the Dag's queued runs in that lake, in the order in which they are to start. */
export function listQueuedRunIds(
  query: Query,
  lakeId: string,
  dagId: string,
  limit: number,
): readonly number[] {
  return query
    .all<{ dag_run_id: number }>(
      sql`SELECT dag_run_id FROM dag_runs WHERE dag_id = ${dagId} AND lake = ${lakeId} AND state = 'queued'
          ORDER BY backfill_id IS NOT NULL, logical_date LIMIT ${limit}`,
    )
    .map((row) => row.dag_run_id);
}

/** Tasks of the run that the database has as running. */
export function listRunningTaskIds(query: Query, dagRunId: number): readonly number[] {
  return query
    .all<{ task_instance_id: number }>(
      sql`SELECT task_instance_id FROM task_instances WHERE dag_run_id = ${dagRunId} AND state = 'running'`,
    )
    .map((row) => row.task_instance_id);
}

/** The run, its open tasks and their attempts fail with the reason. */
export function failBrokenRun(
  query: Query,
  dagRunId: number,
  { timezone }: BrokenRun,
  reason: string,
  now: Date,
): void {
  const at = now.toISOString();
  // The zone may be what is damaged.
  const local = formatLocal(now, isTimezone(timezone) ? timezone : "UTC");
  query.run(
    sql`UPDATE attempts SET state = 'failed', error_code = 'RUN_UNUSABLE', error = ${reason}, finished_at = ${at},
        finished_at_local = ${local} WHERE state = 'running' AND task_instance_id IN
          (SELECT task_instance_id FROM task_instances WHERE dag_run_id = ${dagRunId})`,
  );
  query.run(
    sql`UPDATE task_instances SET state = 'failed', message = ${reason}, next_attempt_at = NULL, finished_at = ${at},
        finished_at_local = ${local} WHERE dag_run_id = ${dagRunId}
          AND state NOT IN ('success', 'failed', 'upstream_failed', 'skipped', 'cancelled')`,
  );
  query.run(
    sql`UPDATE dag_runs SET state = 'failed', finished_at = ${at}, finished_at_local = ${local}
        WHERE dag_run_id = ${dagRunId} AND state NOT IN ('success', 'failed', 'cancelled')`,
  );
}
