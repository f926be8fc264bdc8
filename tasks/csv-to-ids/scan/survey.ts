/** The most frequent values of a few columns: what a person needs to see when no row met the conditions. */
import { formatExcerpt } from "../../csv/excerpt.ts";
import type { Layout, SurveyedColumn } from "./layout.ts";

/** Only this many different values are counted: a column of ids has a million. */
const MOST_VALUES = 5_000;
const SHOWN = 8;

/** The most frequent values of each column with their rows, most frequent first. */
export type SeenValues = Readonly<Record<string, readonly (readonly [string, number])[]>>;

export interface Survey {
  /** Judges like the layout that it was made from, reads every row, and lets none through. */
  readonly layout: Layout;
  seen(): SeenValues;
}

export function createSurvey(layout: Layout, columns: readonly SurveyedColumn[]): Survey {
  const counts = columns.map((column) => ({ column, values: new Map<string, number>() }));
  return {
    layout: {
      ...layout,
      // No beginning of a row is remembered if all columns are needed: every row is judged.
      neededColumns: layout.columnCount,
      judge(bytes, start, ends) {
        for (const { column, values } of counts) {
          const { position, isList } = column;
          const from = position === 0 ? start : (ends[position - 1] ?? 0) + 1;
          const cell = formatExcerpt(bytes.subarray(from, ends[position] ?? from), true);
          for (const value of isList ? new Set(cell.split(",").map((name) => name.trim())) : [cell]) {
            const count = values.get(value);
            if (count !== undefined || values.size < MOST_VALUES) values.set(value, (count ?? 0) + 1);
          }
        }
        const verdict = layout.judge(bytes, start, ends);
        return verdict === "survivor" ? "dropped" : verdict;
      },
    },
    seen: () =>
      Object.fromEntries(
        counts.map(({ column, values }) => [
          column.name,
          [...values].toSorted(([, one], [, other]) => other - one).slice(0, SHOWN),
        ]),
      ),
  };
}
