/** The tasks of a run, and every try of a task. */
import { z } from "zod";
import { listTaskEntries, listTryEntries } from "../../../state/pages/task-page.ts";
import { defineRoute, several } from "../route.ts";
import { cursorPaging, nextCursor, readCursorPage, writeCursor } from "./listing.ts";
import { taskInstance, tryInstance, writeTask, writeTry } from "./task-fields.ts";
import { airflowTaskState, writeTaskState } from "./wire.ts";
import { pickRun, pickTask, runParams, taskParams } from "./known-run.ts";

export const taskList = z.strictObject({ task_instances: z.array(taskInstance), total_entries: z.int() });

export const listTaskInstances = defineRoute({
  operationId: "get_task_instances",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances",
  tag: "TaskInstances",
  summary: "The tasks of a run, in the Dag's order.",
  params: runParams,
  search: { ...cursorPaging, state: several(airflowTaskState) },
  answer: taskList.extend({ next_cursor: nextCursor }),
  handle(tools, { params, search }) {
    const run = pickRun(tools, params.dag_id, params.dag_run_id);
    const list = `${run.dagRunId}`;
    const { limit, offset, after } = readCursorPage(list, search, 1);
    const all = listTaskEntries(tools.query, run.dagRunId).filter(({ state }) => {
      const written = writeTaskState(state);
      return search.state === undefined || (written !== null && search.state.includes(written));
    });
    const rest = all.filter(({ taskInstanceId }) => taskInstanceId > Number(after?.[0] ?? 0));
    const page = rest.slice(offset, offset + limit);
    const last = rest.length > offset + limit ? page.at(-1) : undefined;
    return {
      task_instances: page.map((entry) => writeTask(entry, run, tools)),
      total_entries: all.length,
      next_cursor: writeCursor(list, search, last === undefined ? null : [last.taskInstanceId]),
    };
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
      task_instances: tries.map((entry) => writeTry(tools, entry, task, run)),
      total_entries: tries.length,
    };
  },
});
