/** The range of instants, and arithmetic with them. Reads no clock. */

/** Up to this instant ISO texts, which the database compares, sort like instants: years have four digits. */
export const LAST_INSTANT = new Date("9999-12-31T23:59:59.999Z");

/**
 * Rounded up to whole milliseconds, at most `LAST_INSTANT`. Raises `RangeError` if `from` is not a valid date or
 * `seconds` not a number.
 */
export function addSeconds(from: Date, seconds: number): Date {
  const ms = from.getTime() + Math.ceil(seconds * 1000);
  if (Number.isNaN(ms)) throw new RangeError("a wait must be a number of seconds from a valid instant");
  return new Date(Math.min(ms, LAST_INSTANT.getTime()));
}

/**
 * The instant in milliseconds; `null` if the text is not an instant, or is after `now` (edited by hand, or the clock
 * was set back since). A wait counted from it would never end.
 */
export function readPast(text: string | null, now: Date): number | null {
  const ms = Date.parse(text ?? "");
  return ms <= now.getTime() ? ms : null;
}
