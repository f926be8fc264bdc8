/** Dags: their definitions, versions, sources, tasks, faults, and counts of runs. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { findTimetables } from "../../../model/dag/dag-timetable.ts";
import { describeSchedule, type DagDefinition, type TaskDefinition } from "../../../model/dag/dag.ts";
import { CommandRefused, formatDagIssue, type DagIssue } from "../../../model/errors.ts";
import { DAG_RUN_STATES } from "../../../model/run/dag-run.ts";
import {
  countRunsByState,
  findDag,
  listDagPage,
  listImportErrorPage,
  listVersionPage,
  type DagEntry,
} from "../../../state/pages/dag-page.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { reply, TEXT } from "../../server/exchange.ts";
import { defineRoute, several, type ReadTools } from "../route.ts";
import { flagParameter, orderParameter, paging, readFlag, readOrder, readPage, utc } from "./listing.ts";
import { airflowRunType, deriveUuid, writeRunState } from "./wire.ts";

export const dagId = z.string().min(1).max(250);

const dagFields = {
  dag_id: z.string(),
  dag_display_name: z.string(),
  is_paused: z.boolean(),
  is_stale: z.boolean(),
  last_parsed_time: utc.nullable(),
  last_parse_duration: z.null(),
  last_expired: z.null(),
  bundle_name: z.string().nullable(),
  bundle_version: z.null(),
  relative_fileloc: z.string().nullable(),
  fileloc: z.string(),
  file_token: z.string(),
  description: z.string().nullable(),
  timetable_summary: z.string().nullable(),
  timetable_description: z.string().nullable(),
  timetable_partitioned: z.boolean(),
  tags: z.array(z.never()),
  owners: z.array(z.string()),
  max_active_tasks: z.int(),
  max_active_runs: z.int().nullable(),
  max_consecutive_failed_dag_runs: z.int(),
  has_task_concurrency_limits: z.boolean(),
  has_import_errors: z.boolean(),
  allowed_run_types: z.array(airflowRunType),
  next_dagrun_logical_date: utc.nullable(),
  next_dagrun_data_interval_start: utc.nullable(),
  next_dagrun_data_interval_end: utc.nullable(),
  next_dagrun_run_after: utc.nullable(),
} as const;

const dag = z.strictObject(dagFields);

const version = z.strictObject({
  id: z.uuid(),
  version_number: z.int(),
  dag_id: z.string(),
  dag_display_name: z.string(),
  bundle_name: z.string().nullable(),
  bundle_version: z.null(),
  bundle_url: z.null(),
  created_at: utc,
  fingerprint: z.string().describe("Dagmar's own: what runs record."),
});

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
  latest_dag_version: version.nullable(),
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
  answer: z.strictObject({ dags: z.array(dag), total_entries: z.int() }),
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
  answer: dag,
  handle: (tools, { params }) => writeDag(pickDag(tools.query, params.dag_id), tools),
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
    const running = countRunsByState(tools.query, [entry.dagId]).find(({ state }) => state === "running");
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
      active_runs_count: running?.count ?? 0,
    };
  },
});

export const listDagVersions = defineRoute({
  operationId: "get_dag_versions",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/dagVersions",
  tag: "Dags",
  summary: "The versions of a Dag's definition, newest first.",
  params: { dag_id: dagId },
  search: paging,
  answer: z.strictObject({ dag_versions: z.array(version), total_entries: z.int() }),
  handle(tools, { params, search }) {
    pickDag(tools.query, params.dag_id);
    return listVersions(tools, params.dag_id, readPage(search));
  },
});

function listVersions(
  { query, databaseId }: ReadTools,
  asked: string,
  page: { readonly limit: number; readonly offset: number },
) {
  const { rows, total } = listVersionPage(query, asked, page);
  return {
    total_entries: total,
    dag_versions: rows.map((entry) => ({
      id: deriveUuid(databaseId, entry.dagId, entry.fingerprint),
      version_number: entry.number,
      dag_id: entry.dagId,
      dag_display_name: entry.dagId,
      bundle_name: "dags",
      bundle_version: null,
      bundle_url: null,
      created_at: entry.createdAt,
      fingerprint: entry.fingerprint,
    })),
  };
}

const source = z.strictObject({
  content: z.string().nullable(),
  dag_id: z.string(),
  dag_display_name: z.string(),
  version_number: z.int().nullable(),
});

export const getDagSource = defineRoute({
  operationId: "get_dag_source",
  method: "GET",
  path: "/api/v2/dagSources/{dag_id}",
  tag: "Dags",
  summary: "The text of a Dag's file as it is now; with Accept: text/plain as plain text.",
  params: { dag_id: dagId },
  search: {},
  answer: source,
  handle({ query, dagsFolder, accept }, { params }) {
    const { dagId: known } = pickDag(query, params.dag_id);
    const content = readSource(dagsFolder, known);
    if (accept.startsWith("text/plain")) {
      if (content === null) throw new CommandRefused("DAG_UNKNOWN", `${known} has no file any more.`);
      return reply(200, TEXT, content);
    }
    return { content, dag_id: known, dag_display_name: known, version_number: null };
  },
});

/** The id comes from the database, not from the request. `null` if the file is gone or cannot be read. */
function readSource(folder: string, known: string): string | null {
  try {
    return readFileSync(path.join(folder, `${known}.yaml`), "utf8");
  } catch {
    return null;
  }
}

