/** The rows of TaskInstances, their attempts and outputs. Every state change is a compare-and-set on the state as read. */
import type { JsonValue } from "../../model/dag/dag.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import type { ErrorCode } from "../../model/errors.ts";
import { formatLocal } from "../../model/time/local-time.ts";
import {
  isTaskState,
  TASK_TRANSITIONS,
  type AttemptState,
  type TaskInstance,
  type TaskState,
} from "../../model/run/task-instance.ts";
import type { TaskOutput } from "../../model/ports/task-type.ts";
import { assertTransition } from "../../model/run/transitions.ts";
import type { Query } from "../sqlite/query.ts";
import { flag, mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql } from "../sqlite/statement.ts";

/** The columns of a `TaskInstance`. */
const TASK_COLUMNS = sql`task_instance_id, dag_run_id, task_id, type, state, attempt_count, failure_count, lost_count,
  waiting_since, next_attempt_at, pool, exclusive_key, message, when_held`;

export interface ProcessFacts {
  readonly pid: number;
  readonly host: string;
  readonly leaseEpoch: number;
}

/** What a state change writes in addition to the state. */
export interface TaskChange {
  readonly message?: string | null;
  readonly nextAttemptAt?: string | null;
  readonly waitingSince?: string | null;
  readonly failureCount?: number;
  readonly lostCount?: number;
}

export interface AttemptEnd {
  readonly state: Exclude<AttemptState, "running">;
  readonly errorCode: ErrorCode | null;
  readonly error: string | null;
}

export function listTasksOfRun(query: Query, dagRunId: number): readonly TaskInstance[] {
  return query
    .all<Row>(
      sql`SELECT ${TASK_COLUMNS} FROM task_instances WHERE dag_run_id = ${dagRunId} ORDER BY task_instance_id`,
    )
    .map(mapTask);
}

/**
 * The tasks in one of these states (`null`: all that have begun, or whose `when` holds) of the Dag's runs in that lake from
 * one logical date to another, ISO UTC, both included; in the order of their runs' ids.
 */
export function listTasksInRange(
  query: Query,
  lakeId: string,
  { dagId, from, to }: { readonly dagId: string; readonly from: string; readonly to: string },
  states: readonly TaskState[] | null,
): readonly TaskInstance[] {
  const isWanted =
    states === null
      ? sql`(state <> 'none' OR when_held = 1)`
      : sql`state IN (SELECT value FROM json_each(${JSON.stringify(states)}))`;
  return query
    .all<Row>(
      sql`SELECT ${TASK_COLUMNS} FROM task_instances
          WHERE dag_run_id IN (SELECT dag_run_id FROM dag_runs WHERE dag_id = ${dagId} AND lake = ${lakeId}
            AND logical_date >= ${from} AND logical_date <= ${to})
          AND ${isWanted} ORDER BY dag_run_id, task_instance_id`,
    )
    .map(mapTask);
}

export function readTask(query: Query, taskInstanceId: number): TaskInstance {
  const row = query.get<Row>(
    sql`SELECT ${TASK_COLUMNS} FROM task_instances WHERE task_instance_id = ${taskInstanceId}`,
  );
  if (row === undefined) throw new Error(`task instance ${taskInstanceId} is missing`);
  return mapTask(row);
}

const TASK_CONVERTERS = { whenHeld: flag };

/** Raises for an unknown state: such a task and its run would never end. */
function mapTask(row: Row): TaskInstance {
  const task = mapRow<TaskInstance>(row, TASK_CONVERTERS);
  if (isTaskState(task.state)) return task;
  throw new Error(
    `task ${task.taskId} is in the state "${String(task.state)}", which this version does not know`,
  );
}

export interface RunningTask {
  readonly taskInstanceId: number;
  readonly dagRunId: number;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly state: TaskState;
  readonly pool: string;
  readonly exclusiveKey: string | null;
}

