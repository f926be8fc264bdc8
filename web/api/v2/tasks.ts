/** The tasks of a Dag's present definition. */
import { z } from "zod";
import type { DagDefinition, TaskDefinition } from "../../../model/dag/dag.ts";
import { CommandRefused } from "../../../model/errors.ts";
import { defineRoute } from "../route.ts";
import { dagId, pickDag } from "./known-dag.ts";

const delta = z.strictObject({
  __type: z.literal("TimeDelta"),
  days: z.int(),
  seconds: z.int(),
  microseconds: z.int(),
});

const task = z.strictObject({
  task_id: z.string(),
  task_display_name: z.string(),
  owner: z.null(),
  start_date: z.null(),
  end_date: z.null(),
  trigger_rule: z.string(),
  depends_on_past: z.boolean(),
  wait_for_downstream: z.boolean(),
  retries: z.int(),
  queue: z.null(),
  pool: z.string(),
  pool_slots: z.int(),
  execution_timeout: delta,
  retry_delay: delta,
  retry_exponential_backoff: z.number(),
  priority_weight: z.number(),
  weight_rule: z.string(),
  ui_color: z.null(),
  ui_fgcolor: z.null(),
  template_fields: z.array(z.string()),
  downstream_task_ids: z.array(z.string()),
  doc_md: z.null(),
  operator_name: z.string(),
  params: z.record(z.string(), z.unknown()),
  class_ref: z.null(),
  is_mapped: z.boolean(),
  extra_links: z.array(z.string()),
});

export const listTasks = defineRoute({
  operationId: "get_tasks",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/tasks",
  tag: "Tasks",
  summary: "The tasks of a Dag's present definition, in topological order.",
  params: { dag_id: dagId },
  search: {},
  answer: z.strictObject({ tasks: z.array(task), total_entries: z.int() }),
  handle({ query }, { params }) {
    const { definition } = pickDag(query, params.dag_id);
    const tasks = definition.tasks.map((one) => writeTask(one, definition));
    return { tasks, total_entries: tasks.length };
  },
});

export const getTask = defineRoute({
  operationId: "get_task",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/tasks/{task_id}",
  tag: "Tasks",
  summary: "One task of a Dag's present definition.",
  params: { dag_id: dagId, task_id: z.string() },
  search: {},
  answer: task,
  handle({ query }, { params }) {
    const { definition } = pickDag(query, params.dag_id);
    const found = definition.tasks.find((one) => one.taskId === params.task_id);
    if (found !== undefined) return writeTask(found, definition);
    throw new CommandRefused("TASK_UNKNOWN", `${params.dag_id} has no task ${params.task_id}.`);
  },
});

function writeTask(one: TaskDefinition, { tasks }: DagDefinition): z.infer<typeof task> {
  return {
    task_id: one.taskId,
    task_display_name: one.taskId,
    owner: null,
    start_date: null,
    end_date: null,
    trigger_rule: one.triggerRule,
    depends_on_past: one.dependsOnPast,
    wait_for_downstream: false,
    retries: one.retries,
    queue: null,
    pool: one.pool,
    pool_slots: 1,
    execution_timeout: writeDelta(one.timeoutSeconds),
    retry_delay: writeDelta(one.retryDelaySeconds),
    retry_exponential_backoff: one.retryBackoff === "exponential" ? 2 : 0,
    priority_weight: one.priority,
    weight_rule: "absolute",
    ui_color: null,
    ui_fgcolor: null,
    template_fields: Object.keys(one.with),
    downstream_task_ids: tasks.filter(({ needs }) => needs.includes(one.taskId)).map(({ taskId }) => taskId),
    doc_md: null,
    operator_name: one.type,
    params: {},
    class_ref: null,
    is_mapped: false,
    extra_links: [],
  };
}

function writeDelta(seconds: number): z.infer<typeof delta> {
  const whole = Math.floor(seconds);
  return {
    __type: "TimeDelta",
    days: Math.floor(whole / 86_400),
    seconds: whole % 86_400,
    microseconds: Math.round((seconds - whole) * 1_000_000),
  };
}
