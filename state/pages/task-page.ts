/** The tasks of a run and their tries, as lists show them. */
import type { AttemptState, TaskState } from "../../model/run/task-instance.ts";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";

/** Instants are ISO UTC. */
export interface TaskEntry {
  readonly taskInstanceId: number;
  readonly taskId: string;
  readonly type: string;
  readonly state: TaskState;
  readonly attemptCount: number;
  readonly failureCount: number;
  readonly lostCount: number;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly nextAttemptAt: string | null;
  readonly message: string | null;
  readonly pool: string;
  /** Of its newest try. */
  readonly pid: number | null;
  readonly host: string | null;
}

const COLUMNS = sql`t.task_instance_id, t.task_id, t.type, t.state, t.attempt_count, t.failure_count, t.lost_count,
  t.started_at, t.finished_at, t.next_attempt_at, t.message, t.pool, a.pid, a.host`;
const TABLES = sql`task_instances t LEFT JOIN attempts a
  ON a.task_instance_id = t.task_instance_id AND a.number = t.attempt_count`;

/** In the order in which they were created: the Dag's. */
export function listTaskEntries(query: Query, dagRunId: number): readonly TaskEntry[] {
  return query
    .all<Row>(
      sql`SELECT ${COLUMNS} FROM ${TABLES} WHERE t.dag_run_id = ${dagRunId} ORDER BY t.task_instance_id`,
    )
    .map((row) => mapRow<TaskEntry>(row));
}

export function findTaskEntry(query: Query, dagRunId: number, taskId: string): TaskEntry | undefined {
  const row = query.get<Row>(
    sql`SELECT ${COLUMNS} FROM ${TABLES} WHERE t.dag_run_id = ${dagRunId} AND t.task_id = ${taskId}`,
  );
  return row === undefined ? undefined : mapRow<TaskEntry>(row);
}

export interface TryEntry {
  readonly number: number;
  readonly state: AttemptState;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly errorCode: string | null;
  readonly error: string | null;
  readonly pid: number;
  readonly host: string;
}

export function findTryEntry(query: Query, taskInstanceId: number, number: number): TryEntry | undefined {
  const row = query.get<Row>(
    sql`SELECT number, state, started_at, finished_at, error_code, error, pid, host FROM attempts
        WHERE task_instance_id = ${taskInstanceId} AND number = ${number}`,
  );
  return row === undefined ? undefined : mapRow<TryEntry>(row);
}

/** Oldest first. */
export function listTryEntries(query: Query, taskInstanceId: number): readonly TryEntry[] {
  return query
    .all<Row>(
      sql`SELECT number, state, started_at, finished_at, error_code, error, pid, host FROM attempts
          WHERE task_instance_id = ${taskInstanceId} ORDER BY number`,
    )
    .map((row) => mapRow<TryEntry>(row));
}

/** Of every task of a run, oldest first. */
export function listRunTries(
  query: Query,
  dagRunId: number,
): readonly (TryEntry & { readonly taskInstanceId: number })[] {
  return query
    .all<Row>(
      sql`SELECT a.task_instance_id, a.number, a.state, a.started_at, a.finished_at, a.error_code, a.error, a.pid, a.host
          FROM task_instances t JOIN attempts a USING (task_instance_id)
          WHERE t.dag_run_id = ${dagRunId} ORDER BY a.task_instance_id, a.number`,
    )
    .map((row) => mapRow<TryEntry & { readonly taskInstanceId: number }>(row));
}
