/** Pools with their slots, and how many of them tasks hold or wait for. */
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";

export interface PoolEntry {
  readonly pool: string;
  readonly slots: number;
  readonly running: number;
  readonly queued: number;
  readonly scheduled: number;
}

/** By name. */
export function listPoolEntries(query: Query): readonly PoolEntry[] {
  // Read before the join, by the partial index of active tasks: joined at once, SQLite would read the tasks of all runs.
  return query
    .all<Row>(
      sql`WITH active AS MATERIALIZED (
          SELECT pool, state FROM task_instances WHERE state IN ('scheduled', 'queued', 'running')
        )
        SELECT p.pool, p.slots, count(t.pool) FILTER (WHERE t.state = 'running') AS running,
          count(t.pool) FILTER (WHERE t.state = 'queued') AS queued,
          count(t.pool) FILTER (WHERE t.state = 'scheduled') AS scheduled
        FROM pools p LEFT JOIN active t USING (pool) GROUP BY p.pool ORDER BY p.pool`,
    )
    .map((row) => mapRow<PoolEntry>(row));
}

/** A task that holds a slot or waits for one. */
export interface PoolTask {
  readonly pool: string;
  readonly dagId: string;
  readonly runId: string;
  readonly timezone: string;
  /** ISO UTC. */
  readonly logicalDate: string;
  readonly taskId: string;
  readonly state: string;
  /** ISO UTC. */
  readonly startedAt: string | null;
}

/** By pool; holders first. */
export function listPoolTasks(query: Query, limit: number): readonly PoolTask[] {
  return query
    .all<Row>(
      sql`SELECT t.pool, r.dag_id, r.run_id, r.timezone, r.logical_date, t.task_id, t.state, t.started_at
        FROM task_instances t JOIN dag_runs r USING (dag_run_id)
        WHERE t.state IN ('scheduled', 'queued', 'running')
        ORDER BY t.pool, t.state = 'scheduled', t.task_instance_id LIMIT ${limit}`,
    )
    .map((row) => mapRow<PoolTask>(row));
}
