/** Reads a few lines of an attempt's log, from a place in it forwards or backwards, without reading the rest. */
import { LOG_LEVELS, type LogLevel } from "../model/ports/logger.ts";
import type { LineCounter } from "./line-counter.ts";
import { LINE_BYTES, readLevel, readLine, type LogLine } from "./log-lines.ts";
import { findLineEnd, findLineStart, NEWLINE, type LogText } from "./log-text.ts";

export interface WindowRequest {
  /** A place between two lines. */
  readonly from: number;
  readonly direction: "forwards" | "backwards";
  readonly mostLines: number;
  /** Only lines of this level or above. */
  readonly level?: LogLevel | undefined;
  /** Whether a last line without a line feed counts: nothing will be added to it. */
  readonly isEnded: boolean;
}

export interface LogWindow {
  /** In the file's order. */
  readonly lines: readonly LogLine[];
  /** What is before this place comes before the window, and what is from `to` on comes after it. */
  readonly from: number;
  readonly to: number;
  /** Whether lines may be left in the window's direction. */
  readonly hasMore: boolean;
}

/** A window has about so many bytes of text at most, and at least one line. */
const WINDOW_BYTES = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
/** With a level most lines are passed over: after so many bytes the window ends, and the next one continues. */
const MOST_SCANNED_BYTES = 128 * 1024 * 1024;
/** How far above a line its level is looked for. */
const MOST_ABOVE_BYTES = 1024 * 1024;
const ABOVE_STEP_BYTES = 64 * 1024;
/** Enough to read a line's level. */
const LEVEL_BYTES = 40;

interface RawLine {
  readonly start: number;
  readonly end: number;
  /** Counted from the first line of its region, from 0. */
  readonly index: number;
  readonly level: LogLevel | null;
  /** A copy: a part of the chunk would keep all of it in memory. `undefined` for a long line. */
  readonly bytes?: Buffer;
}

/** Whole lines that follow each other. */
interface Region {
  readonly start: number;
  readonly end: number;
  readonly lineCount: number;
  /** Those that are shown. */
  readonly lines: readonly RawLine[];
}

interface RegionBounds {
  readonly start: number;
  readonly end: number;
  /** Without the last line feed. */
  readonly textEnd: number;
}

async function bound(log: LogText, start: number, end: number): Promise<RegionBounds> {
  const [last] = await log.read(end - 1, 1);
  return { start, end, textEnd: last === NEWLINE ? end - 1 : end };
}

export async function readWindow(
  log: LogText,
  counter: LineCounter,
  request: WindowRequest,
): Promise<LogWindow> {
  const limit = request.isEnded ? log.sizeBytes : await findLineStart(log, log.sizeBytes);
  const from = Math.min(request.from, limit);
  const regions =
    request.direction === "forwards"
      ? await readForwards(log, request, from, limit)
      : await readBackwards(log, request, from);
  const scannedFrom = regions[0]?.start ?? from;
  const scannedTo = regions.at(-1)?.end ?? from;
  const all = await number(log, counter, regions);
  const shown = choose(all, request);
  const lines: LogLine[] = [];
  for (const { raw, number: lineNumber } of shown)
    lines.push(await readLine(log, { ...raw, number: lineNumber }));
  const isCut = shown.length < all.length;
  if (request.direction === "forwards") {
    const to = isCut ? (all[shown.length]?.raw.start ?? scannedTo) : scannedTo;
    return { lines, from, to, hasMore: to < limit };
  }
  const first = isCut ? (shown[0]?.raw.start ?? scannedFrom) : scannedFrom;
  return { lines, from: first, to: from, hasMore: first > 0 };
}

async function readForwards(
  log: LogText,
  request: WindowRequest,
  from: number,
  limit: number,
): Promise<readonly Region[]> {
  const regions: Region[] = [];
  let above = await findLevelAbove(log, from);
  for (let start = from; start < limit && start - from < MOST_SCANNED_BYTES && !isFull(regions, request);) {
    const chunk = await log.read(start, Math.min(CHUNK_BYTES, limit - start));
    const last = start + chunk.length === limit ? chunk.length : chunk.lastIndexOf(NEWLINE) + 1;
    const end = last > 0 ? start + last : await findLineEnd(log, start + chunk.length, limit);
    const read = listRegion(
      chunk.subarray(0, last > 0 ? last : chunk.length),
      await bound(log, start, end),
      above,
      request.level,
    );
    regions.push(read.region);
    above = read.below;
    start = end;
  }
  return regions;
}

