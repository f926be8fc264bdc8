/** Parses a range of logical dates: whole days in the Dag's zone, or instants; both ends included. */
import { CommandRefused } from "../../model/errors.ts";
import { parseEnd } from "../../model/time/local-time.ts";
import { readGivenDate } from "./choose-date.ts";

export interface DateRange {
  readonly from: Date;
  /** Included. */
  readonly to: Date;
}

/** How the asking face calls the two ends. */
export interface RangeWords {
  readonly from: string;
  readonly to: string;
}

const OF_COMMANDS: RangeWords = { from: "--from", to: "--to" };

/** Raises `USAGE`. */
export function readRange(
  from: string,
  to: string,
  timezone: string,
  words: RangeWords = OF_COMMANDS,
): DateRange {
  const first = readGivenDate(from, timezone, words.from);
  const last = readGivenDate(to, timezone, words.to);
  const start = first.kind === "day" ? first.range.from : first.instant;
  const end = last.kind === "day" ? (parseEnd(to, timezone) ?? last.range.until) : last.instant;
  if (end < start) throw new CommandRefused("USAGE", `${words.to} ${to} lies before ${words.from} ${from}.`);
  return { from: start, to: end };
}
