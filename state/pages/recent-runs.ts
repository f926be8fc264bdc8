/** The newest runs of several Dags, for a list of Dags. */
import type { DagRunState } from "../../model/run/dag-run.ts";
import type { Query } from "../sqlite/query.ts";
import { sql } from "../sqlite/statement.ts";

export interface RecentRun {
  readonly runId: string;
  readonly state: DagRunState;
  /** ISO UTC. */
  readonly logicalDate: string;
}

/** By Dag id, each oldest first. */
export function listRecentRuns(
  query: Query,
  dagIds: readonly string[],
  limit: number,
): ReadonlyMap<string, readonly RecentRun[]> {
  const rows = query.all<{ dag_id: string; runs: string }>(
    sql`SELECT d.value AS dag_id, (SELECT json_group_array(json_object('runId', run_id, 'state', state,
          'logicalDate', logical_date)) FROM (SELECT run_id, state, logical_date FROM dag_runs r
          WHERE r.dag_id = d.value ORDER BY logical_date DESC LIMIT ${limit})) AS runs
        FROM json_each(${JSON.stringify(dagIds)}) d`,
  );
  return new Map(rows.map(({ dag_id, runs }) => [dag_id, (JSON.parse(runs) as RecentRun[]).toReversed()]));
}
