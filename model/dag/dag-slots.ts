/** The slots of a Dag: its own if it has a cron line, else those of the Dags that it follows. Reads no clock. */
import type { DagDefinition } from "./dag.ts";
import { findTimetables } from "./dag-timetable.ts";
import { findDayOf } from "../time/local-day.ts";

/** The Dags that a Dag may follow, by id. */
export type DagsById = ReadonlyMap<string, { readonly definition: DagDefinition }>;

/** Both included. */
export interface SlotRange {
  readonly from: Date;
  readonly to: Date;
}

/**
 * Oldest first, at most `limit` of each cron line. `undefined` if there is no cron line: the Dag is only started by
 * hand.
 */
export function listDagSlots(
  dag: DagDefinition,
  dags: DagsById,
  range: SlotRange,
  limit: number,
  seen: ReadonlySet<string> = new Set(),
): readonly Date[] | undefined {
  const { schedule, dagId } = dag;
  if (schedule.kind === "manual" || seen.has(dagId)) return undefined;
  if (schedule.kind === "cron") return findTimetables(dag)?.bounded.between(range.from, range.to, limit);
  const upstreams = schedule.dagIds.map((upstreamId) => {
    const upstream = dags.get(upstreamId)?.definition;
    return upstream === undefined
      ? undefined
      : listDagSlots(upstream, dags, range, limit, new Set([...seen, dagId]));
  });
  return joinDays(upstreams, dag.timezone)?.filter((slot) => isWithinBounds(dag, slot));
}

/**
 * The first slot after that instant; if several Dags are followed, the latest of their first slots. `undefined` if
 * there is none.
 */
export function findNextDagSlot(
  dag: DagDefinition,
  dags: DagsById,
  after: Date,
  seen: ReadonlySet<string> = new Set(),
): Date | undefined {
  const { schedule, dagId } = dag;
  if (schedule.kind === "manual" || seen.has(dagId)) return undefined;
  if (schedule.kind === "cron") return findTimetables(dag)?.bounded.next(after);
  const slots = schedule.dagIds.map((upstreamId) => {
    const upstream = dags.get(upstreamId)?.definition;
    return upstream === undefined
      ? undefined
      : findNextDagSlot(upstream, dags, after, new Set([...seen, dagId]))?.getTime();
  });
  const latest = Math.max(...slots.map((slot) => slot ?? Infinity));
  const slot = Number.isFinite(latest) ? new Date(latest) : undefined;
  return slot !== undefined && isWithinBounds(dag, slot) ? slot : undefined;
}

function isWithinBounds({ startAt, endAt }: DagDefinition, slot: Date): boolean {
  const at = slot.toISOString();
  return (startAt === null || at >= startAt) && (endAt === null || at <= endAt);
}

/** One Dag: its slots. Several: for each day on which all have a slot, the latest. */
function joinDays(
  upstreams: readonly (readonly Date[] | undefined)[],
  timezone: string,
): readonly Date[] | undefined {
  const [first, ...others] = upstreams;
  if (first === undefined || upstreams.includes(undefined)) return undefined;
  if (others.length === 0) return first;
  const latestByDay = upstreams.map(
    (slots) => new Map(slots?.map((slot) => [findDayOf(slot, timezone).from.getTime(), slot])),
  );
  const days = [...(latestByDay[0]?.keys() ?? [])].filter((day) => latestByDay.every((map) => map.has(day)));
  return days.map((day) => new Date(Math.max(...latestByDay.map((map) => map.get(day)?.getTime() ?? 0))));
}
