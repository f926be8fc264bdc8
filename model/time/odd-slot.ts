/**
 * Explains a slot at an odd wall time to people. The timetable decides which instants are slots; nothing here changes
 * it.
 */
import { formatLocal, listTransitions, ZONE_REACH_MS } from "./local-time.ts";
import { createTimetable } from "./timetable.ts";

/**
 * A slot at the end of a gap in which the expression has wall times, with the first of them (`02:30`); or one whose wall
 * time the clock shows twice that day. `undefined` for every other slot.
 */
export type OddSlot =
  | { readonly kind: "moved"; readonly from: string }
  | { readonly kind: "twice"; readonly showing: "first" | "second" };

/** The expression must be one that `createTimetable` takes, and `slot` one of its slots in the zone. */
export function findOddSlot(expression: string, timezone: string, slot: Date): OddSlot | undefined {
  const slotMs = slot.getTime();
  for (const step of listTransitions(timezone, slotMs - ZONE_REACH_MS, slotMs + ZONE_REACH_MS)) {
    const wallBeforeMs = step.atMs + step.offsetBeforeMs;
    const wallAfterMs = step.atMs + step.offsetAfterMs;
    if (wallAfterMs > wallBeforeMs && step.atMs === slotMs) {
      const skipped = findWallTime(expression, wallBeforeMs, wallAfterMs);
      if (skipped !== undefined) return { kind: "moved", from: skipped };
    }
    const repeatedMs = wallBeforeMs - wallAfterMs;
    if (slotMs >= step.atMs - repeatedMs && slotMs < step.atMs + repeatedMs) {
      return { kind: "twice", showing: slotMs < step.atMs ? "first" : "second" };
    }
  }
  return undefined;
}

/** UTC has no transitions: there a slot is a wall time. */
function findWallTime(expression: string, fromMs: number, beforeMs: number): string | undefined {
  const wall = createTimetable(expression, "UTC", { startAt: null, endAt: new Date(beforeMs - 1) });
  const found = wall.next(new Date(fromMs - 1));
  if (found === undefined) return undefined;
  return formatLocal(found, "UTC").slice(11, 19).replace(/:00$/, "");
}
