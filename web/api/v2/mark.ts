/** Sets the state of a task by hand, or says what that would change. */
import { z } from "zod";
import { orderMark, previewMark } from "../../../app/tasks/order-mark.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import { onlyFalse, onlyNull, previewHash } from "../bodies.ts";
import { definePreview, defineWrite, several, type ReadTools } from "../route.ts";
import { writeTask } from "./task-fields.ts";
import { taskList } from "./task-instances.ts";
import { pickOwnRun, pickTask, taskParams } from "./known-run.ts";

const markFields = {
  new_state: z.enum(["success", "failed"], "A task is marked as success or failed"),
  include_downstream: onlyFalse("Tasks are marked one by one"),
  include_upstream: onlyFalse("Tasks are marked one by one"),
  include_future: onlyFalse("Tasks are marked one by one"),
  include_past: onlyFalse("Tasks are marked one by one"),
  note: onlyNull("Dagmar keeps no notes"),
} as const;

interface Place {
  readonly dag_id: string;
  readonly dag_run_id: string;
  readonly task_id: string;
}

type NewState = "success" | "failed";

function orderOf(tools: ReadTools, place: Place, state: NewState, expected: string | null) {
  const run = readRun(tools.query, pickOwnRun(tools, place.dag_id, place.dag_run_id).dagRunId);
  return orderMark(run, tools.lakeId, { taskId: place.task_id, state }, expected);
}

export const patchTaskInstance = defineWrite({
  operationId: "patch_task_instance",
  method: "PATCH",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}",
  tag: "TaskInstances",
  summary: "Marks a task as success or failed, without running it.",
  params: taskParams,
  search: { update_mask: several(z.literal("new_state")) },
  body: z.strictObject({ ...markFields, preview_hash: previewHash }),
  answer: taskList,
  orders: ["mark"],
  plan: (tools, { params, body }) => ({
    order: orderOf(tools, params, body.new_state, body.preview_hash ?? null),
  }),
  conclude(tools, { params }) {
    const run = pickOwnRun(tools, params.dag_id, params.dag_run_id);
    return {
      task_instances: [writeTask(pickTask(tools, run, params.task_id), run, tools)],
      total_entries: 1,
    };
  },
  preview: (tools, { params, body }) => writeMarkPreview(tools, params, body.new_state),
});

export const previewPatchTaskInstance = definePreview({
  operationId: "patch_task_instance_dry_run",
  method: "PATCH",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/dry_run",
  tag: "TaskInstances",
  summary: "The tasks that marking would change: the task itself, and those that are judged again.",
  params: taskParams,
  search: { update_mask: several(z.literal("new_state")) },
  body: z.strictObject(markFields),
  answer: taskList,
  handle(tools, { params, body }) {
    const run = pickOwnRun(tools, params.dag_id, params.dag_run_id);
    const { task, judgedAgain, isChange } = previewMark(
      tools.query,
      orderOf(tools, params, body.new_state, null),
    );
    const tasks = isChange ? [task, ...judgedAgain] : [];
    return {
      task_instances: tasks.map(({ taskId }) => writeTask(pickTask(tools, run, taskId), run, tools)),
      total_entries: tasks.length,
    };
  },
});

export const markPreview = z.strictObject({
  hash: z.string(),
  dag_run_id: z.string(),
  task_id: z.string(),
  state: z.string(),
  new_state: z.string(),
  is_change: z.boolean().describe("false: the task has that state already."),
  judged_again: z.array(z.string()).describe("Downstream tasks that did not run because of it."),
  command: z.string(),
});

export function writeMarkPreview(
  tools: ReadTools,
  place: Place,
  state: NewState,
): z.input<typeof markPreview> {
  const { hash, run, task, isChange, judgedAgain, command } = previewMark(
    tools.query,
    orderOf(tools, place, state, null),
  );
  return {
    hash,
    dag_run_id: run.runId,
    task_id: task.taskId,
    state: task.state,
    new_state: state,
    is_change: isChange,
    judged_again: judgedAgain.map(({ taskId }) => taskId),
    command,
  };
}
