/** Events as lists show them, newest first. */
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";
import { afterPlace, limitOf, placeOf, slicePage } from "./keyset.ts";
import {
  isOneOf,
  orderBy,
  countRows,
  whereAll,
  type Order,
  type PageRequest,
  type SlicedPage,
} from "./page.ts";

export interface EventEntry {
  readonly eventId: number;
  /** ISO UTC. */
  readonly at: string;
  readonly level: string;
  readonly kind: string;
  readonly dagId: string | null;
  readonly runId: string | null;
  readonly taskId: string | null;
  readonly message: string;
  /** JSON text. */
  readonly data: string | null;
  /** Who asked for it; `null` for what Dagmar did by itself. */
  readonly requestedBy: string | null;
}

export interface EventFilter {
  readonly dagId?: string | undefined;
  readonly runId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly kinds?: readonly string[] | undefined;
  readonly excludedKinds?: readonly string[] | undefined;
  /** ISO UTC. */
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

export type EventColumn = "event_log_id" | "when";

/** Events are numbered as they are recorded, so both are one order, which needs no index of its own. */
const ORDERS = { event_log_id: sql`event_id`, when: sql`event_id` } as const;

export function listEventPage(
  query: Query,
  { dagId, runId, taskId, kinds, excludedKinds, before, after }: EventFilter,
  order: readonly Order<EventColumn>[],
  page: PageRequest,
): SlicedPage<EventEntry> {
  const keyset = { order, expressions: ORDERS, last: sql`event_id` };
  const excluded = isOneOf(sql`kind`, excludedKinds);
  const where = whereAll([
    dagId === undefined ? undefined : sql`dag_id = ${dagId}`,
    runId === undefined ? undefined : sql`run_id = ${runId}`,
    taskId === undefined ? undefined : sql`task_id = ${taskId}`,
    isOneOf(sql`kind`, kinds),
    excluded === undefined ? undefined : sql`NOT (${excluded})`,
    before === undefined ? undefined : sql`at < ${before}`,
    after === undefined ? undefined : sql`at > ${after}`,
  ]);
  const shown = whereAll([where, afterPlace(keyset, page.after)]);
  const rows = query.all<Row & { readonly place: unknown }>(
    sql`SELECT event_id, at, level, kind, dag_id, run_id, task_id, message, data, requested_by, ${placeOf(keyset)}
        FROM events WHERE ${shown} ORDER BY ${orderBy(order, ORDERS, keyset.last)} ${limitOf(page)}`,
  );
  const sliced = slicePage(rows, page);
  return {
    rows: sliced.rows.map((row) => mapRow<EventEntry>(row)),
    next: sliced.next,
    ...countRows(query, sql`SELECT 1 FROM events WHERE ${where}`, page),
  };
}

const KINDS_OF = 5_000;

/** The kinds of the newest events, in alphabetical order. */
export function listEventKinds(query: Query): readonly string[] {
  return query
    .all<{ kind: string }>(
      sql`SELECT DISTINCT kind FROM (SELECT kind FROM events ORDER BY event_id DESC LIMIT ${KINDS_OF}) ORDER BY kind`,
    )
    .map(({ kind }) => kind);
}
