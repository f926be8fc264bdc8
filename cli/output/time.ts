/** Instants as tables show them: local time with its offset, or UTC where that is asked for. */
import { formatLocal } from "../../model/time/local-time.ts";
import type { Row } from "../../state/sqlite/row.ts";
import type { CommandOption } from "../command.ts";

/** The option of every command that shows times. */
export const UTC_OPTION: CommandOption = { flags: "--utc", description: "show times in UTC" };

/** A view's instant: its own local column, which is in the Dag's time zone. */
export function showTime(row: Row, name: string, isUtc: boolean): unknown {
  const instant = row[name];
  return isUtc && typeof instant === "string" ? formatLocal(new Date(instant), "UTC") : row[`${name}_local`];
}

/** An instant that has no local column. */
export function showInstant(instant: unknown, timezone: string, isUtc: boolean): string {
  return typeof instant === "string" ? formatLocal(new Date(instant), isUtc ? "UTC" : timezone) : "";
}
