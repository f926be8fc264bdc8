/** A calendar day of a zone as instants. */
import { LAST_INSTANT } from "./instant.ts";
import { findInstantMs, formatDateDashes, listTransitions, ZONE_REACH_MS } from "./local-time.ts";

export interface InstantRange {
  readonly from: Date;
  /** Not included. */
  readonly until: Date;
}

const DAY_MS = 86_400_000;

/** The day of the zone in which the instant lies; 23 to 25 hours long when clocks change. */
export function findDayOf(instant: Date, timezone: string): InstantRange {
  return findDay(formatDateDashes(instant, timezone), timezone);
}

/**
 * From the first to the last instant at which the zone's calendar shows `day`, such as `2026-11-23`. Empty (`from` is
 * `until`) for a day that the zone skipped. If clocks are set back over midnight, a day and the next one overlap.
 */
export function findDay(day: string, timezone: string): InstantRange {
  const wallMs = Date.parse(`${day}T00:00:00Z`);
  const nextWallMs = wallMs + DAY_MS;
  const nextMs = findInstantMs(nextWallMs, timezone);
  const shownAgainMs = listTransitions(timezone, nextMs, nextMs + ZONE_REACH_MS)
    .filter((step) => step.atMs + step.offsetAfterMs < nextWallMs)
    .map((step) => nextWallMs - step.offsetAfterMs);
  return {
    from: new Date(findInstantMs(wallMs, timezone)),
    until: new Date(Math.min(LAST_INSTANT.getTime(), Math.max(nextMs, ...shownAgainMs))),
  };
}