const delta = z.strictObject({
  __type: z.literal("TimeDelta"),
  days: z.int(),
  seconds: z.int(),
  microseconds: z.int(),
});

const task = z.strictObject({
  task_id: z.string(),
  task_display_name: z.string(),
  owner: z.null(),
  start_date: z.null(),
  end_date: z.null(),
  trigger_rule: z.string(),
  depends_on_past: z.boolean(),
  wait_for_downstream: z.boolean(),
  retries: z.int(),
  queue: z.null(),
  pool: z.string(),
  pool_slots: z.int(),
  execution_timeout: delta,
  retry_delay: delta,
  retry_exponential_backoff: z.number(),
  priority_weight: z.number(),
  weight_rule: z.string(),
  ui_color: z.null(),
  ui_fgcolor: z.null(),
  template_fields: z.array(z.string()),
  downstream_task_ids: z.array(z.string()),
  doc_md: z.null(),
  operator_name: z.string(),
  params: z.record(z.string(), z.unknown()),
  class_ref: z.null(),
  is_mapped: z.boolean(),
  extra_links: z.array(z.string()),
});

export const listTasks = defineRoute({
  operationId: "get_tasks",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/tasks",
  tag: "Tasks",
  summary: "The tasks of a Dag's present definition, in topological order.",
  params: { dag_id: dagId },
  search: {},
  answer: z.strictObject({ tasks: z.array(task), total_entries: z.int() }),
  handle({ query }, { params }) {
    const { definition } = pickDag(query, params.dag_id);
    const tasks = definition.tasks.map((one) => writeTask(one, definition));
    return { tasks, total_entries: tasks.length };
  },
});

export const getTask = defineRoute({
  operationId: "get_task",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/tasks/{task_id}",
  tag: "Tasks",
  summary: "One task of a Dag's present definition.",
  params: { dag_id: dagId, task_id: z.string() },
  search: {},
  answer: task,
  handle({ query }, { params }) {
    const { definition } = pickDag(query, params.dag_id);
    const found = definition.tasks.find((one) => one.taskId === params.task_id);
    if (found !== undefined) return writeTask(found, definition);
    throw new CommandRefused("TASK_UNKNOWN", `${params.dag_id} has no task ${params.task_id}.`);
  },
});

export const listImportErrors = defineRoute({
  operationId: "get_import_errors",
  method: "GET",
  path: "/api/v2/importErrors",
  tag: "Dags",
  summary: "Dag files that are broken, each fault with its line and column.",
  params: {},
  search: paging,
  answer: z.strictObject({
    import_errors: z.array(
      z.strictObject({
        import_error_id: z.int(),
        timestamp: utc,
        filename: z.string(),
        bundle_name: z.string().nullable(),
        stack_trace: z.string().describe("A fault a line: file:line:column: path: message (hint)."),
      }),
    ),
    total_entries: z.int(),
  }),
  handle({ query }, { search }) {
    const { rows, total } = listImportErrorPage(query, readPage(search));
    return {
      total_entries: total,
      import_errors: rows.map(({ id, file, faults, since }) => ({
        import_error_id: id,
        timestamp: since,
        filename: file,
        bundle_name: "dags",
        stack_trace: (JSON.parse(faults) as DagIssue[]).map(formatDagIssue).join("\n"),
      })),
    };
  },
});

