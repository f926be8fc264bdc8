/** Which instants there are, and how far from one of them another lies. Reads no clock. */

/** Up to here the ISO texts of instants, which the database compares, sort as the instants do: years have four digits. */
export const LAST_INSTANT = new Date("9999-12-31T23:59:59.999Z");

/**
 * Whole milliseconds, rounded up; what would lie past `LAST_INSTANT` is that one. Raises `RangeError` where there is no such
 * instant, because `from` is none or `seconds` is no number.
 */
export function addSeconds(from: Date, seconds: number): Date {
  const ms = from.getTime() + Math.ceil(seconds * 1000);
  if (Number.isNaN(ms)) throw new RangeError("a wait must be a number of seconds, and begin at an instant");
  return new Date(Math.min(ms, LAST_INSTANT.getTime()));
}

/**
 * The instant in milliseconds; `null` where the text names none, or one after `now`: a hand wrote it, or a clock that has been
 * set back since. What counts from it would wait for ever.
 */
export function readPast(text: string | null, now: Date): number | null {
  const ms = text === null ? Number.NaN : Date.parse(text);
  return ms <= now.getTime() ? ms : null;
}
