/** A calendar day of a zone as instants. */
import { findInstantMs, formatDateDashes } from "./local-time.ts";

export interface InstantRange {
  readonly from: Date;
  /** Not included. */
  readonly until: Date;
}

/** The day of the zone in which the instant lies; 23 to 25 hours long where the clocks change. */
export function findDayOf(instant: Date, timezone: string): InstantRange {
  const wallMs = Date.parse(`${formatDateDashes(instant, timezone)}T00:00:00Z`);
  return {
    from: new Date(findInstantMs(wallMs, timezone)),
    until: new Date(findInstantMs(wallMs + 86_400_000, timezone)),
  };
}
