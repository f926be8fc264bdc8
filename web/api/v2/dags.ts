/** Dags: lists with filters, single ones with or without what their file sets, and whether their schedule is paused. */
import { z } from "zod";
import { countRunningRunsOf, listDagPage } from "../../../state/pages/dag-page.ts";
import { defineRoute, defineWrite, several } from "../route.ts";
import { dagFields, dagSchema, writeDag } from "./dag-fields.ts";
import { listVersions, versionSchema } from "./dag-versions.ts";
import { dagId, pickDag } from "./known-dag.ts";
import { flagParameter, orderParameter, paging, readFlag, readOrder, readPage, utc } from "./listing.ts";

const dagDetails = z.strictObject({
  ...dagFields,
  catchup: z.boolean(),
  dag_run_timeout: z.string().nullable().describe("ISO 8601 duration."),
  asset_expression: z.null(),
  doc_md: z.null(),
  start_date: utc.nullable(),
  end_date: utc.nullable(),
  is_paused_upon_creation: z.boolean(),
  params: z.record(z.string(), z.unknown()),
  render_template_as_native_obj: z.boolean(),
  template_search_path: z.null(),
  timezone: z.string(),
  last_parsed: utc.nullable(),
  default_args: z.record(z.string(), z.unknown()),
  owner_links: z.record(z.string(), z.string()),
  concurrency: z.int(),
  latest_dag_version: versionSchema.nullable(),
  is_favorite: z.boolean(),
  active_runs_count: z.int(),
});

const DAG_ORDERS = ["dag_id", "is_paused"] as const;

export const listDags = defineRoute({
  operationId: "get_dags",
  method: "GET",
  path: "/api/v2/dags",
  tag: "Dags",
  summary: "Dags that were run or scheduled at least once.",
  params: {},
  search: {
    ...paging,
    order_by: orderParameter(DAG_ORDERS),
    paused: flagParameter,
    exclude_stale: flagParameter.describe("By default true: without Dags whose file is gone, broken or off."),
    dag_id_pattern: z.string().optional(),
  },
  answer: z.strictObject({ dags: z.array(dagSchema), total_entries: z.int() }),
  handle(tools, { search }) {
    const page = listDagPage(
      tools.query,
      {
        isPaused: readFlag(search.paused),
        isActive: (readFlag(search.exclude_stale) ?? true) ? true : undefined,
        pattern: search.dag_id_pattern?.replaceAll("%", ""),
      },
      readOrder(search.order_by, DAG_ORDERS, [{ column: "dag_id", isDescending: false }]),
      readPage(search),
    );
    return { dags: page.rows.map((entry) => writeDag(entry, tools)), total_entries: page.total };
  },
});

export const getDag = defineRoute({
  operationId: "get_dag",
  method: "GET",
  path: "/api/v2/dags/{dag_id}",
  tag: "Dags",
  summary: "One Dag.",
  params: { dag_id: dagId },
  search: {},
  answer: dagSchema,
  handle: (tools, { params }) => writeDag(pickDag(tools.query, params.dag_id), tools),
});

export const patchDag = defineWrite({
  operationId: "patch_dag",
  method: "PATCH",
  path: "/api/v2/dags/{dag_id}",
  tag: "Dags",
  summary: "Pauses a Dag's schedule, or unpauses it.",
  params: { dag_id: dagId },
  search: {
    update_mask: several(z.literal("is_paused")).describe("As in Airflow: the only field that changes."),
  },
  body: z.strictObject({ is_paused: z.boolean() }),
  answer: dagSchema,
  orders: ["pause"],
  plan({ query }, { params, body }) {
    const { dagId: id, fingerprint } = pickDag(query, params.dag_id);
    return {
      order: { kind: "pause", request: { dag: { dagId: id, fingerprint }, isPaused: body.is_paused } },
    };
  },
  conclude: (tools, { params }) => writeDag(pickDag(tools.query, params.dag_id), tools),
});

export const getDagDetails = defineRoute({
  operationId: "get_dag_details",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/details",
  tag: "Dags",
  summary: "One Dag with everything that its file sets.",
  params: { dag_id: dagId },
  search: {},
  answer: dagDetails,
  handle(tools, { params }) {
    const entry = pickDag(tools.query, params.dag_id);
    const { definition } = entry;
    const base = writeDag(entry, tools);
    const [latest] = listVersions(tools, entry.dagId, { limit: 1, offset: 0 }).dag_versions;
    return {
      ...base,
      catchup: definition.catchup !== "none",
      dag_run_timeout: definition.timeoutSeconds === null ? null : `PT${definition.timeoutSeconds}S`,
      asset_expression: null,
      doc_md: null,
      start_date: definition.startAt,
      end_date: definition.endAt,
      is_paused_upon_creation: false,
      params: { ...definition.params },
      render_template_as_native_obj: false,
      template_search_path: null,
      timezone: definition.timezone,
      last_parsed: entry.seenAt,
      default_args: {},
      owner_links: {},
      concurrency: base.max_active_tasks,
      latest_dag_version: latest ?? null,
      is_favorite: false,
      active_runs_count: countRunningRunsOf(tools.query, entry.dagId),
    };
  },
});