/** Every task that holds a slot, over all runs. */
export function listRunningTasks(query: Query): readonly RunningTask[] {
  return query
    .all<Row>(
      sql`SELECT t.task_instance_id, t.dag_run_id, r.dag_id, r.run_id, t.task_id, t.state, t.pool, t.exclusive_key
        FROM task_instances t JOIN dag_runs r USING (dag_run_id)
        WHERE t.state IN ('scheduled', 'queued', 'running') AND t.state IN ('queued', 'running')`,
    )
    .map((row) => mapRow<RunningTask>(row));
}

export interface RunningAttempt {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly attempt: number;
}

/** The attempts of tasks that the database has as `running`. */
export function listRunningAttempts(query: Query): readonly RunningAttempt[] {
  return query
    .all<Row>(
      sql`SELECT r.dag_id, r.run_id, t.task_id, t.attempt_count AS attempt
        FROM task_instances t JOIN dag_runs r USING (dag_run_id)
        WHERE t.state IN ('scheduled', 'queued', 'running') AND t.state = 'running'`,
    )
    .map((row) => mapRow<RunningAttempt>(row));
}

/** `false` if the state was changed meanwhile: then nothing was written. */
export function changeTaskState(
  query: Query,
  run: DagRun,
  task: TaskInstance,
  to: TaskState,
  now: Date,
  change: TaskChange = {},
): boolean {
  assertTransition("TaskInstance", TASK_TRANSITIONS, task.state, to);
  const isEnd = to === "success" || to === "failed" || to === "cancelled";
  const { message, waitingSince, failureCount, lostCount } = change;
  const isGiven = (value: unknown): boolean => value !== undefined;
  const { changes } = query.run(
    sql`UPDATE task_instances SET state = ${to}, next_attempt_at = ${change.nextAttemptAt},
        message = CASE WHEN ${isGiven(message)} THEN ${message} ELSE message END,
        waiting_since = CASE WHEN ${isGiven(waitingSince)} THEN ${waitingSince} ELSE waiting_since END,
        failure_count = CASE WHEN ${isGiven(failureCount)} THEN ${failureCount} ELSE failure_count END,
        lost_count = CASE WHEN ${isGiven(lostCount)} THEN ${lostCount} ELSE lost_count END,
        finished_at = CASE WHEN ${isEnd} THEN ${now.toISOString()} ELSE finished_at END,
        finished_at_local = CASE WHEN ${isEnd} THEN ${isEnd ? formatLocal(now, run.timezone) : null}
          ELSE finished_at_local END
        WHERE task_instance_id = ${task.taskInstanceId} AND state = ${task.state}`,
  );
  return changes === 1;
}

/**
 * Moves the task to `running` and inserts the attempt's row. Returns its number; `undefined` if the state had
 * changed.
 */
export function startAttempt(
  query: Query,
  run: DagRun,
  task: TaskInstance,
  process: ProcessFacts,
  now: Date,
): number | undefined {
  assertTransition("TaskInstance", TASK_TRANSITIONS, task.state, "running");
  const at = now.toISOString();
  const local = formatLocal(now, run.timezone);
  const number = task.attemptCount + 1;
  const { changes } = query.run(
    sql`UPDATE task_instances SET state = 'running', next_attempt_at = NULL, message = NULL,
        attempt_count = ${number},
        started_at = coalesce(started_at, ${at}), started_at_local = coalesce(started_at_local, ${local}),
        finished_at = NULL,
        finished_at_local = NULL WHERE task_instance_id = ${task.taskInstanceId} AND state = ${task.state}`,
  );
  if (changes !== 1) return undefined;
  const attempt = {
    task_instance_id: task.taskInstanceId,
    number,
    state: "running",
    pid: process.pid,
    host: process.host,
    lease_epoch: process.leaseEpoch,
    started_at: at,
    started_at_local: local,
  };
  query.run(insertInto("attempts", attempt));
  return number;
}

