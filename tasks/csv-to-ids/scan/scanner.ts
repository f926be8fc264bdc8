/**
 * Finds the ids of the rows that meet conditions in a CSV of any size, and counts every row and every faulty row. Its
 * caller provides the bytes and decides what too many faults mean.
 *
 * Every byte is read once: that gives the lines and their number of columns. The id and the filter use only a row's
 * first columns, and only if they differ from the row before (these files have a row for each artist of a title).
 * csv-parse then reads, and the conditions judge, what the filter could not exclude.
 */
import { TaskFailure } from "../../../model/errors.ts";
import type { Conditions } from "./conditions.ts";
import { createDelimiterCounter } from "./delimiter-counter.ts";
import { createFaultBook, type FaultKind, type FaultSample } from "./faults.ts";
import { compileIdCheck, TITLE_ID_PATTERN } from "./id-check.ts";
import { resolveLayout, type Layout, type Verdict } from "./layout.ts";
import { createLineBlocks } from "./line-blocks.ts";
import { createSurvey, type SeenValues, type Survey } from "./survey.ts";
import { createSurvivors, type Survivors } from "./survivors.ts";
import { createUtf8Check, type BrokenText, type Utf8Check } from "./utf8-check.ts";

const LF = 0x0a;
const CR = 0x0d;
const DEFAULT_MAX_LINE_BYTES = 1024 * 1024;
const DEFAULT_SAMPLE_SIZE = 5;
/** Longer beginnings of rows are judged each time instead of being remembered. */
const REMEMBERED_BYTES = 4096;

/** Plain data, so that it can be passed to a thread. */
export interface ScannerOptions {
  /** One ASCII character, neither CR nor LF. */
  readonly delimiter: string;
  readonly idColumn: string;
  readonly conditions: Conditions;
  /** Source of a regular expression that the whole cell must match; default `tt` and 7 to 10 digits. */
  readonly idPattern?: string;
  /** The line break does not count. Default 1 MiB. */
  readonly maxLineBytes?: number;
  /** Samples kept of each kind of fault. Default 5. */
  readonly sampleSize?: number;
  /** Count the values of the columns in place of choosing rows. */
  readonly isSurvey?: boolean;
}

export interface ScanResult {
  /** Those ids of the matching rows that `takeIds` did not give. */
  readonly ids: string[];
  /** Lines after the header that are not empty, faulty ones included. */
  readonly rows: number;
  /** Empty lines after the header: no rows and no faults. */
  readonly emptyLines: number;
  /** All bytes, header and line breaks included. */
  readonly bytes: number;
  /** Rows without fault that meet the conditions. */
  readonly matchedRows: number;
  /** Over all rows, matching or not, so that the conditions do not change the counts. */
  readonly faulty: Readonly<Record<FaultKind, number>>;
  readonly samples: readonly FaultSample[];
  /** Cells whose bytes are not UTF-8: no fault of their row. */
  readonly notUtf8: BrokenText;
  /** Of a survey, over the rows without fault in their columns; else empty. */
  readonly seen: SeenValues;
}

export interface Scanner {
  /** The file's next bytes, cut anywhere. They are not referenced after the call. Raises as `createScanner` says. */
  push(chunk: Uint8Array): void;
  /** Rows and bytes so far. */
  progress(): { readonly rows: number; readonly bytes: number };
  /** Ids of the matching rows, each once, in the order of their first matching row: those found since the last call. */
  takeIds(): string[];
  /** Call it once, after all bytes were pushed. */
  finish(): ScanResult;
}

/**
 * A scanner for one file. What counts as what:
 * - A line ends at LF or at the end of the file; one CR before that is part of the line break. Any other CR, and NUL
 *   and quotes, are letters of their cell. Bytes that are no UTF-8 are no fault (the raw copy keeps them) and are counted;
 *   a cell that conditions look at reads them as U+FFFD.
 * - The first line is the header; a BOM before it is dropped.
 * - An empty line is not a row. A faulty row never matches, and is counted under one kind of fault (see FaultKind).
 *
 * `push` and `finish` raise `TaskFailure`, not retryable: `CSV_EMPTY` when there is no header or it is longer than the
 * limit, `CSV_COLUMN_MISSING` when a needed column is missing or there twice. Raises `RangeError` for a delimiter that
 * is not of the required form.
 */
