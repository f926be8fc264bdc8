/**
 * What a date that a person gives means. An instant means itself. A day means the Dag's runs of that day in the Dag's
 * zone; where there is none, and a run may be made, the Dag's slot of that day. Several of them are never guessed among.
 */
import { findDay, type InstantRange } from "./local-day.ts";
import { formatDateDashes, parseInstant } from "./local-time.ts";

export type GivenDate =
  | { readonly kind: "instant"; readonly instant: Date }
  | { readonly kind: "day"; readonly day: string; readonly range: InstantRange };

/** `undefined` for what is no date. A day is `2026-11-23`, without a time. */
export function parseGivenDate(text: string, timezone: string): GivenDate | undefined {
  const instant = parseInstant(text, timezone);
  if (instant === undefined) return undefined;
  return text.includes("T")
    ? { kind: "instant", instant }
    : { kind: "day", day: text, range: findDay(text, timezone) };
}

/** What there is on a day, by its logical dates; `slots` is empty where no run may be made. */
export interface DayFacts {
  readonly timezone: string;
  readonly runs: readonly Date[];
  readonly slots: readonly Date[];
}

export type DayMeaning =
  | { readonly kind: "one"; readonly instant: Date }
  | { readonly kind: "several"; readonly what: "runs" | "slots"; readonly instants: readonly Date[] }
  /** The day has neither. */
  | { readonly kind: "none" };

/** The facts may reach beyond the day: what the zone's calendar shows on another day does not count. */
export function judgeDay(day: string, { timezone, runs, slots }: DayFacts): DayMeaning {
  const isOnDay = (instant: Date): boolean => formatDateDashes(instant, timezone) === day;
  const ofDay = { runs: runs.filter(isOnDay), slots: slots.filter(isOnDay) };
  const what = ofDay.runs.length > 0 ? "runs" : "slots";
  const [first, ...others] = ofDay[what];
  if (first === undefined) return { kind: "none" };
  return others.length === 0
    ? { kind: "one", instant: first }
    : { kind: "several", what, instants: ofDay[what] };
}
