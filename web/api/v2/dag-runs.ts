/** DagRuns: lists with filters, single ones, and new ones. */
import { z } from "zod";
import { CommandRefused } from "../../../model/errors.ts";
import { readFollowedDags } from "../../../app/dags/followed-dags.ts";
import { orderNewRun } from "../../../app/runs/order-run.ts";
import { formatRunId } from "../../../model/run/dag-run.ts";
import { listRunPage, readRunEntry, RUN_DATES, RUN_ORDERS } from "../../../state/pages/run-page.ts";
import { newRunFields, onlyNull, previewHash, readNewRun } from "../bodies.ts";
import { defineRoute, defineWrite, several } from "../route.ts";
import { writeNewRunPreview } from "../own/previews.ts";
import { dagId, pickDag, pickEnabledDag } from "./known-dag.ts";
import {
  cursorPaging,
  instant,
  nextCursor,
  orderParameter,
  readCursorPage,
  readOrder,
  writeCursor,
} from "./listing.ts";
import { dagRun, writeOneRun, writeRuns } from "./run-fields.ts";
import { airflowRunState, airflowRunType, readRunStates } from "./wire.ts";
import { pickRun } from "./known-run.ts";

const ALL_DAGS = "~";

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
    ...cursorPaging,
    order_by: orderParameter(RUN_ORDERS),
    state: several(airflowRunState),
    run_type: several(airflowRunType),
    ...dateParameters,
  },
  answer: z.strictObject({ dag_runs: z.array(dagRun), total_entries: z.int(), next_cursor: nextCursor }),
  handle(tools, { params, search }) {
    const { query } = tools;
    const isAll = params.dag_id === ALL_DAGS;
    if (!isAll) pickDag(query, params.dag_id);
    const order = readOrder(search.order_by, RUN_ORDERS, [{ column: "id", isDescending: false }]);
    const page = listRunPage(
      query,
      {
        dagId: isAll ? undefined : params.dag_id,
        states: readRunStates(search.state),
        runTypes: search.run_type,
        dates: readDates(search),
      },
      order,
      readCursorPage(params.dag_id, search, order.length + 1),
    );
    return {
      dag_runs: [...writeRuns(tools, page.rows)],
      total_entries: page.total,
      next_cursor: writeCursor(params.dag_id, search, page.next),
    };
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
  handle: (tools, { params }) => writeOneRun(tools, pickRun(tools, params.dag_id, params.dag_run_id)),
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
    ...newRunFields,
    dag_run_id: z
      .string()
      .nullish()
      .describe("Runs are named after their type and date: only that name is accepted."),
    data_interval_start: onlyNull("The interval is the schedule's"),
    data_interval_end: onlyNull("The interval is the schedule's"),
    run_after: onlyNull("A run that is triggered is due at once"),
    note: onlyNull("Dagmar keeps no notes"),
    partition_key: onlyNull("The partition is that of the logical date"),
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
  conclude: (tools, _, { dagRunId }) => writeOneRun(tools, readRunEntry(tools.query, dagRunId)),
  preview: (tools, { params, body }) => writeNewRunPreview(tools, params.dag_id, body),
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