/** In the file's order. */
async function readBackwards(log: LogText, request: WindowRequest, to: number): Promise<readonly Region[]> {
  const regions: Region[] = [];
  for (let end = to; end > 0 && to - end < MOST_SCANNED_BYTES && !isFull(regions, request);) {
    const chunkStart = Math.max(0, end - CHUNK_BYTES);
    const chunk = await log.read(chunkStart, end - chunkStart);
    const first = chunkStart === 0 ? 0 : chunk.indexOf(NEWLINE) + 1;
    const hasWhole = chunkStart === 0 || (first > 0 && first < chunk.length);
    const start = hasWhole ? chunkStart + first : await findLineStart(log, end - 1);
    const bytes = hasWhole ? chunk.subarray(first) : await log.read(start, CHUNK_BYTES);
    const above = readLevel(bytes, 0) === undefined ? await findLevelAbove(log, start) : null;
    regions.unshift(listRegion(bytes, await bound(log, start, end), above, request.level).region);
    end = start;
  }
  return regions;
}

/** `bytes`: of the region, or the beginning of its only line. */
function listRegion(
  bytes: Buffer,
  { start, end, textEnd }: RegionBounds,
  levelAbove: LogLevel | null,
  least: LogLevel | undefined,
): { readonly region: Region; readonly below: LogLevel | null } {
  const lines: RawLine[] = [];
  let level = levelAbove;
  let index = 0;
  for (let at = 0; at < bytes.length; index += 1) {
    const newline = bytes.indexOf(NEWLINE, at);
    const next = newline === -1 ? bytes.length : newline + 1;
    const isWhole = newline !== -1 || start + next === end;
    const lineEnd = isWhole ? start + (newline === -1 ? next : newline) : textEnd;
    level = readLevel(bytes, at) ?? level;
    if (mayShow(level, least)) {
      const isLong = lineEnd - start - at > LINE_BYTES;
      const copy = isLong || !isWhole ? {} : { bytes: Buffer.from(bytes.subarray(at, lineEnd - start)) };
      lines.push({ start: start + at, end: lineEnd, index, level, ...copy });
    }
    at = next;
  }
  return { region: { start, end, lineCount: index, lines }, below: level };
}

function mayShow(level: LogLevel | null, least: LogLevel | undefined): boolean {
  if (least === undefined) return true;
  return level !== null && LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}

function isFull(regions: readonly Region[], { mostLines }: WindowRequest): boolean {
  return regions.reduce((sum, { lines }) => sum + lines.length, 0) >= mostLines;
}

interface Numbered {
  readonly raw: RawLine;
  readonly number: number;
}

async function number(
  log: LogText,
  counter: LineCounter,
  regions: readonly Region[],
): Promise<readonly Numbered[]> {
  const [first] = regions;
  if (first === undefined) return [];
  let before = await counter.count(log, first.start);
  return regions.flatMap(({ lines, lineCount }) => {
    const numbered = lines.map((raw) => ({ raw, number: before + raw.index + 1 }));
    before += lineCount;
    return numbered;
  });
}

/** As many lines as fit, from the end that the window began at. */
function choose(all: readonly Numbered[], { direction, mostLines }: WindowRequest): readonly Numbered[] {
  const ordered = direction === "forwards" ? all : all.toReversed();
  let bytes = 0;
  const fitting = ordered.slice(0, mostLines).filter(({ raw }, place) => {
    bytes += Math.min(raw.end - raw.start, LINE_BYTES);
    return place === 0 || bytes <= WINDOW_BYTES;
  });
  return direction === "forwards" ? fitting : fitting.toReversed();
}

/** The level that a line without its own has: that of the nearest line above with one. `offset`: where that line begins. */
async function findLevelAbove(log: LogText, offset: number): Promise<LogLevel | null> {
  // The line feed in front of `offset` begins that line itself.
  let end = offset - 1;
  for (; end > 0 && offset - end < MOST_ABOVE_BYTES; end = Math.max(0, end - ABOVE_STEP_BYTES)) {
    const start = Math.max(0, end - ABOVE_STEP_BYTES);
    const bytes = await log.read(start, end - start + LEVEL_BYTES);
    for (let at = end - start; at > 0;) {
      const newline = bytes.lastIndexOf(NEWLINE, at - 1);
      const level = newline === -1 ? undefined : readLevel(bytes, newline + 1);
      if (level !== undefined) return level;
      at = newline;
    }
    if (start === 0) return readLevel(bytes, 0) ?? null;
  }
  return null;
}