export function createScanner(options: ScannerOptions): Scanner {
  const { maxLineBytes = DEFAULT_MAX_LINE_BYTES, sampleSize = DEFAULT_SAMPLE_SIZE } = options;
  const delimiter = readDelimiterByte(options.delimiter);
  const isId = compileIdCheck(options.idPattern ?? TITLE_ID_PATTERN);
  const faults = createFaultBook(sampleSize);
  const counts = { lines: 0, rows: 0, emptyLines: 0, bytes: 0 };
  let scanRows: ((bytes: Uint8Array, from: number, to: number) => void) | undefined;
  let survivors: Survivors | undefined;
  let utf8: Utf8Check | undefined;
  let survey: Survey | undefined;

  /** Reads the header at `from` and returns where the next line starts. */
  function readHeader(bytes: Uint8Array, from: number): number {
    const lineEnd = bytes.indexOf(LF, from);
    const end = dropCarriageReturn(bytes, from, lineEnd);
    if (end - from > maxLineBytes) throw describeLongHeader(maxLineBytes);
    const resolved = resolveLayout(bytes.subarray(from, end), { ...options, isId });
    utf8 = createUtf8Check(delimiter, resolved.names, maxLineBytes);
    if (options.isSurvey === true) survey = createSurvey(resolved, resolved.surveyed);
    const layout = survey?.layout ?? resolved;
    survivors = createSurvivors({ ...layout, delimiter: options.delimiter });
    scanRows = createRowScan({ layout, delimiter, maxLineBytes, survivors, faults, counts });
    counts.lines = 1;
    return lineEnd + 1;
  }

  const blocks = createLineBlocks(maxLineBytes, {
    onBlock: (bytes, from, to) => {
      const rowsFrom = scanRows === undefined ? readHeader(bytes, from) : from;
      const firstLine = counts.lines + 1;
      scanRows?.(bytes, rowsFrom, to);
      utf8?.look(bytes, rowsFrom, to, firstLine);
    },
    onTooLong: (head) => {
      if (scanRows === undefined) throw describeLongHeader(maxLineBytes);
      counts.lines += 1;
      counts.rows += 1;
      faults.add("too_long", counts.lines, head.subarray(0, maxLineBytes), false);
    },
  });

  return {
    push: (chunk) => {
      counts.bytes += chunk.length;
      blocks.push(chunk);
    },
    progress: () => ({ rows: counts.rows, bytes: counts.bytes }),
    takeIds: () => survivors?.takeIds() ?? [],
    finish: () => {
      blocks.end();
      if (survivors === undefined) {
        throw new TaskFailure("CSV_EMPTY", "The CSV is empty: there is no line with column names.", false);
      }
      const { rows, emptyLines, bytes } = counts;
      return {
        ...survivors.finish(),
        rows,
        emptyLines,
        bytes,
        faulty: faults.counts(),
        samples: faults.samples(),
        notUtf8: utf8?.result() ?? NOT_BROKEN,
        seen: survey?.seen() ?? {},
      };
    },
  };
}

const NOT_BROKEN: BrokenText = { cells: {}, rows: 0, firstLine: null };

interface RowScanParts {
  readonly layout: Layout;
  readonly delimiter: number;
  readonly maxLineBytes: number;
  readonly survivors: Survivors;
  readonly faults: ReturnType<typeof createFaultBook>;
  readonly counts: { lines: number; rows: number; emptyLines: number };
}

