/** Which slots of a Dag lie in a range: its own where it has a cron line, those of the Dags that it follows where it does not. */
import type { DagDefinition } from "../model/dag.ts";
import { findTimetables } from "../model/dag-timetable.ts";
import { CommandRefused } from "../model/errors.ts";
import { findDayOf } from "../model/local-day.ts";

/** A backfill is one transaction, and a range of a per-second Dag is easily a mistake. */
const MOST_SLOTS = 10_000;

/**
 * ISO UTC, oldest first, both ends included. Raises `BACKFILL_EMPTY` for a manual Dag, one that follows none but manual ones,
 * an empty range, and one of more slots than a backfill takes.
 */
export function listBackfillSlots(
  dag: DagDefinition,
  dags: ReadonlyMap<string, { readonly definition: DagDefinition }>,
  from: Date,
  to: Date,
): readonly string[] {
  const slots = listSlots(dag, dags, from, to, new Set());
  if (slots === undefined) {
    throw new CommandRefused("BACKFILL_EMPTY", `${dag.dagId} has no slots: nothing but people start it.`, {
      hint: `\`dagmar run ${dag.dagId} --date …\` makes one run.`,
    });
  }
  if (slots.length === 0) {
    throw new CommandRefused(
      "BACKFILL_EMPTY",
      `${dag.dagId} has no slot from ${from.toISOString()} to ${to.toISOString()}.`,
      { hint: `\`dagmar dags next ${dag.dagId} --from …\` shows its slots.` },
    );
  }
  if (slots.length > MOST_SLOTS) {
    throw new CommandRefused(
      "BACKFILL_EMPTY",
      `The range holds more than ${MOST_SLOTS} slots of ${dag.dagId}, which is the most that one backfill takes.`,
      { hint: "Give a shorter range, and the rest when it is done." },
    );
  }
  return slots.map((slot) => slot.toISOString());
}

/** `undefined` where there is no cron line to go by. */
function listSlots(
  dag: DagDefinition,
  dags: ReadonlyMap<string, { readonly definition: DagDefinition }>,
  from: Date,
  to: Date,
  seen: ReadonlySet<string>,
): readonly Date[] | undefined {
  const toDate = (text: string | null): Date | null => (text === null ? null : new Date(text));
  const bounds = { startAt: toDate(dag.startAt), endAt: toDate(dag.endAt) };
  const { schedule } = dag;
  if (schedule.kind === "manual" || seen.has(dag.dagId)) return undefined;
  if (schedule.kind === "cron") {
    return findTimetables(dag)?.bounded.between(from, to, MOST_SLOTS + 1);
  }
  const upstreams = schedule.dagIds.map((dagId) => {
    const upstream = dags.get(dagId)?.definition;
    return upstream === undefined
      ? undefined
      : listSlots(upstream, dags, from, to, new Set([...seen, dag.dagId]));
  });
  const isWithin = (slot: Date): boolean =>
    (bounds.startAt === null || slot >= bounds.startAt) && (bounds.endAt === null || slot <= bounds.endAt);
  return joinDays(upstreams, dag.timezone)?.filter(isWithin);
}

/** Of one: its slots. Of several: one a day on which all have one, the latest. */
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
