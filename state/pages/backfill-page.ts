/** Backfills as lists show them, with the numbers of their runs. */
import type { Query } from "../sqlite/query.ts";
import { flag, mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";
import type { Backfill } from "../runs/backfills.ts";
import { countRows, whereAll, type Page, type PageRequest } from "./page.ts";

export interface BackfillEntry extends Backfill {
  readonly runCount: number;
  /** Queued or running. */
  readonly openCount: number;
  readonly failedCount: number;
}

const COLUMNS = sql`b.backfill_id, b.lake, b.dag_id, b.state, b.from_date, b.to_date, b.reprocess, b.is_refetch,
  b.max_active, b.created_at, b.finished_at,
  (SELECT count(*) FROM dag_runs r WHERE r.backfill_id = b.backfill_id) AS run_count,
  (SELECT count(*) FROM dag_runs r WHERE r.backfill_id = b.backfill_id AND r.state IN ('queued', 'running'))
    AS open_count,
  (SELECT count(*) FROM dag_runs r WHERE r.backfill_id = b.backfill_id AND r.state = 'failed') AS failed_count`;

/** Newest first. */
export function listBackfillPage(
  query: Query,
  { dagId, isActive }: { readonly dagId: string | undefined; readonly isActive: boolean | undefined },
  page: PageRequest,
): Page<BackfillEntry> {
  const where = whereAll([
    dagId === undefined ? undefined : sql`b.dag_id = ${dagId}`,
    isActive === undefined ? undefined : sql`(b.state = 'running') = ${isActive}`,
  ]);
  const rows = query.all<Row>(
    sql`SELECT ${COLUMNS} FROM backfills b WHERE ${where} ORDER BY b.backfill_id DESC
        LIMIT ${page.limit} OFFSET ${page.offset}`,
  );
  return {
    rows: rows.map(mapEntry),
    ...countRows(query, sql`SELECT 1 FROM backfills b WHERE ${where}`, page),
  };
}

export function findBackfillEntry(query: Query, backfillId: number): BackfillEntry | undefined {
  const row = query.get<Row>(sql`SELECT ${COLUMNS} FROM backfills b WHERE b.backfill_id = ${backfillId}`);
  return row === undefined ? undefined : mapEntry(row);
}

function mapEntry(row: Row): BackfillEntry {
  return mapRow<BackfillEntry>(row, { isRefetch: flag });
}
