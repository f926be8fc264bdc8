/** What a request that writes would do, with a hash: the request is refused if that has changed since. */
import { z } from "zod";
import { readFollowedDags } from "../../../app/dags/followed-dags.ts";
import { planNewRun } from "../../../app/runs/order-run.ts";
import { newRunFields, readNewRun } from "../bodies.ts";
import { definePreview, type ReadTools } from "../route.ts";
import { backfillFields, backfillPreview, writeBackfillPreview } from "../v2/backfills.ts";
import { clearFields, clearPreview, orderOfBody, writeClearPreview } from "../v2/clear.ts";
import { dagId, pickEnabledDag } from "../v2/known-dag.ts";
import { utc } from "../v2/listing.ts";
import { markPreview, writeMarkPreview } from "../v2/mark.ts";

const newRunPreview = z.strictObject({
  hash: z.string(),
  dag_id: z.string(),
  logical_date: utc.nullable().describe("null: the moment at which it is made."),
  conf: z.record(z.string(), z.unknown()).describe("With the Dag's defaults."),
  tasks: z.array(z.string()),
  existing: z
    .strictObject({ dag_run_id: z.string(), state: z.string() })
    .nullable()
    .describe("The run that the date has: then none is made."),
  is_paused: z.boolean().describe("The run starts anyway; the schedule makes no runs."),
  command: z.string(),
});

export function writeNewRunPreview(
  tools: ReadTools,
  asked: string,
  body: Parameters<typeof readNewRun>[0],
): z.input<typeof newRunPreview> {
  const dag = pickEnabledDag(tools.query, asked);
  const plan = planNewRun(tools, dag, readFollowedDags(tools.query, dag), readNewRun(body));
  const { existing } = plan;
  return {
    hash: plan.hash,
    dag_id: dag.dagId,
    logical_date: plan.logicalDate,
    conf: { ...plan.params },
    tasks: [...plan.tasks],
    existing: existing === undefined ? null : { dag_run_id: existing.runId, state: existing.state },
    is_paused: dag.isPaused,
    command: plan.command,
  };
}

const common = { method: "POST", tag: "Dagmar", params: { dag_id: dagId }, search: {} } as const;

export const previewTrigger = definePreview({
  ...common,
  operationId: "preview_trigger",
  path: "/api/dagmar/dags/{dag_id}/preview/trigger",
  summary: "The run that a trigger would make.",
  body: z.strictObject(newRunFields),
  answer: newRunPreview,
  handle: (tools, input) => writeNewRunPreview(tools, input.params.dag_id, input.body),
});

export const previewClear = definePreview({
  ...common,
  operationId: "preview_clear",
  path: "/api/dagmar/dags/{dag_id}/preview/clear",
  summary: "The tasks that clearTaskInstances would clear.",
  body: z.strictObject(clearFields),
  answer: clearPreview,
  handle(tools, input) {
    const dag = pickEnabledDag(tools.query, input.params.dag_id);
    return writeClearPreview(tools, orderOfBody(tools, dag, input.body, null));
  },
});

export const previewMark = definePreview({
  ...common,
  operationId: "preview_mark",
  path: "/api/dagmar/dags/{dag_id}/preview/mark",
  summary: "What marking a task would change.",
  body: z.strictObject({
    dag_run_id: z.string(),
    task_id: z.string(),
    new_state: z.enum(["success", "failed"]),
  }),
  answer: markPreview,
  handle(tools, input) {
    const { new_state: state, ...place } = input.body;
    return writeMarkPreview(tools, { ...input.params, ...place }, state);
  },
});

export const previewBackfill = definePreview({
  ...common,
  operationId: "preview_backfill",
  path: "/api/dagmar/dags/{dag_id}/preview/backfill",
  summary: "What a backfill would do with each slot, and why.",
  body: z.strictObject(backfillFields),
  answer: backfillPreview,
  handle: (tools, input) => writeBackfillPreview(tools, input.params.dag_id, input.body),
});
