/** Events in the order of their numbers, for readers that continue where they were. */
import { findLastEvent } from "../control/events.ts";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";
import type { EventEntry } from "./event-page.ts";

export interface NewEvents {
  /** Oldest first. */
  readonly events: readonly EventEntry[];
  /** Every event up to this number is one of these, was read before, or is left out by the filter: read on from here. */
  readonly upTo: number;
}

/** At most `limit` events after that number; numbers that a filter passes over cost little. */
export function listNewEvents(
  query: Query,
  {
    after,
    dagId,
    limit,
  }: { readonly after: number; readonly dagId: string | undefined; readonly limit: number },
): NewEvents {
  const newest = findLastEvent(query);
  const mine = dagId === undefined ? sql`TRUE` : sql`dag_id = ${dagId}`;
  const events = query
    .all<Row>(
      sql`SELECT event_id, at, level, kind, dag_id, run_id, task_id, message, data FROM events
          WHERE event_id > ${after} AND ${mine} ORDER BY event_id LIMIT ${limit}`,
    )
    .map((row) => mapRow<EventEntry>(row));
  return { events, upTo: events.length < limit ? newest : (events.at(-1)?.eventId ?? newest) };
}

/**
 * Whether every event after that number is still there, and not more than `most`. Numbers have no holes, unless events were
 * pruned; a number that was never given belongs to another database.
 */
export function hasEveryEventSince(query: Query, after: number, most: number): boolean {
  const newest = findLastEvent(query);
  if (newest - after > most) return false;
  const { there } = query.one<{ there: number }>(
    sql`SELECT count(*) AS there FROM events WHERE event_id > ${after} AND event_id <= ${newest}`,
  );
  return there === newest - after;
}
