/** Whether a cell meets a condition: the one place that decides it. Byte-filter only predicts this decision. */
import type { Condition } from "./conditions.ts";

/** A condition made ready for many cells. */
export type CellTest = (cell: string) => boolean;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * The number that a text writes in decimal notation (sign, fraction and exponent allowed, white space around it
 * ignored), else `undefined`. Hexadecimal, `Infinity` and values too large for a double are not numbers.
 */
function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (!NUMBER.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}

/** A bound as it is compared: a number if it is one or is written as one, else text. */
export function normalizeBound(bound: number | string): number | string {
  return typeof bound === "number" ? bound : (parseNumber(bound) ?? normalizeText(bound));
}

/** The null of these CSVs: `\N`, and the empty cell (their `profissao` column writes null that way). */
function isNullCell(cell: string): boolean {
  return cell === "" || cell === "\\N";
}

/** Texts are compared in NFC (Unicode Standard Annex 15): macOS and some exports write `ç` as `c` and a cedilla. */
function normalizeText(text: string): string {
  return IS_ASCII.test(text) ? text : text.normalize("NFC");
}

// oxlint-disable-next-line no-control-regex -- all of ASCII
const IS_ASCII = /^[\u0000-\u007f]*$/;

/** One test for all keys of a condition. Null meets only `is_null: true`. */
export function compileCellTest(condition: Condition): CellTest {
  const test = compileNormalTest(condition);
  return (cell) => test(normalizeText(cell));
}

function compileNormalTest(condition: Condition): CellTest {
  const tests: CellTest[] = [];
  const { any_of, equals, at_least, at_most } = condition;
  if (any_of !== undefined) {
    const names = new Set(any_of.map(normalizeText));
    tests.push((cell) => cell.split(",").some((name) => names.has(name.trim())));
  }
  if (typeof equals === "number") tests.push((cell) => parseNumber(cell) === equals);
  else if (equals !== undefined) {
    const wanted = normalizeText(equals);
    tests.push((cell) => cell === wanted);
  }
  if (at_least !== undefined) tests.push(compileBound(at_least, (cell, limit) => cell >= limit));
  if (at_most !== undefined) tests.push(compileBound(at_most, (cell, limit) => cell <= limit));
  if (condition.is_null === true) return tests.length === 0 ? isNullCell : () => false;
  return (cell) => !isNullCell(cell) && tests.every((test) => test(cell));
}

function compileBound(
  bound: number | string,
  holds: <T extends number | string>(cell: T, limit: T) => boolean,
): CellTest {
  const limit = normalizeBound(bound);
  if (typeof limit === "string") return (cell) => holds(cell, limit);
  return (cell) => {
    const value = parseNumber(cell);
    return value !== undefined && holds(value, limit);
  };
}