/** `false` if the attempt is no longer the running one: a late answer of an ended attempt changes nothing. */
export function finishAttempt(
  query: Query,
  run: DagRun,
  task: TaskInstance,
  number: number,
  end: AttemptEnd,
  now: Date,
): boolean {
  const { changes } = query.run(
    sql`UPDATE attempts SET state = ${end.state}, error_code = ${end.errorCode}, error = ${end.error},
        finished_at = ${now.toISOString()}, finished_at_local = ${formatLocal(now, run.timezone)}
        WHERE task_instance_id = ${task.taskInstanceId} AND number = ${number} AND state = 'running'`,
  );
  return changes === 1;
}

/** Replaces the task's outputs. */
export function saveOutputs(query: Query, taskInstanceId: number, output: TaskOutput): void {
  query.run(sql`DELETE FROM task_outputs WHERE task_instance_id = ${taskInstanceId}`);
  for (const [name, value] of Object.entries(output)) {
    query.run(
      sql`INSERT INTO task_outputs (task_instance_id, name, value) VALUES (${taskInstanceId}, ${name},
          ${JSON.stringify(value)})`,
    );
  }
}

type Outputs = Readonly<Record<string, TaskOutput>>;

interface OutputRow {
  readonly task_id: string;
  readonly name: string;
  readonly value: string;
}

/** Outputs of every task of a run, by task id. */
export function readOutputs(query: Query, dagRunId: number): Outputs {
  return mapOutputs(
    query.all<OutputRow>(
      sql`SELECT t.task_id, o.name, o.value FROM task_outputs o JOIN task_instances t USING (task_instance_id)
          WHERE t.dag_run_id = ${dagRunId}`,
    ),
  );
}

/** The same for these tasks only: a run of many tasks has many outputs. */
export function readOutputsOf(query: Query, dagRunId: number, taskIds: readonly string[]): Outputs {
  if (taskIds.length === 0) return {};
  return mapOutputs(
    query.all<OutputRow>(
      sql`SELECT t.task_id, o.name, o.value FROM task_instances t JOIN task_outputs o USING (task_instance_id)
          WHERE t.dag_run_id = ${dagRunId} AND t.task_id IN (SELECT value
            FROM json_each(${JSON.stringify(taskIds)}))`,
    ),
  );
}

function mapOutputs(rows: readonly OutputRow[]): Outputs {
  const outputs: Record<string, Record<string, JsonValue>> = {};
  for (const row of rows) {
    outputs[row.task_id] = { ...outputs[row.task_id], [row.name]: JSON.parse(row.value) as JsonValue };
  }
  return outputs;
}

/** Lets a waiting task start at once, with a new limit of lost attempts, because a person asked for it. */
export function hurryTask(query: Query, task: TaskInstance): void {
  query.run(
    sql`UPDATE task_instances SET next_attempt_at = NULL, lost_count = 0
        WHERE task_instance_id = ${task.taskInstanceId} AND state = ${task.state}`,
  );
}

/** Stores that the task's `when` holds; it is not judged again. */
export function keepCondition(query: Query, task: TaskInstance): void {
  query.run(sql`UPDATE task_instances SET when_held = 1 WHERE task_instance_id = ${task.taskInstanceId}`);
}

/** Sets the task back to `none`: its limits, `when`, inputs and outputs are reset. Attempts stay as history. */
export function clearTask(query: Query, run: DagRun, task: TaskInstance, now: Date): boolean {
  query.run(sql`UPDATE task_instances SET when_held = 0 WHERE task_instance_id = ${task.taskInstanceId}`);
  query.run(sql`DELETE FROM task_inputs WHERE task_instance_id = ${task.taskInstanceId}`);
  query.run(sql`DELETE FROM task_input_lists WHERE task_instance_id = ${task.taskInstanceId}`);
  query.run(sql`DELETE FROM task_outputs WHERE task_instance_id = ${task.taskInstanceId}`);
  if (task.state === "none") return true;
  return (
    changeTaskState(query, run, task, "none", now, {
      message: null,
      failureCount: 0,
      lostCount: 0,
      waitingSince: null,
    }) &&
    query.run(
      sql`UPDATE task_instances SET started_at = NULL, started_at_local = NULL, finished_at = NULL,
          finished_at_local = NULL WHERE task_instance_id = ${task.taskInstanceId}`,
    ).changes === 1
  );
}
