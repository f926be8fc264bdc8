/**
 * Which slots of a Dag become runs now, and which are passed over: from the cursor, the present and since when somebody has
 * been watching. Making the runs, and moving the cursor, is the scheduler's.
 */
import type { Catchup } from "../dag/dag.ts";
import type { Timetable } from "./timetable.ts";

export interface SlotFacts {
  readonly timetable: Timetable;
  /** Slots up to and including this instant are decided. */
  readonly cursor: Date;
  /** Slots up to and including this instant were missed: nobody was there, or the Dag was paused. */
  readonly watchedSince: Date;
  readonly now: Date;
  readonly catchup: Catchup;
  readonly catchupLimit: number;
}

export interface SkippedSlots {
  readonly count: number;
  /** There are more than were counted. */
  readonly isMore: boolean;
  readonly first: Date;
  readonly last: Date;
  /** One of a few words, for counting. */
  readonly kind: "catchup_none" | "catchup_latest" | "catchup_limit";
  /** For people. */
  readonly reason: string;
}

export interface SlotPlan {
  /** Oldest first. */
  readonly due: readonly Date[];
  readonly skipped: SkippedSlots | null;
  readonly cursor: Date;
}

/** A Dag that comes due every second and was not looked at for minutes gets its runs in several plans. */
const DUE_LIMIT = 50;
/** A per-second Dag that slept for a year would otherwise have thirty million slots counted; these take some 30 ms. */
const COUNT_LIMIT = 1_000;

/**
 * Missed slots go by `catchup`: `none` of them, the `latest`, or `all`, oldest first, as many as the limit allows. Slots
 * that came due since are made, however late. A cursor that lies after `now` (the clock had jumped) is taken back to it.
 */
export function planSlots(facts: SlotFacts): SlotPlan {
  const { timetable, cursor, now } = facts;
  if (cursor > now) return { due: [], skipped: null, cursor: now };
  const missedUntil = facts.watchedSince < now ? facts.watchedSince : now;
  if (missedUntil > cursor) {
    const missed = planMissed(facts, missedUntil);
    // Those that come due since wait for the next plan, so that nothing overtakes.
    if (missed !== undefined) return missed;
  }
  const from = missedUntil > cursor ? missedUntil : cursor;
  const due = timetable.between(after(from), now, DUE_LIMIT);
  return { due, skipped: null, cursor: due.at(-1) ?? cursor };
}

/** `undefined` when no slot was missed. */
function planMissed(facts: SlotFacts, until: Date): SlotPlan | undefined {
  const { timetable, cursor, catchup, catchupLimit } = facts;
  const first = timetable.next(cursor);
  if (first === undefined || first > until) return undefined;
  switch (catchup) {
    case "none": {
      const reason = "catchup is none, and nobody was there when they came due";
      return {
        due: [],
        skipped: countSlots(timetable, cursor, until, "catchup_none", reason),
        cursor: until,
      };
    }
    case "latest": {
      const latest = timetable.previous(after(until)) ?? first;
      const before = new Date(latest.getTime() - 1);
      const reason = "catchup is latest, and a later slot stands for them";
      return {
        due: [latest],
        skipped: countSlots(timetable, cursor, before, "catchup_latest", reason),
        cursor: until,
      };
    }
    case "all": {
      const due = timetable.between(first, until, catchupLimit);
      const reason = `catchup_limit is ${catchupLimit}`;
      return {
        due,
        skipped: countSlots(timetable, due.at(-1) ?? cursor, until, "catchup_limit", reason),
        cursor: until,
      };
    }
  }
}

/** The slots after `from` and up to `to`. */
function countSlots(
  timetable: Timetable,
  from: Date,
  to: Date,
  kind: SkippedSlots["kind"],
  reason: string,
): SkippedSlots | null {
  const slots = timetable.between(after(from), to, COUNT_LIMIT + 1);
  const [first] = slots;
  const last = timetable.previous(after(to));
  if (first === undefined || last === undefined) return null;
  const isMore = slots.length > COUNT_LIMIT;
  return { count: isMore ? COUNT_LIMIT : slots.length, isMore, first, last, kind, reason };
}

function after(instant: Date): Date {
  return new Date(instant.getTime() + 1);
}
