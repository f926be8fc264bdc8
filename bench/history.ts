/** A past for a database: runs of one Dag that have all succeeded, one a minute up to an instant, with tasks and attempts. */
import type { DagDefinition } from "../model/dag/dag.ts";
import { saveDagVersion } from "../state/runs/dag-runs.ts";
import type { Database } from "../state/sqlite/database.ts";
import { sql, type Sql } from "../state/sqlite/statement.ts";
import { makeVersion } from "../test/support/test-dag.ts";

const insertRuns = (
  dagId: string,
  fingerprint: string,
  until: Date,
  runs: number,
): Sql => sql`INSERT INTO dag_runs (dag_id, run_id, run_type, state, logical_date, logical_date_local,
    timezone, partition,
    run_stamp, params, fingerprint, created_at, started_at, started_at_local, finished_at, finished_at_local,
    running_since,
    success_order)
  WITH RECURSIVE given (dag_id, fingerprint, until, runs) AS (VALUES (${dagId}, ${fingerprint},
  ${until.toISOString()}, ${runs})),
    slot (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM slot, given WHERE number < runs),
    date (number, at) AS (
      SELECT number, strftime('%Y-%m-%dT%H:%M:00.000Z', until, '-' || (runs - number) || ' minutes') FROM slot, given)
  SELECT dag_id, 'scheduled__' || at, 'scheduled', 'success', at, at, 'UTC', substr(at, 1, 10), at, '{}',
    fingerprint, at,
    at, at, at, at, at, number FROM date, given ORDER BY number`;
const insertTasks = (
  taskIds: string,
): Sql => sql`INSERT INTO task_instances (dag_run_id, task_id, type, state, attempt_count, pool, started_at,
    started_at_local, finished_at, finished_at_local)
  SELECT dag_run_id, value, 'noop', 'success', 1, 'default', started_at, started_at, finished_at, finished_at
  FROM dag_runs JOIN json_each(${taskIds}) ORDER BY dag_run_id`;
const ATTEMPTS = sql`INSERT INTO attempts (task_instance_id, number, state, pid, host, lease_epoch, started_at,
    started_at_local, finished_at, finished_at_local)
  SELECT task_instance_id, 1, 'success', 1, 'bench', 1, started_at, started_at, finished_at, finished_at
  FROM task_instances ORDER BY task_instance_id`;

/** Into a database without runs. The last run is due at `until`. */
export async function writeHistory(
  database: Database,
  dag: DagDefinition,
  runs: number,
  until: Date,
): Promise<void> {
  const version = makeVersion(dag);
  await database.write((query) => {
    saveDagVersion(query, version, until);
    query.run(insertRuns(dag.dagId, version.fingerprint, until, runs));
    query.run(insertTasks(JSON.stringify(dag.tasks.map((task) => task.taskId))));
    query.run(ATTEMPTS);
  });
}
