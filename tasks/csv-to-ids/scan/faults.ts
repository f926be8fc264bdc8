/** Counts faulty rows by kind and keeps the first few of each for the log. The scanner decides what is a fault. */
import { formatExcerpt } from "../../csv/excerpt.ts";

/**
 * What can be wrong with a row; the first that applies is counted, so a row counts once.
 * `too_long`: more bytes than the limit. `wrong_columns`: not as many columns as the header.
 * `bad_id`: the id is not of the required form (null is not either).
 */
export type FaultKind = "too_long" | "wrong_columns" | "bad_id";

export interface FaultSample {
  readonly kind: FaultKind;
  /** Counted from 1, the header's line. */
  readonly line: number;
  /** The line's beginning, at most 120 characters, unprintable ones escaped. */
  readonly excerpt: string;
}

export interface FaultBook {
  /** `isWhole: false` says that `bytes` is only the line's beginning. */
  add(kind: FaultKind, line: number, bytes: Uint8Array, isWhole: boolean): void;
  counts(): Readonly<Record<FaultKind, number>>;
  /** At most `sampleSize` of each kind, the first ones, in the file's order. */
  samples(): readonly FaultSample[];
}

export function createFaultBook(sampleSize: number): FaultBook {
  const counts = { too_long: 0, wrong_columns: 0, bad_id: 0 };
  const samples: FaultSample[] = [];
  return {
    add: (kind, line, bytes, isWhole) => {
      counts[kind] += 1;
      if (counts[kind] <= sampleSize) samples.push({ kind, line, excerpt: formatExcerpt(bytes, isWhole) });
    },
    counts: () => ({ ...counts }),
    samples: () => [...samples],
  };
}
