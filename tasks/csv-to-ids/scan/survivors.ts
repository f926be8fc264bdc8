/**
 * Collects the rows that the byte filter let through, has csv-parse read their needed cells in groups, and decides
 * which rows match and which ids that gives. Faulty rows never come here.
 */
import { createIdSet } from "./id-set.ts";
import type { CellTest } from "./match-conditions.ts";
import { parseRecords } from "../../csv/parse-records.ts";

/**
 * Bytes after which a group is parsed: this amortises csv-parse's start-up, and its records are short-lived (256 KiB
 * cost 10 to 30 MiB more).
 */
const GROUP_BYTES = 64 * 1024;
const LF = 0x0a;

export interface SurvivorOptions {
  readonly delimiter: string;
  /** Position of the id's column. */
  readonly idPosition: number;
  /** All must hold for a row to match. */
  readonly tests: readonly { readonly position: number; readonly test: CellTest }[];
}

export interface Survivors {
  /**
   * A row that starts at `start`; `ends[c]` is the end of column `c`, as far as columns are needed. Its cells are
   * copied.
   */
  add(bytes: Uint8Array, start: number, ends: Int32Array): void;
  /** Another row whose needed columns equal those of the row added last. */
  addRepeat(): void;
  /** The ids that were found since the last call. */
  takeIds(): string[];
  /** Decides on the rest; gives the ids that were not taken. */
  finish(): { readonly ids: string[]; readonly matchedRows: number };
}

/** The parser gets only the needed columns, in the file's order, as lines of the same form as the file's. */
export function createSurvivors(options: SurvivorOptions): Survivors {
  const { delimiter, idPosition } = options;
  const delimiterByte = delimiter.charCodeAt(0);
  const positions = [...new Set([idPosition, ...options.tests.map(({ position }) => position)])].toSorted(
    (a, b) => a - b,
  );
  const idIndex = positions.indexOf(idPosition);
  const tests = options.tests.map(({ position, test }) => ({ index: positions.indexOf(position), test }));
  const known = createIdSet();
  let ids: string[] = [];
  let matchedRows = 0;
  let group = new Uint8Array(GROUP_BYTES);
  let length = 0;
  /** How many rows of the file each record of the group represents. */
  let repeats: number[] = [];

  function parseGroup(): void {
    const records = parseRecords(group.subarray(0, length), delimiter);
    if (records.length !== repeats.length) {
      throw new Error(`csv-parse read ${records.length} records where the byte filter saw ${repeats.length}`);
    }
    for (const [row, cells] of records.entries()) {
      if (!tests.every(({ index, test }) => test(cells[index] ?? ""))) continue;
      matchedRows += repeats[row] ?? 0;
      const id = cells[idIndex] ?? "";
      if (known.add(id)) ids.push(id);
    }
    length = 0;
    repeats = [];
  }

  /** Makes room for a row whose needed columns span `span` bytes. */
  function reserve(span: number): void {
    if (length > 0 && length + span > GROUP_BYTES) parseGroup();
    if (span > group.length) group = new Uint8Array(span);
  }

  function takeIds(): string[] {
    const taken = ids;
    ids = [];
    return taken;
  }

  return {
    add: (bytes, start, ends) => {
      reserve((ends.at(-1) ?? start) - start + 1);
      for (const position of positions) {
        const end = ends[position] ?? 0;
        for (let at = position === 0 ? start : (ends[position - 1] ?? 0) + 1; at < end; at++) {
          group[length++] = bytes[at] ?? 0;
        }
        group[length++] = delimiterByte;
      }
      group[length - 1] = LF;
      repeats.push(1);
    },
    addRepeat: () => {
      // A group is parsed before a row is added, never after, so the row added last is still in it.
      const last = repeats.length - 1;
      repeats[last] = (repeats[last] ?? 0) + 1;
    },
    takeIds,
    finish: () => {
      if (length > 0) parseGroup();
      return { ids: takeIds(), matchedRows };
    },
  };
}
