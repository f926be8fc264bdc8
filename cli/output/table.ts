/**
 * How rows become a table that fits its terminal: columns of least use leave first, free text is broken between words, and what
 * people copy, such as a run's id, is never cut or broken. Without a width, as in a pipe, nothing leaves and nothing is broken.
 */
import { measureLongestWord, measureText, padText, wrapText } from "./text-width.ts";

export interface Column {
  readonly title: string;
  /** Where there is no room, columns with a rank leave, the highest first; one without stays. */
  readonly rank?: number;
  /** Free text: it may be broken between words. */
  readonly isText?: boolean;
  /** Texts that are numbers: to the right. Without it the cells decide. */
  readonly isNumber?: boolean;
}

export interface Cell {
  readonly text: string;
  readonly isNumber: boolean;
  /** Colours it; adds nothing that is seen. */
  readonly paint: (text: string) => string;
}

export interface DrawnTable {
  readonly lines: readonly string[];
  /** Titles of the columns that found no room. */
  readonly hidden: readonly string[];
}

const GAP = 2;
/** Narrower text is hard to read. */
const LEAST_TEXT = 24;
const INDENT = 4;

/** `width`: of the terminal in columns; `undefined` for no limit. */
export function drawTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number | undefined,
  paintTitle: (text: string) => string,
): DrawnTable {
  const natural = columns.map(({ title }, index) =>
    rows.reduce((most, row) => Math.max(most, measureText(row[index]?.text ?? "")), measureText(title)),
  );
  // A word that is longer than its column would push the others aside.
  const least = natural.map((most, index) =>
    Math.min(
      most,
      rows.reduce((word, row) => Math.max(word, measureLongestWord(row[index]?.text ?? "")), LEAST_TEXT),
    ),
  );
  const { shown, below, widths } = fit(columns, { natural, least }, width);
  const isRight = columns.map(
    ({ isNumber }, index) =>
      isNumber ?? rows.every((row) => row[index]?.isNumber === true || row[index]?.text === ""),
  );
  const drawRow = (cells: readonly Cell[]): readonly string[] => {
    const parts = shown.map((index) => {
      const { text = "" } = cells[index] ?? {};
      return text === ""
        ? [""]
        : columns[index]?.isText === true
          ? wrapText(text, widths[index] ?? 0)
          : [text];
    });
    const height = Math.max(1, ...parts.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      shown
        .map((index, place) => {
          const text = parts[place]?.[line] ?? "";
          const room = widths[index] ?? 0;
          const painted = text === "" ? "" : (cells[index]?.paint(text) ?? text);
          return padText(painted, room - measureText(text), isRight[index] === true && text !== "");
        })
        .join(" ".repeat(GAP))
        .trimEnd(),
    );
  };
  const titles = columns.map(({ title }): Cell => ({ text: title, isNumber: false, paint: paintTitle }));
  const lines = [
    ...drawRow(titles),
    ...rows.flatMap((row) => [
      ...drawRow(row),
      ...below.flatMap((index) => {
        const cell = row[index];
        if (cell === undefined || cell.text === "") return [];
        const room = Math.max(LEAST_TEXT, (width ?? 0) - INDENT);
        return wrapText(cell.text, room).map((line) => " ".repeat(INDENT) + cell.paint(line));
      }),
    ]),
  ];
  const hidden = columns.flatMap(({ title }, index) =>
    shown.includes(index) || below.includes(index) ? [] : [title],
  );
  return { lines, hidden };
}

interface Fitted {
  /** Columns side by side. */
  readonly shown: readonly number[];
  /** Columns whose text stands under its row. */
  readonly below: readonly number[];
  readonly widths: readonly number[];
}

interface Measures {
  readonly natural: readonly number[];
  /** Of free text. */
  readonly least: readonly number[];
}

function fit(columns: readonly Column[], { natural, least }: Measures, width: number | undefined): Fitted {
  const all = columns.map((_, index) => index);
  if (width === undefined) return { shown: all, below: [], widths: natural };
  const isText = (index: number): boolean => columns[index]?.isText === true;
  const sum = (indexes: readonly number[]): number =>
    indexes.reduce((total, index) => total + (natural[index] ?? 0), 0) +
    GAP * Math.max(0, indexes.length - 1);
  let shown = all;
  for (;;) {
    if (sum(shown) <= width) return { shown, below: [], widths: natural };
    const texts = shown.filter(isText);
    const others = shown.filter((index) => !isText(index));
    const room = width - sum(others) - GAP * texts.length;
    const needed = texts.reduce((total, index) => total + (least[index] ?? 0), 0);
    if (texts.length > 0 && room >= needed) {
      return { shown, below: [], widths: shareRoom({ natural, least }, texts, room - needed) };
    }
    const leaving = findLeaving(columns, shown);
    if (leaving === undefined) break;
    shown = shown.filter((index) => index !== leaving);
  }
  const below = shown.filter(isText);
  return { shown: shown.filter((index) => !isText(index)), below, widths: natural };
}

/** The one of the highest rank; of several, the last. */
function findLeaving(columns: readonly Column[], shown: readonly number[]): number | undefined {
  let found: number | undefined;
  for (const index of shown) {
    const rank = columns[index]?.rank;
    if (rank === undefined) continue;
    if (found === undefined || rank >= (columns[found]?.rank ?? 0)) found = index;
  }
  return found;
}

/** Each has what it needs; what is left over goes to the shorter ones first, as much as they can use. */
function shareRoom({ natural, least }: Measures, texts: readonly number[], over: number): readonly number[] {
  const widths = [...natural];
  let left = over;
  const wish = (index: number): number => (natural[index] ?? 0) - (least[index] ?? 0);
  const byWish = texts.toSorted((one, other) => wish(one) - wish(other));
  for (const [place, index] of byWish.entries()) {
    const share = Math.min(wish(index), Math.floor(left / (byWish.length - place)));
    widths[index] = (least[index] ?? 0) + share;
    left -= share;
  }
  return widths;
}
