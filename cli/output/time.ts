/** Instants as tables show them: local time with its offset. The output turns them into UTC where that is asked for. */
import { formatLocalText } from "../../model/time/local-time.ts";

/** An instant that has no local column; empty for `null`. */
export function showInstant(instant: unknown, timezone: string): string {
  return typeof instant === "string" ? formatLocalText(instant, timezone) : "";
}
