/** What a run and its tasks wait for, in the planner's own words. */
import { z } from "zod";
import { describeWaits } from "../../../app/runs/describe-waits.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import { defineRoute, type ReadTools } from "../route.ts";
import { pickRun, pickTask, runParams, taskParams } from "../v2/known-run.ts";

export const getWaiting = defineRoute({
  operationId: "get_waiting",
  method: "GET",
  path: "/api/dagmar/runs/{dag_id}/{dag_run_id}/waiting",
  tag: "Dagmar",
  summary: "What each open task of a run waits for, and whether the run can continue without a person.",
  params: runParams,
  search: {},
  answer: z.strictObject({
    tasks: z.array(
      z.strictObject({
        task_id: z.string(),
        reasons: z.array(z.strictObject({ kind: z.string(), reason: z.string() })),
      }),
    ),
    run: z.string().nullable().describe("Why a queued run does not start."),
    summary: z.string().nullable().describe("All of it in one line, with the reasons of the runs before it."),
    is_stuck: z.boolean().describe("Nothing that is running or comes due lets it continue."),
    held_by: z
      .array(z.strictObject({ dag_id: z.string(), dag_run_id: z.string() }))
      .describe("The ended runs that hold it."),
  }),
  handle(tools, { params }) {
    const { waiting, turn, waits, isStuck, heldBy } = explain(tools, params);
    return {
      tasks: waiting.map((task) => ({ task_id: task.taskId, reasons: pair(task) })),
      run: turn,
      summary: waits,
      is_stuck: isStuck,
      held_by: heldBy.map(({ dagId, runId }) => ({ dag_id: dagId, dag_run_id: runId })),
    };
  },
});

export const getDependencies = defineRoute({
  operationId: "get_task_instance_dependencies",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/dependencies",
  tag: "TaskInstances",
  summary: "What a task waits for; empty if it is running or has ended.",
  params: taskParams,
  search: {},
  answer: z.strictObject({
    dependencies: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
  }),
  handle(tools, { params }) {
    const { taskId } = pickTask(tools, pickRun(tools, params.dag_id, params.dag_run_id), params.task_id);
    const task = explain(tools, params).waiting.find((one) => one.taskId === taskId);
    return {
      dependencies: task === undefined ? [] : pair(task).map(({ kind, reason }) => ({ name: kind, reason })),
    };
  },
});

function explain(tools: ReadTools, params: { readonly dag_id: string; readonly dag_run_id: string }) {
  const { dagRunId } = pickRun(tools, params.dag_id, params.dag_run_id);
  return describeWaits(tools.query, readRun(tools.query, dagRunId), tools.limits, tools.now);
}

function pair({
  reasons,
  kinds,
}: {
  readonly reasons: readonly string[];
  readonly kinds: readonly string[];
}) {
  return reasons.map((reason, place) => ({ kind: kinds[place] ?? "", reason }));
}
