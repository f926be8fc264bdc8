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
  // SQLite takes a partial index only where its own condition is repeated word for word.
  return query
    .all<Row>(
      sql`SELECT p.pool, p.slots, count(t.pool) FILTER (WHERE t.state = 'running') AS running,
          count(t.pool) FILTER (WHERE t.state = 'queued') AS queued,
          count(t.pool) FILTER (WHERE t.state = 'scheduled') AS scheduled
        FROM pools p LEFT JOIN (SELECT pool, state FROM task_instances
          WHERE state IN ('scheduled', 'queued', 'running')) t USING (pool)
        GROUP BY p.pool ORDER BY p.pool`,
    )
    .map((row) => mapRow<PoolEntry>(row));
}
