/** Finds a run by its id. The id contains the logical date, which has indexes; the id itself has none. */
import { readRunDate } from "../../model/run/dag-run.ts";
import { sql, type Sql } from "../sqlite/statement.ts";

/** Of `dag_runs`; with the Dag's id also given, an index leads to the run. */
export function hasRunId(runId: string): Sql {
  return sql`logical_date = ${readRunDate(runId)} AND run_id = ${runId}`;
}
