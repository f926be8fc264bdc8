/** One line of an attempt's log as a reader sees it: its instant, level and text. Which lines are read is decided elsewhere. */
import type { LogLevel } from "../model/ports/logger.ts";
import type { LogText } from "./log-text.ts";

/** Of a longer line the beginning is shown, or the last state of its progress. */
export const LINE_BYTES = 32 * 1024;
const CARRIAGE_RETURN = 0x0d;

export interface LineSpan {
  /** From 1. */
  readonly number: number;
  readonly start: number;
  /** Without its line feed. */
  readonly end: number;
  /** Of the line above where it has none; `null` at the beginning of a file that is no log of ours. */
  readonly level: LogLevel | null;
}

export interface LogLine extends LineSpan {
  /** ISO UTC; `null` for a line that continues the one above. */
  readonly at: string | null;
  /** Without instant and level. */
  readonly text: string;
  /** How often a program wrote over the line with carriage returns; the text is the last state. */
  readonly rewrites: number;
  /** Bytes of the line that are not in the text because it is too long. */
  readonly cutBytes: number;
}

const HEAD = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (DEBUG|INFO |WARN |ERROR) /;
/** Instant, level and a space. */
const HEAD_BYTES = 31;
/** `D` is unique among the first letters of levels, and so on. */
const LEVEL_AT = 25;
const LEVELS: ReadonlyMap<number, LogLevel> = new Map([
  [0x44, "debug"],
  [0x49, "info"],
  [0x57, "warn"],
  [0x45, "error"],
]);

/** `undefined` for a line that continues the one above. Looks at a few bytes: a filter asks it for a million lines. */
export function readLevel(bytes: Buffer, start: number): LogLevel | undefined {
  const isHead =
    bytes.length - start >= HEAD_BYTES &&
    bytes[start + 23] === 0x5a &&
    bytes[start + 4] === 0x2d &&
    bytes[start + 24] === 0x20;
  return isHead ? LEVELS.get(bytes[start + LEVEL_AT] ?? 0) : undefined;
}

/** `bytes`: those of the line, if they were read already. */
export async function readLine(log: LogText, span: LineSpan & { readonly bytes?: Buffer }): Promise<LogLine> {
  const { number, start, end, level } = span;
  const length = end - start;
  const whole = length > LINE_BYTES ? undefined : (span.bytes ?? (await log.read(start, length)));
  const beginning = whole ?? (await log.read(start, LINE_BYTES + 1));
  const [head = "", at = null] = HEAD.exec(beginning.toString("latin1", 0, HEAD_BYTES)) ?? [];
  const shown =
    whole === undefined ? await showLong(log, span, beginning, head.length) : collapse(whole, head.length);
  return { number, start, end, level, at, ...shown };
}

type Shown = Pick<LogLine, "text" | "rewrites" | "cutBytes">;

/** A program's progress is written over itself: the text after the last carriage return that text follows. */
function collapse(line: Buffer, headBytes: number): Shown {
  let end = line.length;
  while (end > headBytes && line[end - 1] === CARRIAGE_RETURN) end -= 1;
  const last = line.lastIndexOf(CARRIAGE_RETURN, end - 1);
  const from = Math.max(last + 1, headBytes);
  return {
    text: line.toString("utf8", from, end),
    rewrites: countReturns(line, headBytes, end),
    cutBytes: 0,
  };
}

function countReturns(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (
    let at = bytes.indexOf(CARRIAGE_RETURN, from);
    at !== -1 && at < to;
    at = bytes.indexOf(CARRIAGE_RETURN, at + 1)
  ) {
    count += 1;
  }
  return count;
}

async function showLong(
  log: LogText,
  { start, end }: LineSpan,
  beginning: Buffer,
  headBytes: number,
): Promise<Shown> {
  const ending = await log.read(end - LINE_BYTES, LINE_BYTES);
  const collapsed = collapse(ending, 0);
  if (collapsed.rewrites > 0) {
    return { ...collapsed, rewrites: await countAllReturns(log, start, end) };
  }
  const cut = findCharacterStart(beginning, LINE_BYTES);
  return { text: beginning.toString("utf8", headBytes, cut), rewrites: 0, cutBytes: end - start - cut };
}

async function countAllReturns(log: LogText, start: number, end: number): Promise<number> {
  let count = 0;
  for (let offset = start; offset < end; offset += COUNT_BYTES) {
    const bytes = await log.read(offset, Math.min(COUNT_BYTES, end - offset));
    count += countReturns(bytes, 0, bytes.length);
  }
  return count;
}

const COUNT_BYTES = 1024 * 1024;

/** At most `at`: where a character begins, so that none is split. Not more than three bytes earlier: the rest is no UTF-8. */
function findCharacterStart(bytes: Buffer, at: number): number {
  for (let place = at; place > Math.max(0, at - 4); place -= 1) {
    if (((bytes[place] ?? 0) & 0xc0) !== 0x80) return place;
  }
  return at;
}
