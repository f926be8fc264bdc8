/** Backfills: lists, previews, starts and cancels them. */
import { z } from "zod";
import {
  orderBackfill,
  previewBackfillOrder,
  type BackfillWords,
} from "../../../app/backfills/order-backfill.ts";
import { orderCancelBackfill, readBackfillEntry } from "../../../app/backfills/order-cancel.ts";
import { readFollowedDags } from "../../../app/dags/followed-dags.ts";
import { CommandRefused } from "../../../model/errors.ts";
import { listBackfillPage, type BackfillEntry } from "../../../state/pages/backfill-page.ts";
import { onlyFalse, previewHash } from "../bodies.ts";
import { definePreview, defineRoute, defineWrite, type ReadTools, type WriteRoute } from "../route.ts";
import { dagId, pickEnabledDag } from "./known-dag.ts";
import { flagParameter, paging, readFlag, readPage, utc } from "./listing.ts";

const reprocess = z.enum(["none", "failed", "completed"]);

const backfill = z.strictObject({
  id: z.int(),
  dag_id: z.string(),
  dag_display_name: z.string(),
  from_date: utc,
  to_date: utc,
  dag_run_conf: z.record(z.string(), z.unknown()),
  is_paused: z.boolean(),
  reprocess_behavior: reprocess,
  max_active_runs: z.int(),
  created_at: utc,
  completed_at: utc.nullable(),
  updated_at: utc,
  dagmar: z
    .strictObject({
      state: z.enum(["running", "done", "cancelled"]),
      is_refetch: z.boolean(),
      lake: z.string().nullable(),
      runs: z.int(),
      open_runs: z.int(),
      failed_runs: z.int(),
    })
    .describe("Dagmar's own fields."),
});

/** As Airflow's `BackfillPostBody`; what Dagmar cannot do is refused. */
export const backfillFields = {
  from_date: z.string().describe("An instant or a day, included."),
  to_date: z.string().describe("An instant or a day, included."),
  reprocess_behavior: reprocess.nullish().describe("By default none."),
  max_active_runs: z
    .int()
    .min(1)
    .max(999_999_999)
    .nullish()
    .describe("By default the Dag's max_active_runs."),
  refetch: z.boolean().nullish().describe("Dagmar's own: also asks again for what is stored."),
  dag_run_conf: z.strictObject({}, "Runs of a backfill have the Dag's params").nullish(),
  run_backwards: onlyFalse("The oldest slot comes first"),
  run_on_latest_version: z.literal(true, "A backfill takes the Dag's present definition").nullish(),
} as const;

interface BackfillBody {
  readonly from_date: string;
  readonly to_date: string;
  readonly reprocess_behavior?: string | null | undefined;
  readonly max_active_runs?: number | null | undefined;
  readonly refetch?: boolean | null | undefined;
}

function readBackfillWords(body: BackfillBody): BackfillWords {
  return {
    from: body.from_date,
    to: body.to_date,
    reprocess: body.reprocess_behavior ?? "none",
    isRefetch: body.refetch ?? false,
    maxActive: body.max_active_runs ?? null,
  };
}

export const listBackfills = defineRoute({
  operationId: "list_backfills",
  method: "GET",
  path: "/api/v2/backfills",
  tag: "Backfills",
  summary: "Backfills, newest first.",
  params: {},
  search: {
    ...paging,
    dag_id: dagId.optional(),
    active: flagParameter.describe("Only those that are running, or that have ended."),
  },
  answer: z.strictObject({ backfills: z.array(backfill), total_entries: z.int() }),
  handle({ query }, { search }) {
    const filter = { dagId: search.dag_id, isActive: readFlag(search.active) };
    const page = listBackfillPage(query, filter, readPage(search));
    return { backfills: page.rows.map(writeBackfill), total_entries: page.total };
  },
});

const backfillId = z.coerce.number().int().min(0);

export const getBackfill = defineRoute({
  operationId: "get_backfill",
  method: "GET",
  path: "/api/v2/backfills/{backfill_id}",
  tag: "Backfills",
  summary: "One backfill.",
  params: { backfill_id: backfillId },
  search: {},
  answer: backfill,
  handle: (tools, { params }) => writeBackfill(readBackfillEntry(tools.query, params.backfill_id)),
});

