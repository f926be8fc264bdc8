/** Clears tasks of one run or of several, so that they run again. Without `dry_run: false` it only says which. */
import { z } from "zod";
import { orderRerun } from "../../../app/runs/order-run-again.ts";
import { orderClear, previewClear, type ClearRunsWords } from "../../../app/tasks/order-clear.ts";
import { CommandRefused } from "../../../model/errors.ts";
import type { DagEntry } from "../../../state/pages/dag-page.ts";
import { listTaskEntries } from "../../../state/pages/task-page.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import { onlyFalse, onlyNull, onlyTrue, previewHash } from "../bodies.ts";
import { defineWrite, type ReadTools } from "../route.ts";
import { dagId, pickEnabledDag } from "./known-dag.ts";
import { dagRun, writeOneRun } from "./run-fields.ts";
import { writeTask, type taskInstance } from "./task-fields.ts";
import { taskList } from "./task-instances.ts";
import { pickOwnRun, pickRun, runParams } from "./known-run.ts";

const taskName = z.union([
  z.string(),
  z.tuple([z.string(), z.literal(-1, "There are no mapped tasks: the map index is -1")]),
]);

/** As Airflow's `ClearTaskInstancesBody`; what Dagmar cannot do is refused. */
export const clearFields = {
  dag_run_id: z.string().nullish().describe("Of this run alone."),
  start_date: z.string().nullish().describe("The first logical date, included: an instant or a day."),
  end_date: z.string().nullish().describe("The last one, included."),
  task_ids: z.array(taskName).nullish().describe("null: all."),
  include_downstream: z.boolean().nullish(),
  only_failed: z.boolean().nullish().describe("By default true, as in Airflow."),
  include_future: z.boolean().nullish().describe("With dag_run_id: also the runs of later dates."),
  include_past: z.boolean().nullish().describe("With dag_run_id: also the runs of earlier dates."),
  include_upstream: onlyFalse("Name the upstream tasks in task_ids"),
  only_running: onlyFalse("A running task is not cleared"),
  reset_dag_runs: onlyTrue("A run with a cleared task is always queued again"),
  run_on_latest_version: onlyFalse("Clear the whole run to run it on the latest version"),
  prevent_running_task: z.boolean().nullish().describe("Always so: a running task is never cleared."),
  note: onlyNull("Dagmar keeps no notes"),
} as const;

type ClearBody = { readonly [Name in keyof typeof clearFields]?: z.output<(typeof clearFields)[Name]> };

/** Raises `RUN_UNKNOWN`, `SETTINGS_DIFFER`, `USAGE`. */
export function orderOfBody(tools: ReadTools, dag: DagEntry, body: ClearBody, expected: string | null) {
  const { dagId: id, definition } = dag;
  return orderClear({ dagId: id, timezone: definition.timezone }, readWords(tools, id, body), expected);
}

function readWords(tools: ReadTools, dag: string, body: ClearBody): ClearRunsWords {
  const tasks = body.task_ids?.map((name) => (typeof name === "string" ? name : name[0])) ?? null;
  const common = {
    taskIds: tasks === null ? null : [...new Set(tasks)],
    isDownstream: body.include_downstream ?? false,
    isFailedOnly: body.only_failed ?? true,
  };
  const [from, to] = [body.start_date ?? null, body.end_date ?? null];
  const runId = body.dag_run_id ?? null;
  if (runId === null) {
    if (body.include_future === true || body.include_past === true) {
      throw new CommandRefused("USAGE", "include_future and include_past need a dag_run_id.");
    }
    return { ...common, logicalDate: null, from, to };
  }
  if (from !== null || to !== null) {
    throw new CommandRefused("USAGE", "dag_run_id names one run: leave start_date and end_date out.");
  }
  const { logicalDate } = pickOwnRun(tools, dag, runId);
  if (body.include_future !== true && body.include_past !== true) {
    return { ...common, logicalDate, from: null, to: null };
  }
  return {
    ...common,
    logicalDate: null,
    from: body.include_past === true ? null : logicalDate,
    to: body.include_future === true ? null : logicalDate,
  };
}

/** More are counted, and not listed. */
const MOST_LISTED = 1_000;

/** The rows of these tasks, as they are now. */
function listNamed(
  tools: ReadTools,
  dag: string,
  runs: readonly { readonly runId: string; readonly tasks: readonly string[] }[],
) {
  const listed: z.input<typeof taskInstance>[] = [];
  let total = 0;
  for (const { runId, tasks } of runs) {
    total += tasks.length;
    if (tasks.length === 0 || listed.length >= MOST_LISTED) continue;
    const run = pickRun(tools, dag, runId);
    for (const entry of listTaskEntries(tools.query, run.dagRunId)) {
      if (tasks.includes(entry.taskId)) listed.push(writeTask(entry, run, tools));
    }
  }
  return { task_instances: listed.slice(0, MOST_LISTED), total_entries: total };
}

