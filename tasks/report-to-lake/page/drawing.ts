/** What a chart is drawn from, and what it gives. */
import { JobFault } from "../../sql-to-lake/engine/job.ts";
import type { Row } from "../compute-parts.ts";
import type { Language } from "../languages.ts";
import type { BlockOption, ColumnFormat } from "../options.ts";
import { readNumber, readText } from "./format.ts";

export interface Drawing {
  readonly block: BlockOption;
  readonly rows: readonly Row[];
  readonly facts: Row;
  readonly language: Language;
}

export interface Chart {
  readonly html: string;
  /** What it shows, in a sentence for people who do not see it. */
  readonly description: string;
}

export interface Column {
  readonly name: string;
  readonly heading: string;
  readonly as: ColumnFormat;
  readonly detail: string | undefined;
}

export function listColumns({ block, language }: Drawing): readonly Column[] {
  return Object.entries(block.columns).map(([name, column]) => ({
    name,
    heading: column[language],
    as: column.as,
    detail: column.detail,
  }));
}

/** The schema has counted the columns. */
export function columnAt(drawing: Drawing, index: number): Column {
  const column = listColumns(drawing)[index];
  if (column === undefined) throw new Error(`${drawing.block.part} has no column ${index}`);
  return column;
}

/** `null` for NULL. Raises `REPORT_NOT_AS_DECLARED` for what is no number. */
export function numberOf(row: Row, { name }: Column): number | null {
  const value = row[name];
  if (value === null || value === undefined) return null;
  const number = readNumber(value);
  if (number !== null) return number;
  throw new JobFault(
    "REPORT_NOT_AS_DECLARED",
    `The column ${name} holds ${JSON.stringify(value)}, which is no number.`,
  );
}

export function textOf(row: Row, { name }: Column): string {
  return readText(row[name]);
}