export const getDagStats = defineRoute({
  operationId: "get_dag_stats",
  method: "GET",
  path: "/api/v2/dagStats",
  tag: "Dags",
  summary:
    "The number of runs in each state, by Dag. Cancelled runs count as failed, as in Airflow's states.",
  params: {},
  search: { dag_ids: several(z.string()) },
  answer: z.strictObject({
    dags: z.array(
      z.strictObject({
        dag_id: z.string(),
        dag_display_name: z.string(),
        stats: z.array(z.strictObject({ state: z.string(), count: z.int() })),
      }),
    ),
    total_entries: z.int(),
  }),
  handle({ query }, { search }) {
    const page = { limit: 10_000, offset: 0 };
    const known = listDagPage(query, {}, [{ column: "dag_id", isDescending: false }], page).rows;
    const ids = known.map((entry) => entry.dagId).filter((id) => search.dag_ids?.includes(id) ?? true);
    const counts = countRunsByState(query, ids);
    const states = [...new Set(DAG_RUN_STATES.map(writeRunState))];
    const dags = ids.map((id) => ({
      dag_id: id,
      dag_display_name: id,
      stats: states.map((state) => ({
        state,
        count: counts
          .filter((entry) => entry.dagId === id && writeRunState(entry.state) === state)
          .reduce((sum, { count }) => sum + count, 0),
      })),
    }));
    return { dags, total_entries: dags.length };
  },
});

/** Raises `DAG_UNKNOWN`. */
export function pickDag(query: Query, asked: string): DagEntry {
  const found = findDag(query, asked);
  if (found !== undefined) return found;
  throw new CommandRefused("DAG_UNKNOWN", `No Dag is called ${asked}.`, {
    hint: "A Dag is known once a scheduler has read its file, or a command has run it.",
  });
}

function writeDag(entry: DagEntry, { dagsFolder, now }: ReadTools): z.infer<typeof dag> {
  const { dagId: id, definition } = entry;
  const file = `${id}.yaml`;
  const next = findNextSlot(entry, now);
  const summary = describeSchedule(definition.schedule);
  return {
    dag_id: id,
    dag_display_name: id,
    is_paused: entry.isPaused,
    is_stale: !entry.isActive,
    last_parsed_time: entry.seenAt,
    last_parse_duration: null,
    last_expired: null,
    bundle_name: "dags",
    bundle_version: null,
    relative_fileloc: file,
    fileloc: path.join(dagsFolder, file),
    file_token: id,
    description: definition.description === "" ? null : definition.description,
    timetable_summary: definition.schedule.kind === "manual" ? null : summary,
    timetable_description: `${summary}, ${definition.timezone}`,
    timetable_partitioned: false,
    tags: [],
    owners: [],
    max_active_tasks: definition.maxActiveTasks ?? UNLIMITED_TASKS,
    max_active_runs: definition.maxActiveRuns,
    max_consecutive_failed_dag_runs: 0,
    has_task_concurrency_limits: false,
    has_import_errors: entry.hasImportError,
    allowed_run_types: ["scheduled", "manual", "backfill"],
    next_dagrun_logical_date: next?.at ?? null,
    next_dagrun_data_interval_start: next?.from ?? null,
    next_dagrun_data_interval_end: next?.at ?? null,
    next_dagrun_run_after: next?.at ?? null,
  };
}

/** What Airflow's field holds where the Dag sets no limit of its own. */
const UNLIMITED_TASKS = 1_000_000;

function findNextSlot(
  { definition, cursor, isActive, isPaused }: DagEntry,
  now: Date,
): { readonly from: string; readonly at: string } | undefined {
  if (!isActive || isPaused) return undefined;
  const timetables = findTimetables(definition);
  const from = cursor === null ? now : new Date(cursor);
  const slot = timetables?.bounded.next(from);
  if (timetables === null || slot === undefined) return undefined;
  return { at: slot.toISOString(), from: (timetables.unbounded.previous(slot) ?? slot).toISOString() };
}

function writeTask(one: TaskDefinition, { tasks }: DagDefinition): z.infer<typeof task> {
  return {
    task_id: one.taskId,
    task_display_name: one.taskId,
    owner: null,
    start_date: null,
    end_date: null,
    trigger_rule: one.triggerRule,
    depends_on_past: one.dependsOnPast,
    wait_for_downstream: false,
    retries: one.retries,
    queue: null,
    pool: one.pool,
    pool_slots: 1,
    execution_timeout: writeDelta(one.timeoutSeconds),
    retry_delay: writeDelta(one.retryDelaySeconds),
    retry_exponential_backoff: one.retryBackoff === "exponential" ? 2 : 0,
    priority_weight: one.priority,
    weight_rule: "absolute",
    ui_color: null,
    ui_fgcolor: null,
    template_fields: Object.keys(one.with),
    downstream_task_ids: tasks.filter(({ needs }) => needs.includes(one.taskId)).map(({ taskId }) => taskId),
    doc_md: null,
    operator_name: one.type,
    params: {},
    class_ref: null,
    is_mapped: false,
    extra_links: [],
  };
}

function writeDelta(seconds: number): z.infer<typeof delta> {
  const whole = Math.floor(seconds);
  return {
    __type: "TimeDelta",
    days: Math.floor(whole / 86_400),
    seconds: whole % 86_400,
    microseconds: Math.round((seconds - whole) * 1_000_000),
  };
}