function listPlanned(tools: ReadTools, dag: DagEntry, order: ReturnType<typeof orderClear>) {
  const { runs } = previewClear(tools.query, tools.lakeId, order.request);
  const named = runs.map(({ run, tasks }) => ({
    runId: run.runId,
    tasks: tasks.map(({ taskId }) => taskId),
  }));
  return listNamed(tools, dag.dagId, named);
}

export const clearTaskInstances = defineWrite({
  operationId: "post_clear_task_instances",
  method: "POST",
  path: "/api/v2/dags/{dag_id}/clearTaskInstances",
  tag: "TaskInstances",
  summary: "Clears tasks of runs, so that they run again. Lists them only, unless dry_run is false.",
  params: { dag_id: dagId },
  search: {},
  body: z.strictObject({
    ...clearFields,
    dry_run: z.boolean().nullish().describe("By default true."),
    preview_hash: previewHash,
  }),
  answer: taskList.describe("At most 1,000 of them; total_entries counts all."),
  orders: ["clear"],
  plan(tools, { params, body }) {
    const dag = pickEnabledDag(tools.query, params.dag_id);
    const order = orderOfBody(tools, dag, body, body.preview_hash ?? null);
    return body.dry_run === false ? { order } : { answer: listPlanned(tools, dag, order) };
  },
  conclude: (tools, { params }, { cleared }) => listNamed(tools, params.dag_id, cleared),
  preview(tools, { params, body }) {
    const dag = pickEnabledDag(tools.query, params.dag_id);
    return writeClearPreview(tools, orderOfBody(tools, dag, body, null));
  },
});

export const clearPreview = z.strictObject({
  hash: z.string(),
  runs: z.array(
    z.strictObject({
      dag_run_id: z.string(),
      logical_date: z.string(),
      state: z.string(),
      tasks: z.array(z.strictObject({ task_id: z.string(), state: z.string() })),
    }),
  ),
  total_tasks: z.int(),
  command: z.string().nullable().describe("What does the same in a terminal."),
});

export function writeClearPreview(
  { query, lakeId }: ReadTools,
  { request }: ReturnType<typeof orderClear>,
): z.input<typeof clearPreview> {
  const { hash, runs, command } = previewClear(query, lakeId, request);
  return {
    hash,
    command,
    total_tasks: runs.reduce((sum, { tasks }) => sum + tasks.length, 0),
    runs: runs.map(({ run, tasks }) => ({
      dag_run_id: run.runId,
      logical_date: run.logicalDate,
      state: run.state,
      tasks: tasks.map(({ taskId, state }) => ({ task_id: taskId, state })),
    })),
  };
}

export const clearDagRun = defineWrite({
  operationId: "clear_dag_run",
  method: "POST",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/clear",
  tag: "DagRuns",
  summary: "Clears the tasks of a run. Lists them only, unless dry_run is false.",
  params: runParams,
  search: {},
  body: z.strictObject({
    dry_run: z.boolean().nullish().describe("By default true."),
    only_failed: z.boolean().nullish(),
    run_on_latest_version: z.boolean().nullish().describe("Of all tasks: not with only_failed."),
    note: onlyNull("Dagmar keeps no notes"),
    preview_hash: previewHash,
  }),
  answer: z.union([dagRun, taskList]),
  orders: ["clear", "run"],
  plan(tools, { params, body }) {
    const dag = pickEnabledDag(tools.query, params.dag_id);
    const order = orderOfRun(tools, dag, params.dag_run_id, body, body.preview_hash ?? null);
    if (body.dry_run !== false) return { answer: listPlanned(tools, dag, order) };
    if (body.run_on_latest_version !== true) return { order };
    const run = pickOwnRun(tools, params.dag_id, params.dag_run_id);
    return { order: orderRerun(readRun(tools.query, run.dagRunId), dag, tools.lakeId) };
  },
  conclude: (tools, { params }) => writeOneRun(tools, pickRun(tools, params.dag_id, params.dag_run_id)),
  preview(tools, { params, body }) {
    const dag = pickEnabledDag(tools.query, params.dag_id);
    return writeClearPreview(tools, orderOfRun(tools, dag, params.dag_run_id, body, null));
  },
});

function orderOfRun(
  tools: ReadTools,
  dag: DagEntry,
  runId: string,
  body: {
    readonly only_failed?: boolean | null | undefined;
    readonly run_on_latest_version?: boolean | null | undefined;
  },
  expected: string | null,
) {
  const isFailedOnly = body.only_failed ?? false;
  if (isFailedOnly && body.run_on_latest_version === true) {
    throw new CommandRefused("USAGE", "run_on_latest_version is for all tasks: leave only_failed out.");
  }
  if (expected !== null && body.run_on_latest_version === true) {
    throw new CommandRefused("USAGE", "run_on_latest_version has no preview: leave preview_hash out.");
  }
  return orderOfBody(tools, dag, { dag_run_id: runId, only_failed: isFailedOnly }, expected);
}