/** The loop over a block's lines: `bytes[from, to)` must end in LF. */
function createRowScan(parts: RowScanParts): (bytes: Uint8Array, from: number, to: number) => void {
  const { layout, delimiter, maxLineBytes, survivors, faults, counts } = parts;
  const { columnCount, neededColumns } = layout;
  const counter = createDelimiterCounter(delimiter);
  const ends = new Int32Array(neededColumns);
  /**
   * The needed columns of the last judged row, up to and including the delimiter after them; none if the length is 0.
   */
  const remembered = new Uint8Array(REMEMBERED_BYTES);
  const rememberedView = new DataView(remembered.buffer);
  let rememberedLength = 0;
  let verdict: Verdict = "dropped";

  function remember(bytes: Uint8Array, start: number, needed: number): void {
    rememberedLength = neededColumns < columnCount && needed < REMEMBERED_BYTES ? needed + 1 : 0;
    for (let at = 0; at < rememberedLength; at++) remembered[at] = bytes[start + at] ?? 0;
  }

  /** Four bytes at a step, like the count of delimiters. */
  function isRepeated(bytes: Uint8Array, view: DataView, start: number): boolean {
    if (rememberedLength === 0 || start + rememberedLength > bytes.length) return false;
    let at = 0;
    for (; at + 4 <= rememberedLength; at += 4) {
      if (view.getInt32(start + at) !== rememberedView.getInt32(at)) return false;
    }
    for (; at < rememberedLength; at++) if (bytes[start + at] !== remembered[at]) return false;
    return true;
  }

  return (bytes, from, to) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = from;
    while (at < to) {
      const start = at;
      // What is remembered holds no LF, so a repeated beginning never reaches into the next line.
      const isRepeat = isRepeated(bytes, view, start);
      let delimiters = 0;
      if (isRepeat) {
        at += rememberedLength;
        delimiters = neededColumns;
      }
      for (; delimiters < neededColumns && bytes[at] !== LF && at < to; at++) {
        if (bytes[at] === delimiter) ends[delimiters++] = at;
      }
      const lineEnd = counter.skipLine(bytes, view, at, to);
      delimiters += counter.count;
      at = lineEnd + 1;
      counts.lines++;
      const end = dropCarriageReturn(bytes, start, lineEnd);
      if (end === start) {
        counts.emptyLines++;
        continue;
      }
      counts.rows++;
      if (end - start > maxLineBytes) {
        faults.add("too_long", counts.lines, bytes.subarray(start, start + maxLineBytes), false);
        continue;
      }
      if (delimiters !== columnCount - 1) {
        faults.add("wrong_columns", counts.lines, bytes.subarray(start, end), true);
        continue;
      }
      if (!isRepeat) {
        if (neededColumns === columnCount) ends[neededColumns - 1] = end;
        const neededEnd = ends[neededColumns - 1] ?? 0;
        verdict = layout.judge(bytes, start, ends);
        remember(bytes, start, neededEnd - start);
        if (verdict === "survivor") survivors.add(bytes, start, ends);
      } else if (verdict === "survivor") survivors.addRepeat();
      if (verdict === "bad_id") faults.add("bad_id", counts.lines, bytes.subarray(start, end), true);
    }
  };
}

/** Where a line's text ends, given where its break starts. */
function dropCarriageReturn(bytes: Uint8Array, start: number, end: number): number {
  return end > start && bytes[end - 1] === CR ? end - 1 : end;
}

function readDelimiterByte(delimiter: string): number {
  const byte = delimiter.charCodeAt(0);
  if (delimiter.length !== 1 || byte > 0x7f || byte === LF || byte === CR) {
    throw new RangeError(
      `the delimiter must be one ASCII character and no line break, not ${JSON.stringify(delimiter)}`,
    );
  }
  return byte;
}

function describeLongHeader(maxLineBytes: number): TaskFailure {
  return new TaskFailure(
    "CSV_EMPTY",
    `The CSV has no header: its first line is longer than ${maxLineBytes} bytes.`,
    false,
    {
      hint: "Is it a CSV file with a line of column names?",
    },
  );
}
