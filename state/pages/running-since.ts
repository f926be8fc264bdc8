/** Since when a run is running: its first start does not count once it was cleared and queued again. */
import { sql } from "../sqlite/statement.ts";

/** A column of `dag_runs`, ISO UTC; NULL while the run is queued. Rows of early versions have only the first start. */
export const RUNNING_SINCE = sql`CASE WHEN state = 'queued' THEN NULL ELSE coalesce(running_since, started_at) END
  AS running_since`;
