/** The days of a Dag's runs, each with how many ended how. */
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";

export interface RunDay {
  /** In the Dag's zone: `2026-11-23`. */
  readonly day: string;
  readonly success: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly open: number;
}

/** Days with at least one run. `from`, `to`: ISO UTC, both included. */
export function listRunDays(
  query: Query,
  dagId: string,
  { from, to }: { readonly from: string; readonly to: string },
): readonly RunDay[] {
  return query
    .all<Row>(
      sql`SELECT substr(logical_date_local, 1, 10) AS day,
          count(*) FILTER (WHERE state = 'success') AS success, count(*) FILTER (WHERE state = 'failed') AS failed,
          count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
          count(*) FILTER (WHERE state IN ('queued', 'running')) AS open
        FROM dag_runs WHERE dag_id = ${dagId} AND logical_date >= ${from} AND logical_date <= ${to}
        GROUP BY 1 ORDER BY 1`,
    )
    .map((row) => mapRow<RunDay>(row));
}

/** Slots that became no run: an event each range. */
export interface SkippedSlots {
  /** ISO UTC. */
  readonly at: string;
  readonly first: string;
  readonly last: string;
  readonly count: number;
  readonly reason: string;
}

/** Of a Dag, the newest first: those that have a slot from `from` to `to`, ISO UTC, both included. */
export function listSkippedSlots(
  query: Query,
  dagId: string,
  { from, to, limit }: { readonly from: string; readonly to: string; readonly limit: number },
): readonly SkippedSlots[] {
  return query
    .all<Row>(
      sql`SELECT at, data ->> 'first' AS first, data ->> 'last' AS last, data ->> 'count' AS count,
          coalesce(data ->> 'reason', '') AS reason
        FROM events WHERE dag_id = ${dagId} AND kind = 'slots_skipped' AND data ->> 'last' >= ${from}
          AND data ->> 'first' <= ${to}
        ORDER BY event_id DESC LIMIT ${limit}`,
    )
    .map((row) => mapRow<SkippedSlots>(row));
}
