/** A task of a run, and a try of it, as Airflow's API shows them. */
import { z } from "zod";
import { findTask } from "../../../model/dag/dag.ts";
import { ATTEMPT_STATES, TASK_STATES } from "../../../model/run/task-instance.ts";
import type { RunEntry } from "../../../state/pages/run-page.ts";
import type { TaskEntry, TryEntry } from "../../../state/pages/task-page.ts";
import type { ReadTools } from "../route.ts";
import { utc } from "./listing.ts";
import { airflowTaskState, deriveUuid, measureSeconds, writeTaskState, writeTryState } from "./wire.ts";

const common = {
  task_id: z.string(),
  dag_id: z.string(),
  dag_run_id: z.string(),
  map_index: z.literal(-1),
  start_date: utc.nullable(),
  end_date: utc.nullable(),
  duration: z.number().nullable(),
  state: airflowTaskState.nullable(),
  try_number: z.int(),
  max_tries: z.int(),
  task_display_name: z.string(),
  dag_display_name: z.string(),
  hostname: z.string().nullable(),
  unixname: z.null(),
  pool: z.string(),
  pool_slots: z.int(),
  queue: z.null(),
  priority_weight: z.int().nullable(),
  operator: z.string(),
  operator_name: z.string(),
  queued_when: z.null(),
  scheduled_when: z.null(),
  pid: z.int().nullable(),
  executor: z.null(),
  executor_config: z.string(),
  dag_version: z.null(),
} as const;

export const taskInstance = z.strictObject({
  ...common,
  id: z.uuid(),
  logical_date: utc.nullable(),
  run_after: utc,
  note: z.string().nullable().describe("The task's message."),
  rendered_map_index: z.null(),
  rendered_fields: z.record(z.string(), z.unknown()),
  trigger: z.null(),
  triggerer_job: z.null(),
  dagmar: z
    .strictObject({
      state: z.enum(TASK_STATES),
      failures: z.int(),
      lost: z.int(),
      next_attempt_at: utc.nullable(),
    })
    .describe("Dagmar's own fields."),
});

export const tryInstance = z.strictObject({
  ...common,
  dagmar: z
    .strictObject({
      state: z.enum(ATTEMPT_STATES),
      error_code: z.string().nullable(),
      error: z.string().nullable(),
    })
    .describe("Dagmar's own fields."),
});

export function writeTask(task: TaskEntry, run: RunEntry, tools: ReadTools): z.infer<typeof taskInstance> {
  return {
    ...writeCommon(tools, task, run),
    id: deriveUuid(tools.databaseId, run.dagId, run.runId, task.taskId),
    start_date: task.startedAt,
    end_date: task.finishedAt,
    duration: measureSeconds(task.startedAt, task.finishedAt),
    state: writeTaskState(task.state),
    try_number: task.attemptCount,
    hostname: task.host,
    pid: task.pid,
    logical_date: run.logicalDate,
    run_after: run.logicalDate,
    note: task.message,
    rendered_map_index: null,
    rendered_fields: {},
    trigger: null,
    triggerer_job: null,
    dagmar: {
      state: task.state,
      failures: task.failureCount,
      lost: task.lostCount,
      next_attempt_at: task.nextAttemptAt,
    },
  };
}

export function writeTry(
  tools: ReadTools,
  entry: TryEntry,
  task: TaskEntry,
  run: RunEntry,
): z.infer<typeof tryInstance> {
  return {
    ...writeCommon(tools, task, run),
    start_date: entry.startedAt,
    end_date: entry.finishedAt,
    duration: measureSeconds(entry.startedAt, entry.finishedAt),
    state: writeTryState(entry.state),
    try_number: entry.number,
    hostname: entry.host,
    pid: entry.pid,
    dagmar: { state: entry.state, error_code: entry.errorCode, error: entry.error },
  };
}

function writeCommon(tools: ReadTools, task: TaskEntry, { dagId: dag, runId, fingerprint }: RunEntry) {
  const definition = findTask(tools.readVersion(fingerprint), task.taskId);
  return {
    task_id: task.taskId,
    dag_id: dag,
    dag_run_id: runId,
    map_index: -1,
    max_tries: definition?.retries ?? 0,
    task_display_name: task.taskId,
    dag_display_name: dag,
    unixname: null,
    pool: task.pool,
    pool_slots: 1,
    queue: null,
    priority_weight: definition?.priority ?? null,
    operator: task.type,
    operator_name: task.type,
    queued_when: null,
    scheduled_when: null,
    executor: null,
    executor_config: "{}",
    dag_version: null,
  } as const;
}
