/** Who asked for a run, and through what. A run of a schedule has neither. */
import type { RunTrigger } from "../../model/run/dag-run.ts";
import type { Query } from "../sqlite/query.ts";
import { sql } from "../sqlite/statement.ts";

export function signRun(query: Query, dagRunId: number, requestedBy: string, triggeredBy: RunTrigger): void {
  query.run(
    sql`UPDATE dag_runs SET requested_by = ${requestedBy}, triggered_by = ${triggeredBy}
        WHERE dag_run_id = ${dagRunId}`,
  );
}

/** The runs that the backfill created at that moment. Those that it repeats keep who asked for them first. */
export function signBackfill(query: Query, backfillId: number, requestedBy: string, now: Date): void {
  query.run(
    sql`UPDATE dag_runs SET requested_by = ${requestedBy}
        WHERE backfill_id = ${backfillId} AND run_type = 'backfill' AND created_at = ${now.toISOString()}`,
  );
}
