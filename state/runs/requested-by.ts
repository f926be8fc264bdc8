/** Who asked for a run. A run of a schedule has no such name. */
import type { Query } from "../sqlite/query.ts";
import { sql } from "../sqlite/statement.ts";

export function signRun(query: Query, dagRunId: number, requestedBy: string): void {
  query.run(sql`UPDATE dag_runs SET requested_by = ${requestedBy} WHERE dag_run_id = ${dagRunId}`);
}

/** The runs that the backfill created: those that it repeats are scheduled ones, or have a name already. */
export function signBackfill(query: Query, backfillId: number, requestedBy: string): void {
  query.run(
    sql`UPDATE dag_runs SET requested_by = ${requestedBy}
        WHERE backfill_id = ${backfillId} AND run_type = 'backfill' AND requested_by IS NULL`,
  );
}
