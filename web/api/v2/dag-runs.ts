/** DagRuns: lists with filters, and single ones. */
import { z } from "zod";
import { CommandRefused } from "../../../model/errors.ts";
import { readFollowedDags } from "../../../app/dags/followed-dags.ts";
import { orderNewRun } from "../../../app/runs/order-run.ts";
import { formatRunId, type DagRunState } from "../../../model/run/dag-run.ts";
import {
  findRunEntry,
  listRunPage,
  readRunEntry,
  RUN_DATES,
  RUN_ORDERS,
  type RunEntry,
} from "../../../state/pages/run-page.ts";
import { givenParams, previewHash, readNewRun } from "../bodies.ts";
import { defineRoute, defineWrite, several, type ReadTools } from "../route.ts";
import { dagId, pickDag, pickEnabledDag } from "./known-dag.ts";
import { instant, orderParameter, paging, readOrder, readPage, utc } from "./listing.ts";
import { airflowRunState, airflowRunType, measureSeconds, readRunStates, writeRunState } from "./wire.ts";

const ALL_DAGS = "~";

const dagRun = z.strictObject({
  dag_run_id: z.string(),
  dag_id: z.string(),
  dag_display_name: z.string(),
  logical_date: utc.nullable(),
  run_after: utc,
  queued_at: utc.nullable(),
  start_date: utc.nullable(),
  end_date: utc.nullable(),
  duration: z.number().nullable(),
  data_interval_start: utc.nullable(),
  data_interval_end: utc.nullable(),
  last_scheduling_decision: z.null(),
  run_type: airflowRunType,
  state: airflowRunState,
  triggered_by: z.enum(["cli", "timetable", "backfill"]).nullable(),
  triggering_user_name: z.string().nullable(),
  conf: z.record(z.string(), z.unknown()),
  note: z.string().nullable(),
  dag_versions: z.array(z.never()),
  bundle_version: z.null(),
  partition_key: z.null(),
  dagmar: z
    .strictObject({
      state: z.enum(["queued", "running", "success", "failed", "cancelled"]),
      stop_reason: z.string().nullable(),
      fingerprint: z.string().describe("The version of the Dag's definition."),
      backfill_id: z.int().nullable(),
      lake: z.string().nullable(),
    })
    .describe("Dagmar's own fields."),
});

const dateParameters = Object.fromEntries(
  [...RUN_DATES, "run_after"].flatMap((date) =>
    (["gte", "gt", "lte", "lt"] as const).map((comparison) => [`${date}_${comparison}`, instant]),
  ),
) as Record<`${(typeof RUN_DATES)[number] | "run_after"}_${"gte" | "gt" | "lte" | "lt"}`, typeof instant>;

export const listDagRuns = defineRoute({
  operationId: "get_dag_runs",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/dagRuns",
  tag: "DagRuns",
  summary: "The runs of a Dag, or of all Dags with ~ for its id.",
  params: { dag_id: dagId },
  search: {
    ...paging,
    order_by: orderParameter(RUN_ORDERS),
    state: several(airflowRunState),
    run_type: several(airflowRunType),
    ...dateParameters,
  },
  answer: z.strictObject({ dag_runs: z.array(dagRun), total_entries: z.int() }),
  handle({ query }, { params, search }) {
    const isAll = params.dag_id === ALL_DAGS;
    if (!isAll) pickDag(query, params.dag_id);
    const page = listRunPage(
      query,
      {
        dagId: isAll ? undefined : params.dag_id,
        states: readRunStates(search.state),
        runTypes: search.run_type,
        dates: readDates(search),
      },
      readOrder(search.order_by, RUN_ORDERS, [{ column: "id", isDescending: false }]),
      readPage(search),
    );
    return { dag_runs: page.rows.map(writeRun), total_entries: page.total };
  },
});

export const getDagRun = defineRoute({
  operationId: "get_dag_run",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}",
  tag: "DagRuns",
  summary: "One run.",
  params: { dag_id: dagId, dag_run_id: z.string() },
  search: {},
  answer: dagRun,
  handle: (tools, { params }) => writeRun(pickRun(tools, params.dag_id, params.dag_run_id)),
});

