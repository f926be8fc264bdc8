/**
 * Counts the cells whose bytes are not UTF-8, by column. A valid block needs one check; only invalid blocks are cut
 * into cells.
 */
import { isUtf8 } from "node:buffer";

const LF = 0x0a;
const CR = 0x0d;

export interface BrokenText {
  /** By column name; a column without any is absent. */
  readonly cells: Readonly<Record<string, number>>;
  readonly rows: number;
  /** The first such line, counted from 1, the header's; `null` if all lines are valid. */
  readonly firstLine: number | null;
}

export interface Utf8Check {
  /** `bytes[from, to)` is whole lines, each ended by LF; the first of them is line `firstLine`. */
  look(bytes: Uint8Array, from: number, to: number, firstLine: number): void;
  result(): BrokenText;
}

/**
 * Lines of more than `maxLineBytes` are faulty and not checked: only the beginning of some of them is ever in memory.
 */
export function createUtf8Check(
  delimiter: number,
  names: readonly string[],
  maxLineBytes: number,
): Utf8Check {
  const cells = new Map<string, number>();
  let rows = 0;
  let first: number | null = null;

  function countCells(line: Uint8Array): void {
    let start = 0;
    for (const name of names) {
      const next = line.indexOf(delimiter, start);
      const end = next === -1 ? line.length : next;
      if (!isUtf8(line.subarray(start, end))) cells.set(name, (cells.get(name) ?? 0) + 1);
      if (next === -1) return;
      start = next + 1;
    }
  }

  return {
    look(bytes, from, to, firstLine) {
      if (isUtf8(bytes.subarray(from, to))) return;
      let number = firstLine;
      for (let start = from; start < to; number += 1) {
        const lineEnd = bytes.indexOf(LF, start);
        const line = bytes.subarray(start, lineEnd === -1 ? to : lineEnd);
        start += line.length + 1;
        const length = line.at(-1) === CR ? line.length - 1 : line.length;
        if (length > maxLineBytes || isUtf8(line)) continue;
        rows += 1;
        first ??= number;
        countCells(line);
      }
    },
    result: () => ({ cells: Object.fromEntries(cells), rows, firstLine: first }),
  };
}
