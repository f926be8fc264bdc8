/** The service itself: its version, its health, pools and events. */
import { z } from "zod";
import { readSchedulerLife } from "../../../app/service/scheduler-life.ts";
import { CommandRefused } from "../../../model/errors.ts";
import { listEventPage } from "../../../state/pages/event-page.ts";
import { listPoolEntries, type PoolEntry } from "../../../state/pages/pool-page.ts";
import { defineRoute, several } from "../route.ts";
import {
  cursorPaging,
  instant,
  nextCursor,
  orderParameter,
  paging,
  readCursorPage,
  readOrder,
  toUtc,
  utc,
  writeCursor,
} from "./listing.ts";

const health = z.strictObject({ status: z.enum(["healthy", "unhealthy"]).nullable() });

export const getVersion = defineRoute({
  operationId: "get_version",
  method: "GET",
  path: "/api/v2/version",
  tag: "Service",
  summary: "The version of Dagmar.",
  params: {},
  search: {},
  answer: z.strictObject({ version: z.string(), git_version: z.string().nullable() }),
  handle: ({ version }) => ({ version, git_version: null }),
});

export const getHealth = defineRoute({
  operationId: "get_health",
  method: "GET",
  path: "/api/v2/monitor/health",
  tag: "Service",
  summary:
    "Whether a scheduler holds the database. Dagmar has no triggerer; the scheduler reads the Dag files.",
  params: {},
  search: {},
  answer: z.strictObject({
    metadatabase: health,
    scheduler: health.extend({ latest_scheduler_heartbeat: utc.nullable() }),
    triggerer: health.extend({ latest_triggerer_heartbeat: utc.nullable() }),
    dag_processor: health.extend({ latest_dag_processor_heartbeat: utc.nullable() }),
  }),
  handle({ query, now }) {
    const { isAlive, heartbeatAt } = readSchedulerLife(query, now);
    const status = isAlive ? "healthy" : "unhealthy";
    return {
      metadatabase: { status: "healthy" },
      scheduler: { status, latest_scheduler_heartbeat: heartbeatAt },
      triggerer: { status: null, latest_triggerer_heartbeat: null },
      dag_processor: { status, latest_dag_processor_heartbeat: heartbeatAt },
    } as const;
  },
});

const pool = z.strictObject({
  name: z.string(),
  slots: z.int(),
  description: z.string().nullable(),
  include_deferred: z.boolean(),
  occupied_slots: z.int(),
  running_slots: z.int(),
  queued_slots: z.int(),
  scheduled_slots: z.int(),
  open_slots: z.int(),
  deferred_slots: z.int(),
  team_name: z.null(),
});

export const listPools = defineRoute({
  operationId: "get_pools",
  method: "GET",
  path: "/api/v2/pools",
  tag: "Pools",
  summary: "All pools, with the slots that tasks hold or wait for.",
  params: {},
  search: { limit: paging.limit, offset: paging.offset },
  answer: z.strictObject({ pools: z.array(pool), total_entries: z.int() }),
  handle({ query }, { search }) {
    const all = listPoolEntries(query);
    const { limit, offset } = search;
    return { pools: all.slice(offset, offset + limit).map(writePool), total_entries: all.length };
  },
});

export const getPool = defineRoute({
  operationId: "get_pool",
  method: "GET",
  path: "/api/v2/pools/{pool_name}",
  tag: "Pools",
  summary: "One pool.",
  params: { pool_name: z.string() },
  search: {},
  answer: pool,
  handle({ query }, { params }) {
    const found = listPoolEntries(query).find((entry) => entry.pool === params.pool_name);
    if (found === undefined)
      throw new CommandRefused("POOL_UNKNOWN", `There is no pool ${params.pool_name}.`);
    return writePool(found);
  },
});

function writePool(entry: PoolEntry): z.infer<typeof pool> {
  const occupied = entry.running + entry.queued;
  return {
    name: entry.pool,
    slots: entry.slots,
    description: null,
    include_deferred: false,
    occupied_slots: occupied,
    running_slots: entry.running,
    queued_slots: entry.queued,
    scheduled_slots: entry.scheduled,
    open_slots: Math.max(0, entry.slots - occupied),
    deferred_slots: 0,
    team_name: null,
  };
}

const EVENT_ORDERS = ["event_log_id", "when"] as const;

export const listEvents = defineRoute({
  operationId: "get_event_logs",
  method: "GET",
  path: "/api/v2/eventLogs",
  tag: "Events",
  summary: "What happened, newest first.",
  params: {},
  search: {
    ...cursorPaging,
    order_by: orderParameter(EVENT_ORDERS).describe(
      "event_log_id, when: one order, that in which events were recorded; with - in front for descending.",
    ),
    dag_id: z.string().optional(),
    run_id: z.string().optional(),
    task_id: z.string().optional(),
    event: z.string().optional(),
    included_events: several(z.string()),
    excluded_events: several(z.string()),
    before: instant,
    after: instant,
  },
  answer: z.strictObject({
    event_logs: z.array(
      z.strictObject({
        event_log_id: z.int(),
        when: utc,
        dag_id: z.string().nullable(),
        dag_display_name: z.string().nullable(),
        task_id: z.string().nullable(),
        task_display_name: z.string().nullable(),
        run_id: z.string().nullable(),
        map_index: z.null(),
        try_number: z.null(),
        event: z.string(),
        logical_date: z.null(),
        owner: z.string().nullable().describe("Who asked for it; null for what Dagmar did by itself."),
        extra: z.string().nullable().describe("JSON: level, message, and data of the event's own."),
      }),
    ),
    total_entries: z.int(),
    next_cursor: nextCursor,
  }),
  handle({ query }, { search }) {
    const order = readOrder(search.order_by, EVENT_ORDERS, [{ column: "event_log_id", isDescending: true }]);
    const { dag_id: dagId, run_id: runId, task_id: taskId } = search;
    const page = listEventPage(
      query,
      {
        dagId,
        runId,
        taskId,
        before: toUtc(search.before),
        after: toUtc(search.after),
        kinds: search.event === undefined ? search.included_events : [search.event],
        excludedKinds: search.excluded_events,
      },
      order,
      readCursorPage("events", search, order.length + 1),
    );
    return {
      total_entries: page.total,
      next_cursor: writeCursor("events", search, page.next),
      event_logs: page.rows.map(({ eventId, at, level, kind, message, data, requestedBy, ...about }) => ({
        event_log_id: eventId,
        when: at,
        dag_id: about.dagId,
        dag_display_name: about.dagId,
        task_id: about.taskId,
        task_display_name: about.taskId,
        run_id: about.runId,
        map_index: null,
        try_number: null,
        event: kind,
        logical_date: null,
        owner: requestedBy,
        extra: JSON.stringify({ level, message, data: data === null ? null : (JSON.parse(data) as unknown) }),
      })),
    };
  },
});
