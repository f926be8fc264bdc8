/** A range of logical dates as people give it: days or instants, both ends included. */
import { CommandRefused } from "../model/errors.ts";
import { parseEnd, parseInstant } from "../model/local-time.ts";

export interface DateRange {
  readonly from: Date;
  /** Included. */
  readonly to: Date;
}

/** A day is one of `timezone`, from its first to its last millisecond. Raises `USAGE`. */
export function readRange(from: string, to: string, timezone: string): DateRange {
  const first = assertDate("--from", from, parseInstant(from, timezone));
  const end = assertDate("--to", to, parseEnd(to, timezone));
  if (end < first) throw new CommandRefused("USAGE", `--to ${to} lies before --from ${from}.`);
  return { from: first, to: end };
}

function assertDate(flag: string, text: string, instant: Date | undefined): Date {
  if (instant !== undefined) return instant;
  throw new CommandRefused("USAGE", `${flag} ${text === "" ? "is missing" : `"${text}" is no date`}.`, {
    hint: "Write 2026-11-23, 2026-11-23T06:00 (in the Dag's time zone) or 2026-11-23T09:00:00Z.",
  });
}
