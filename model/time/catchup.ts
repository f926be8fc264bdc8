/**
 * Which slots of a Dag become runs now and which are skipped, from the cursor, the present and the time since when a
 * scheduler has been running. The scheduler creates the runs and moves the cursor.
 */
import type { Catchup } from "../dag/dag.ts";
import type { Timetable } from "./timetable.ts";

export interface SlotFacts {
  readonly timetable: Timetable;
  /** Slots up to and including this instant are handled. */
  readonly cursor: Date;
  /** Slots up to and including this instant were missed: no scheduler was running, or the Dag was paused. */
  readonly watchedSince: Date;
  readonly now: Date;
  readonly catchup: Catchup;
  readonly catchupLimit: number;
}

export interface SkippedSlots {
  readonly count: number;
  /** There are more than `count`. */
  readonly isMore: boolean;
  readonly first: Date;
  readonly last: Date;
  /** A fixed word, for metrics. */
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

/** A per-second Dag that was not checked for minutes gets its runs in several plans. */
const DUE_LIMIT = 50;
/** Without it a per-second Dag would count thirty million slots after a year; this many take about 30 ms. */
const COUNT_LIMIT = 1_000;

/**
 * `catchup` decides about missed slots: `none`, the `latest`, or `all`, oldest first, up to the limit. Slots that
 * came due later always become runs, however late. A cursor after `now` (the clock had jumped) is set back to it.
 */
export function planSlots(facts: SlotFacts): SlotPlan {
  const { timetable, cursor, now } = facts;
  if (cursor > now) return { due: [], skipped: null, cursor: now };
  const missedUntil = facts.watchedSince < now ? facts.watchedSince : now;
  if (missedUntil > cursor) {
    const missed = planMissed(facts, missedUntil);
    // Later slots wait for the next plan, so that no slot overtakes another.
    if (missed !== undefined) return missed;
  }
  const from = missedUntil > cursor ? missedUntil : cursor;
  const due = timetable.between(after(from), now, DUE_LIMIT);
  return { due, skipped: null, cursor: due.at(-1) ?? cursor };
}

/** The first slot that `planSlots` makes a run of, whatever it skips before; `undefined` if none is due. */
export function findFirstDue(facts: SlotFacts): Date | undefined {
  const { timetable, cursor, now, watchedSince, catchup, catchupLimit } = facts;
  const first = timetable.next(cursor);
  if (first === undefined || first > now) return undefined;
  const missedUntil = watchedSince < now ? watchedSince : now;
  if (first > missedUntil) return first;
  if (catchup === "latest") return timetable.previous(after(missedUntil)) ?? first;
  if (catchup === "all" && catchupLimit > 0) return first;
  const next = timetable.next(missedUntil);
  return next === undefined || next > now ? undefined : next;
}

/** `undefined` if no slot was missed. */
function planMissed(facts: SlotFacts, until: Date): SlotPlan | undefined {
  const { timetable, cursor, catchup, catchupLimit } = facts;
  const first = timetable.next(cursor);
  if (first === undefined || first > until) return undefined;
  switch (catchup) {
    case "none": {
      const reason = "catchup is none, and no scheduler was running when they were due";
      return {
        due: [],
        skipped: countSlots(timetable, cursor, until, "catchup_none", reason),
        cursor: until,
      };
    }
    case "latest": {
      const latest = timetable.previous(after(until)) ?? first;
      const before = new Date(latest.getTime() - 1);
      const reason = "catchup is latest, and only the latest slot runs";
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
