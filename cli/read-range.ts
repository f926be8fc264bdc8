/** A range of logical dates as people give it: days or instants, both ends included. */
import { CommandRefused } from "../model/errors.ts";
import { findDayOf } from "../model/local-day.ts";
import { parseInstant } from "../model/local-time.ts";

export interface DateRange {
  readonly from: Date;
  /** Included. */
  readonly to: Date;
}

/** A day is one of `timezone`, from its first to its last millisecond. Raises `USAGE`. */
export function readRange(from: string, to: string, timezone: string): DateRange {
  const first = readInstant("--from", from, timezone);
  const last = readInstant("--to", to, timezone);
  const isDay = !to.includes("T");
  const end = isDay ? new Date(findDayOf(last, timezone).until.getTime() - 1) : last;
  if (end < first) throw new CommandRefused("USAGE", `--to ${to} lies before --from ${from}.`);
  return { from: first, to: end };
}

function readInstant(flag: string, text: string, timezone: string): Date {
  const instant = parseInstant(text, timezone);
  if (instant !== undefined) return instant;
  throw new CommandRefused("USAGE", `${flag} ${text === "" ? "is missing" : `"${text}" is no date`}.`, {
    hint: "Write 2026-11-23, 2026-11-23T06:00 (in the Dag's time zone) or 2026-11-23T09:00:00Z.",
  });
}
