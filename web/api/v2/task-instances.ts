/** The tasks of a run, and every try of a task. */
import { z } from "zod";
import { listTaskEntries, listTryEntries } from "../../../state/pages/task-page.ts";
import { defineRoute, several } from "../route.ts";
import { dagId } from "./known-dag.ts";
import { paging } from "./listing.ts";
import { pickRun } from "./run-fields.ts";
import { pickTask, taskInstance, tryInstance, writeTask, writeTry } from "./task-fields.ts";
import { airflowTaskState } from "./wire.ts";

export const runParams = { dag_id: dagId, dag_run_id: z.string() } as const;
export const taskParams = { ...runParams, task_id: z.string() } as const;

export const taskList = z.strictObject({ task_instances: z.array(taskInstance), total_entries: z.int() });

export const listTaskInstances = defineRoute({
  operationId: "get_task_instances",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances",
  tag: "TaskInstances",
  summary: "The tasks of a run, in the Dag's order.",
  params: runParams,
  search: { ...paging, state: several(airflowTaskState) },
  answer: taskList,
  handle(tools, { params, search }) {
    const run = pickRun(tools, params.dag_id, params.dag_run_id);
    const all = listTaskEntries(tools.query, run.dagRunId)
      .map((entry) => writeTask(entry, run, tools))
      .filter(({ state }) => search.state === undefined || (state !== null && search.state.includes(state)));
    const { limit, offset } = search;
    return { task_instances: all.slice(offset, offset + limit), total_entries: all.length };
  },
});

export const getTaskInstance = defineRoute({
  operationId: "get_task_instance",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}",
  tag: "TaskInstances",
  summary: "One task of a run.",
  params: taskParams,
  search: {},
  answer: taskInstance,
  handle(tools, { params }) {
    const run = pickRun(tools, params.dag_id, params.dag_run_id);
    return writeTask(pickTask(tools, run, params.task_id), run, tools);
  },
});

export const listTries = defineRoute({
  operationId: "get_task_instance_tries",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/tries",
  tag: "TaskInstances",
  summary: "Every try of a task, oldest first.",
  params: taskParams,
  search: {},
  answer: z.strictObject({ task_instances: z.array(tryInstance), total_entries: z.int() }),
  handle(tools, { params }) {
    const run = pickRun(tools, params.dag_id, params.dag_run_id);
    const task = pickTask(tools, run, params.task_id);
    const tries = listTryEntries(tools.query, task.taskInstanceId);
    return {
      task_instances: tries.map((entry) => writeTry(tools.query, entry, task, run)),
      total_entries: tries.length,
    };
  },
});