export const triggerDagRun = defineWrite({
  operationId: "trigger_dag_run",
  method: "POST",
  path: "/api/v2/dags/{dag_id}/dagRuns",
  tag: "DagRuns",
  summary: "Creates a run now, or for a date.",
  params: { dag_id: dagId },
  search: {},
  body: z.strictObject({
    logical_date: z
      .string()
      .nullish()
      .describe("An instant, or a day in the Dag's zone, as `--date` of the commands; null or absent: now."),
    conf: givenParams.nullish().describe("Overrides params of the Dag."),
    dag_run_id: z
      .string()
      .nullish()
      .describe("Runs are named after their type and date: only that name is accepted."),
    data_interval_start: z.null().optional(),
    data_interval_end: z.null().optional(),
    run_after: z.null().optional(),
    note: z.null().optional(),
    partition_key: z.null().optional(),
    force: z.boolean().optional().describe("Also for a date after the Dag's next slot."),
    preview_hash: previewHash,
  }),
  answer: dagRun,
  orders: ["run"],
  plan(tools, { params, body }) {
    const version = pickEnabledDag(tools.query, params.dag_id);
    const words = readNewRun(body);
    const order = orderNewRun(
      tools,
      version,
      readFollowedDags(tools.query, version),
      words,
      body.preview_hash ?? null,
    );
    assertRunId(body.dag_run_id ?? null, order.request.logicalDate);
    return { order };
  },
  conclude: (tools, _, { dagRunId }) => writeRun(readRunEntry(tools.query, dagRunId)),
});

/** Raises `USAGE`. */
function assertRunId(given: string | null, logicalDate: string | null): void {
  if (given === null) return;
  const own = logicalDate === null ? "manual__ and its date" : formatRunId("manual", new Date(logicalDate));
  if (given === own) return;
  throw new CommandRefused("USAGE", `dag_run_id: a run is named ${own}, not as the request says.`, {
    hint: "Leave dag_run_id out: the answer has the run's id.",
  });
}

/** Raises `RUN_UNKNOWN`. */
export function pickRun({ query, lakeId }: ReadTools, dag: string, runId: string): RunEntry {
  const found = findRunEntry(query, lakeId, dag, runId);
  if (found !== undefined) return found;
  throw new CommandRefused("RUN_UNKNOWN", `${dag} has no run ${runId}.`);
}

/** `run_after` is the logical date here: a slot's run is due at its date. */
function readDates(search: Readonly<Record<string, unknown>>) {
  return Object.keys(dateParameters).flatMap((name) => {
    const given = search[name];
    if (typeof given !== "string") return [];
    const cut = name.lastIndexOf("_");
    const date = name.slice(0, cut);
    return [
      {
        date: date === "run_after" ? "logical_date" : (date as (typeof RUN_DATES)[number]),
        comparison: name.slice(cut + 1) as "gte" | "gt" | "lte" | "lt",
        instant: new Date(given).toISOString(),
      } as const,
    ];
  });
}

function writeRun(run: RunEntry): z.infer<typeof dagRun> {
  return {
    dag_run_id: run.runId,
    dag_id: run.dagId,
    dag_display_name: run.dagId,
    logical_date: run.logicalDate,
    run_after: run.logicalDate,
    queued_at: run.createdAt,
    start_date: run.startedAt,
    end_date: run.finishedAt,
    duration: measureSeconds(run.startedAt, run.finishedAt),
    data_interval_start: run.intervalStart,
    data_interval_end: run.intervalEnd,
    last_scheduling_decision: null,
    run_type: run.runType,
    state: writeRunState(run.state),
    triggered_by: TRIGGERS[run.runType] ?? null,
    triggering_user_name: run.requestedBy,
    conf: { ...run.params },
    note: null,
    dag_versions: [],
    bundle_version: null,
    partition_key: null,
    dagmar: {
      state: run.state satisfies DagRunState,
      stop_reason: run.stopReason,
      fingerprint: run.fingerprint,
      backfill_id: run.backfillId,
      lake: run.lake,
    },
  };
}

const TRIGGERS: Readonly<Record<string, "cli" | "timetable" | "backfill">> = {
  manual: "cli",
  scheduled: "timetable",
  backfill: "backfill",
};
