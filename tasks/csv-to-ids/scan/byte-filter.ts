/**
 * Which cells cannot meet a condition, judged from their bytes alone. It may let too much through and must never hold
 * back a match: match-conditions decides on the parsed text whether a cell matches.
 *
 * The idea is from Palkar et al., "Filter Before You Parse" (VLDB 2018).
 */
import type { Condition } from "./conditions.ts";
import { normalizeBound } from "./match-conditions.ts";

/** False only when the cell `bytes[start, end)` cannot meet the condition. */
export type ByteTest = (bytes: Uint8Array, start: number, end: number) => boolean;

const BACKSLASH = 0x5c;
const CAPITAL_N = 0x4e;
const ZERO = 0x30;
/** As many digits as a double holds exactly. */
const EXACT_DIGITS = 15;

/** One test for all keys of a condition. */
export function compileByteTest(condition: Condition): ByteTest {
  if (condition.is_null === true) return isNullCellBytes;
  const tests: ByteTest[] = [];
  const { any_of, equals, at_least, at_most } = condition;
  if (any_of !== undefined) tests.push(compileContains(any_of));
  if (typeof equals === "string") tests.push(compileEquals(equals));
  if (typeof equals === "number") tests.push(compileInteger((value) => value === equals));
  const lower = at_least === undefined ? undefined : normalizeBound(at_least);
  const upper = at_most === undefined ? undefined : normalizeBound(at_most);
  if (typeof lower === "number") tests.push(compileInteger((value) => value >= lower));
  if (typeof upper === "number") tests.push(compileInteger((value) => value <= upper));
  return (bytes, start, end) =>
    !isNullCellBytes(bytes, start, end) && tests.every((test) => test(bytes, start, end));
}

function isNullCellBytes(bytes: Uint8Array, start: number, end: number): boolean {
  if (end === start) return true;
  return end - start === 2 && bytes[start] === BACKSLASH && bytes[start + 1] === CAPITAL_N;
}

/**
 * Texts are compared in NFC, and broken UTF-8 is read as U+FFFD: such a text has no bytes of its own to look for, only some
 * outside of ASCII. Three letters of ASCII are the NFC of a sign outside of it: K (U+212A), \` (U+1FEF) and ; (U+037E).
 */
function mayHaveOtherBytes(text: string): boolean {
  return /[^\u0020-\u007e]|[K`;]/.test(text);
}

/** A member of the cell's list is somewhere in the cell. */
function compileContains(names: readonly string[]): ByteTest {
  const needles = names.map((name) => Buffer.from(name));
  const isWide = names.some(mayHaveOtherBytes);
  return (bytes, start, end) =>
    needles.some((needle) => containsBytes(bytes, start, end, needle)) ||
    (isWide && hasHighByte(bytes, start, end));
}

function compileEquals(text: string): ByteTest {
  const needle = Buffer.from(text);
  const isWide = mayHaveOtherBytes(text);
  return (bytes, start, end) =>
    (end - start === needle.length && startsWithBytes(bytes, start, needle)) ||
    (isWide && hasHighByte(bytes, start, end));
}

function hasHighByte(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] ?? 0) > 0x7f) return true;
  return false;
}

/** Judges only cells of digits; signs, fractions, exponents and white space are left to the parser. */
function compileInteger(holds: (value: number) => boolean): ByteTest {
  return (bytes, start, end) => {
    if (end === start || end - start > EXACT_DIGITS) return true;
    let value = 0;
    for (let at = start; at < end; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return true;
      value = value * 10 + digit;
    }
    return holds(value);
  };
}

function containsBytes(bytes: Uint8Array, start: number, end: number, needle: Uint8Array): boolean {
  const first = needle[0];
  for (let at = start; at <= end - needle.length; at++) {
    if (bytes[at] === first && startsWithBytes(bytes, at, needle)) return true;
  }
  return false;
}

function startsWithBytes(bytes: Uint8Array, start: number, needle: Uint8Array): boolean {
  for (let at = 0; at < needle.length; at++) if (bytes[start + at] !== needle[at]) return false;
  return true;
}
