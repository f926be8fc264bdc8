/** The objects of one run, as its page shows them. */
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";

export interface RunObject {
  readonly key: string;
  readonly dataset: string | null;
  /** As `v_objects` has it. */
  readonly state: string;
  readonly kind: string;
  readonly records: number | null;
  readonly sizeBytes: number;
}

/** By key. */
export function listRunObjects(
  query: Query,
  { dagId, runId }: { readonly dagId: string; readonly runId: string },
  limit: number,
): readonly RunObject[] {
  return query
    .all<Row>(
      sql`SELECT key, dataset, state, kind, records, size_bytes FROM v_objects
          WHERE dag_id = ${dagId} AND run_id = ${runId} ORDER BY key LIMIT ${limit}`,
    )
    .map((row) => mapRow<RunObject>(row));
}
