/** Changes the state of a run: cancels it, or resumes it. */
import { z } from "zod";
import { orderCancel, orderResume } from "../../../app/runs/order-run-again.ts";
import { CommandRefused } from "../../../model/errors.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import { onlyNull } from "../bodies.ts";
import { defineWrite, several, type ReadTools } from "../route.ts";
import { pickEnabledDag } from "./known-dag.ts";
import { dagRun, writeOneRun } from "./run-fields.ts";
import { pickOwnRun, pickRun, runParams } from "./known-run.ts";

export const patchDagRun = defineWrite({
  operationId: "patch_dag_run",
  method: "PATCH",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}",
  tag: "DagRuns",
  summary: "Cancels a run (failed), or resumes one that has failed or was cancelled (queued).",
  params: runParams,
  search: { update_mask: several(z.literal("state")) },
  body: z.strictObject({
    state: z.enum(["queued", "success", "failed"]),
    note: onlyNull("Dagmar keeps no notes"),
  }),
  answer: dagRun,
  orders: ["cancel_run", "run"],
  plan(tools, { params, body }) {
    const order = orderState(tools, params.dag_id, params.dag_run_id, body.state);
    if (order !== null) return { order };
    return { answer: writeOneRun(tools, pickRun(tools, params.dag_id, params.dag_run_id)) };
  },
  conclude: (tools, { params }) => writeOneRun(tools, pickRun(tools, params.dag_id, params.dag_run_id)),
});

function orderState(tools: ReadTools, dag: string, runId: string, state: "queued" | "success" | "failed") {
  const run = readRun(tools.query, pickOwnRun(tools, dag, runId).dagRunId);
  switch (state) {
    case "failed":
      return orderCancel(run, tools.lakeId);
    case "queued":
      return orderResume(run, pickEnabledDag(tools.query, dag), tools.lakeId);
    case "success":
      throw new CommandRefused("USAGE", "state: a run succeeds when its tasks do; it is not marked itself.", {
        hint: "Mark its tasks: PATCH …/taskInstances/{task_id} with the new_state success.",
      });
  }
}
