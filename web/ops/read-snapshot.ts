/**
 * Counts open runs and tasks in the database at the moment of a scrape. It does not read ended ones, so that a long history
 * costs nothing; `metrics.ts` names the numbers.
 */
import type { DagRunState } from "../../model/run/dag-run.ts";
import type { TaskState } from "../../model/run/task-instance.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { sql } from "../../state/sqlite/statement.ts";

export interface PoolUse {
  readonly pool: string;
  readonly slots: number;
  readonly used: number;
}

const OPEN_RUN_STATES = ["queued", "running"] as const satisfies readonly DagRunState[];
const OPEN_TASK_STATES = [
  "none",
  "scheduled",
  "queued",
  "running",
  "up_for_retry",
  "up_for_reschedule",
] as const satisfies readonly TaskState[];

/** Every open state has its number, also 0. */
export interface MetricSnapshot {
  readonly pools: readonly PoolUse[];
  readonly runs: Readonly<Record<(typeof OPEN_RUN_STATES)[number], number>>;
  readonly tasks: Readonly<Record<(typeof OPEN_TASK_STATES)[number], number>>;
  readonly files: Database["sizes"];
}

interface Count {
  readonly name: string;
  readonly count: number;
}

// SQLite takes a partial index only where its own condition is repeated word for word; a narrower condition next to it is fine.
const OPEN_RUNS = sql`r.state IN ('queued', 'running')`;
const ACTIVE_TASKS = sql`t.state IN ('scheduled', 'queued', 'running')`;

const COUNT_RUNS = sql`SELECT r.state AS name, count(*) AS count FROM dag_runs r WHERE ${OPEN_RUNS} GROUP BY r.state`;
const COUNT_ACTIVE_TASKS = sql`SELECT t.state AS name, count(*) AS count FROM task_instances t
    WHERE ${ACTIVE_TASKS} GROUP BY t.state`;
const COUNT_WAITING_TASKS = sql`SELECT t.state AS name, count(*) AS count FROM dag_runs r CROSS
    JOIN task_instances t USING (dag_run_id)
    WHERE ${OPEN_RUNS} AND r.state = 'running' AND t.state IN ('none', 'up_for_retry', 'up_for_reschedule')
    GROUP BY t.state`;
const LIST_POOLS = sql`SELECT p.pool, p.slots, coalesce(u.used, 0) AS used FROM pools p LEFT JOIN (
      SELECT t.pool, count(*) AS used FROM task_instances t
        WHERE ${ACTIVE_TASKS} AND t.state IN ('queued', 'running') GROUP BY t.pool
    ) u USING (pool) ORDER BY p.pool`;

export function readSnapshot(query: Query & Pick<Database, "sizes">): MetricSnapshot {
  const tasks = [...query.all<Count>(COUNT_ACTIVE_TASKS), ...query.all<Count>(COUNT_WAITING_TASKS)];
  return {
    files: query.sizes,
    pools: query.all<PoolUse>(LIST_POOLS),
    runs: countEach(OPEN_RUN_STATES, query.all<Count>(COUNT_RUNS)),
    tasks: countEach(OPEN_TASK_STATES, tasks),
  };
}

function countEach<State extends string>(
  states: readonly State[],
  rows: readonly Count[],
): Readonly<Record<State, number>> {
  const counts = new Map(rows.map(({ name, count }) => [name, count]));
  return Object.fromEntries(states.map((state) => [state, counts.get(state) ?? 0])) as Record<State, number>;
}