export const createBackfill = defineWrite({
  operationId: "create_backfill",
  method: "POST",
  path: "/api/v2/backfills",
  tag: "Backfills",
  summary: "Creates the runs of a range. The same range again, while it is running, is the same backfill.",
  params: {},
  search: {},
  body: z.strictObject({ dag_id: dagId, ...backfillFields, preview_hash: previewHash }),
  answer: backfill,
  orders: ["backfill"],
  plan({ query }, { body }) {
    const dag = pickEnabledDag(query, body.dag_id);
    const words = readBackfillWords(body);
    return { order: orderBackfill(dag, readFollowedDags(query, dag), words, body.preview_hash ?? null) };
  },
  conclude(tools, { body }, started) {
    if (started.how !== "empty") return writeBackfill(readBackfillEntry(tools.query, started.backfillId));
    throw new CommandRefused(
      "BACKFILL_EMPTY",
      `There is nothing to do: all ${started.skipped} slots of ${body.dag_id} in this range are skipped.`,
      { hint: `POST /api/dagmar/dags/${body.dag_id}/preview/backfill says why.` },
    );
  },
  preview: (tools, { body }) => writeBackfillPreview(tools, body.dag_id, body),
});

export const previewBackfills = definePreview({
  operationId: "create_backfill_dry_run",
  method: "POST",
  path: "/api/v2/backfills/dry_run",
  tag: "Backfills",
  summary: "The slots that would get a run, or run again.",
  params: {},
  search: {},
  body: z.strictObject({ dag_id: dagId, ...backfillFields }),
  answer: z.strictObject({
    backfills: z.array(
      z.strictObject({ logical_date: utc, partition_date: z.null(), partition_key: z.null() }),
    ),
    total_entries: z.int(),
  }),
  handle(tools, { body }) {
    const { slots } = writeBackfillPreview(tools, body.dag_id, body);
    const wanted = slots.filter(({ verdict }) => verdict !== "skip");
    const backfills = wanted.map(({ logical_date }) => ({
      logical_date,
      partition_date: null,
      partition_key: null,
    }));
    return { backfills, total_entries: backfills.length };
  },
});

export const backfillPreview = z.strictObject({
  hash: z.string(),
  slots: z.array(
    z.strictObject({
      logical_date: utc,
      verdict: z.enum(["new", "again", "open", "skip"]),
      reason: z.string(),
    }),
  ),
  counts: z.strictObject({ new: z.int(), again: z.int(), open: z.int(), skip: z.int() }),
  command: z.string(),
});

export function writeBackfillPreview(
  tools: ReadTools,
  asked: string,
  body: BackfillBody,
): z.input<typeof backfillPreview> {
  const dag = pickEnabledDag(tools.query, asked);
  const words = readBackfillWords(body);
  const { hash, verdicts, command } = previewBackfillOrder(
    tools,
    dag,
    readFollowedDags(tools.query, dag),
    words,
  );
  const counts = { new: 0, again: 0, open: 0, skip: 0 };
  for (const { verdict } of verdicts) counts[verdict] += 1;
  const slots = verdicts.map(({ logicalDate, verdict, reason }) => ({
    logical_date: logicalDate,
    verdict,
    reason,
  }));
  return { hash, slots, counts, command };
}

function defineCancel(method: "PUT" | "POST", operationId: string): WriteRoute {
  return defineWrite({
    operationId,
    method,
    path: "/api/v2/backfills/{backfill_id}/cancel",
    tag: "Backfills",
    summary: "Cancels a running backfill: its open runs are cancelled.",
    params: { backfill_id: backfillId },
    search: {},
    body: z.strictObject({}),
    answer: backfill,
    orders: ["cancel_backfill"],
    plan(tools, { params }) {
      const entry = readBackfillEntry(tools.query, params.backfill_id);
      const order = orderCancelBackfill(entry, tools.lakeId);
      return order === null ? { answer: writeBackfill(entry) } : { order };
    },
    conclude: (tools, { params }) => writeBackfill(readBackfillEntry(tools.query, params.backfill_id)),
  });
}

export const cancelBackfill = defineCancel("PUT", "cancel_backfill");
export const postCancelBackfill = defineCancel("POST", "post_cancel_backfill");

function writeBackfill(entry: BackfillEntry): z.infer<typeof backfill> {
  return {
    id: entry.backfillId,
    dag_id: entry.dagId,
    dag_display_name: entry.dagId,
    from_date: entry.fromDate,
    to_date: entry.toDate,
    dag_run_conf: {},
    is_paused: false,
    reprocess_behavior: entry.reprocess,
    max_active_runs: entry.maxActive,
    created_at: entry.createdAt,
    completed_at: entry.finishedAt,
    updated_at: entry.finishedAt ?? entry.createdAt,
    dagmar: {
      state: entry.state,
      is_refetch: entry.isRefetch,
      lake: entry.lake,
      runs: entry.runCount,
      open_runs: entry.openCount,
      failed_runs: entry.failedCount,
    },
  };
}
