/**
 * Which IMDb ids a sample file has: strictly ascending as text, of 7 or 8 digits. Films have even numbers and series odd
 * ones, so the two files never share an id.
 */
import type { Random } from "../invented/random.ts";

const SEVEN_DIGITS = { first: 2, last: 9_999_999 } as const;
const EIGHT_DIGITS = { first: 10_000_000, last: 27_999_999 } as const;
/** Share of ids of 7 digits; the real movies.csv has about as many. */
const SEVEN_DIGIT_SHARE = 0.72;

/** Where ids of titles that are added later lie: above every generated one. */
export const FIRST_ADDED_NUMBER = 28_000_000;

export function formatImdbId(number: number): string {
  return `tt${String(number).padStart(7, "0")}`;
}

/** Exactly `count` ids. Raises `RangeError` when there is no room for so many. */
export function* listIds(count: number, parity: 0 | 1, random: Random): Generator<string> {
  const sevenCount = Math.round(count * SEVEN_DIGIT_SHARE);
  const seven = listNumbers(sevenCount, SEVEN_DIGITS, parity, random);
  const eight = listNumbers(count - sevenCount, EIGHT_DIGITS, parity, random);
  let left = seven.next();
  let right = eight.next();
  while (left.done !== true || right.done !== true) {
    const leftId = left.done === true ? undefined : formatImdbId(left.value);
    const rightId = right.done === true ? undefined : formatImdbId(right.value);
    if (leftId !== undefined && (rightId === undefined || leftId < rightId)) {
      yield leftId;
      left = seven.next();
    } else if (rightId !== undefined) {
      yield rightId;
      right = eight.next();
    }
  }
}

/** One number out of each of `count` equal strips: ascending, distinct, and known without looking ahead. */
function* listNumbers(
  count: number,
  range: { readonly first: number; readonly last: number },
  parity: 0 | 1,
  random: Random,
): Generator<number> {
  const places = Math.floor((range.last - range.first) / 2);
  if (count > places) {
    throw new RangeError(`no room for ${count} ids between ${range.first} and ${range.last}`);
  }
  for (let index = 0; index < count; index += 1) {
    const low = Math.floor((index * places) / count);
    const high = Math.floor(((index + 1) * places) / count);
    yield range.first + (low + random.below(high - low)) * 2 + parity;
  }
}
