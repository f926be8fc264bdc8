/**
 * Counts the delimiters in the rest of a line, four bytes at a step: more than half of a file's bytes come after the
 * needed columns, and only their number of columns and the line's end matter.
 */

const LF = 0x0a;
const ONES = 0x01010101;
const LOW_BITS = 0x7f7f7f7f;
const HIGH_BITS = 0x80808080;
const WORD_BYTES = 4;

export interface DelimiterCounter {
  /** Delimiters found by the last call of `skipLine`. */
  count: number;
  /**
   * The position of the first LF at or after `at`, or `to` when there is none before it. `view` covers the same bytes as
   * `bytes`, at the same positions.
   */
  skipLine(bytes: Uint8Array, view: DataView, at: number, to: number): number;
}

/** For a delimiter of one byte other than LF. */
export function createDelimiterCounter(delimiter: number): DelimiterCounter {
  const lineFeeds = Math.imul(LF, ONES);
  const delimiters = Math.imul(delimiter, ONES);
  const counter = {
    count: 0,
    skipLine: (bytes: Uint8Array, view: DataView, from: number, to: number): number => {
      let at = from;
      let count = 0;
      while (at + WORD_BYTES <= to) {
        const word = view.getInt32(at, true);
        const feeds = word ^ lineFeeds;
        // Not zero when one of the four bytes is zero, that is, an LF.
        if (((feeds - ONES) & ~feeds & HIGH_BITS) !== 0) break;
        const marks = word ^ delimiters;
        // The high bit of each byte that is zero, and of no other: the sum cannot carry from one byte into the next.
        const found = ~(((marks & LOW_BITS) + LOW_BITS) | marks | LOW_BITS);
        count += Math.imul(found >>> 7, ONES) >>> 24;
        at += WORD_BYTES;
      }
      for (; bytes[at] !== LF && at < to; at++) if (bytes[at] === delimiter) count++;
      counter.count = count;
      return at;
    },
  };
  return counter;
}
