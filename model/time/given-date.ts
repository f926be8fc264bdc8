/**
 * What a given date means. An instant means itself. A day means the Dag's run of that day in the Dag's zone; if there
 * is none and a run may be created, the Dag's slot of that day. If there are several, none is guessed.
 */
import { findDay, type InstantRange } from "./local-day.ts";
import { formatDateDashes, parseInstant } from "./local-time.ts";

export type GivenDate =
  | { readonly kind: "instant"; readonly instant: Date }
  | { readonly kind: "day"; readonly day: string; readonly range: InstantRange };

/** `undefined` if the text is not a date. A day is `2026-11-23`, without a time. */
export function parseGivenDate(text: string, timezone: string): GivenDate | undefined {
  const instant = parseInstant(text, timezone);
  if (instant === undefined) return undefined;
  return text.includes("T")
    ? { kind: "instant", instant }
    : { kind: "day", day: text, range: findDay(text, timezone) };
}

/** The logical dates of a day's runs and slots; `slots` is empty if no run may be created. */
export interface DayFacts {
  readonly timezone: string;
  readonly runs: readonly Date[];
  readonly slots: readonly Date[];
}

export type DayMeaning =
  | { readonly kind: "one"; readonly instant: Date }
  | { readonly kind: "several"; readonly what: "runs" | "slots"; readonly instants: readonly Date[] }
  /** The day has neither a run nor a slot. */
  | { readonly kind: "none" };

/** The facts may include other days: dates on another day of the zone's calendar are ignored. */
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
