/**
 * What a scan needs of a row, once the header is known: the positions of the columns, and what the bytes of a row's
 * first columns show about it.
 */
import { compileByteTest } from "./byte-filter.ts";
import type { Conditions } from "./conditions.ts";
import { locateColumn, readColumnNames } from "../../csv/header.ts";
import type { IdCheck } from "./id-check.ts";
import { compileCellTest, type CellTest } from "./match-conditions.ts";

/** `dropped`: the row cannot match. `survivor`: it may; the parser decides. */
export type Verdict = "bad_id" | "dropped" | "survivor";

export interface SurveyedColumn {
  readonly name: string;
  readonly position: number;
  /** The cell is a comma list, and its members count. */
  readonly isList: boolean;
}

export interface Layout {
  readonly names: readonly string[];
  readonly columnCount: number;
  /** How many columns from the left contain everything that is needed, 1 or more. */
  readonly neededColumns: number;
  readonly idPosition: number;
  readonly tests: readonly { readonly position: number; readonly test: CellTest }[];
  /** The columns of the conditions, and the id's. */
  readonly surveyed: readonly SurveyedColumn[];
  /** `start` is the row's first byte, `ends[c]` the end of column `c` (exclusive) for each needed column. */
  judge(bytes: Uint8Array, start: number, ends: Int32Array): Verdict;
}

export interface LayoutOptions {
  readonly delimiter: string;
  readonly idColumn: string;
  readonly isId: IdCheck;
  readonly conditions: Conditions;
}

/** From the header's line, without its line break. Raises what readColumnNames and locateColumn raise. */
export function resolveLayout(headerLine: Uint8Array, options: LayoutOptions): Layout {
  const { delimiter, isId } = options;
  const names = readColumnNames(headerLine, delimiter);
  const idPosition = locateColumn(names, options.idColumn, delimiter);
  const columns = Object.entries(options.conditions).map(([name, condition]) => ({
    position: locateColumn(names, name, delimiter),
    test: compileCellTest(condition),
    mayMatch: compileByteTest(condition),
  }));
  return {
    names,
    columnCount: names.length,
    neededColumns: Math.max(idPosition, ...columns.map(({ position }) => position)) + 1,
    idPosition,
    tests: columns,
    surveyed: [
      ...Object.entries(options.conditions).map(([name, condition], index) => ({
        name,
        position: columns[index]?.position ?? 0,
        isList: condition.any_of !== undefined,
      })),
      { name: options.idColumn, position: idPosition, isList: false },
    ],
    judge: (bytes, start, ends) => {
      const startOf = (position: number): number => (position === 0 ? start : (ends[position - 1] ?? 0) + 1);
      if (!isId(bytes, startOf(idPosition), ends[idPosition] ?? 0)) return "bad_id";
      for (const { position, mayMatch } of columns) {
        if (!mayMatch(bytes, startOf(position), ends[position] ?? 0)) return "dropped";
      }
      return "survivor";
    },
  };
}
