/** The pages of reports that stand in the lake: derived objects of this database whose keys end in `.html`. */
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";

export interface ReportEntry {
  readonly key: string;
  readonly dataset: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** ISO UTC. */
  readonly committedAt: string | null;
}

const STANDING = sql`SELECT o.key, o.dataset, o.sha256, o.size_bytes, o.committed_at
  FROM table_contents c JOIN objects o USING (lake, key)
  WHERE c.state = 'standing' AND o.is_committed = 1 AND o.sha256 = c.sha256 AND o.key LIKE '%.html'`;

/** By key. */
export function listReports(query: Query, lakeId: string, limit: number): readonly ReportEntry[] {
  return query
    .all<Row>(sql`${STANDING} AND c.lake = ${lakeId} ORDER BY o.key LIMIT ${limit}`)
    .map((row) => mapRow<ReportEntry>(row));
}

/** Any other object of the lake is no report, whatever its key. */
export function findReport(query: Query, lakeId: string, key: string): ReportEntry | undefined {
  const row = query.get<Row>(sql`${STANDING} AND c.lake = ${lakeId} AND c.key = ${key}`);
  return row === undefined ? undefined : mapRow<ReportEntry>(row);
}
