/** Which instants there are, and how far from one of them another lies. Reads no clock. */

/** Up to here the ISO texts of instants, which the database compares, sort as the instants do: years have four digits. */
export const LAST_INSTANT = new Date("9999-12-31T23:59:59.999Z");

/** Whole milliseconds, rounded up; what would lie past `LAST_INSTANT` is that one. Raises `RangeError` where `seconds` is no number. */
export function addSeconds(from: Date, seconds: number): Date {
  if (Number.isNaN(seconds)) throw new RangeError("a wait must be a number of seconds");
  return new Date(Math.min(from.getTime() + Math.ceil(seconds * 1000), LAST_INSTANT.getTime()));
}
