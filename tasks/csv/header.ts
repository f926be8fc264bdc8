/** Finds the columns that a scan needs in the CSV's first line, and describes what is wrong if they are missing. */
import { TaskFailure } from "../../model/errors.ts";
import { findCompression } from "./compressed.ts";
import { findClosestName } from "./closest-name.ts";
import { formatExcerpt } from "./excerpt.ts";
import { parseRecords } from "./parse-records.ts";

const LISTED_COLUMNS = 60;
const OTHER_DELIMITERS = [
  { delimiter: ";", name: '";"' },
  { delimiter: ",", name: '","' },
  { delimiter: "\t", name: "a tab" },
  { delimiter: "|", name: '"|"' },
];

/**
 * The column names of the header line, in order, as they are written: quotes, white space and letter case count. `line`
 * has neither line break nor CR at its end; a UTF-8 BOM before the first name is dropped. Raises `TaskFailure`
 * `CSV_EMPTY` if the line is empty or the beginning of a compressed file.
 */
export function readColumnNames(line: Uint8Array, delimiter: string): readonly string[] {
  const compression = findCompression(line);
  if (compression !== undefined) {
    throw new TaskFailure("CSV_EMPTY", `The file is ${compression.name}, not a CSV.`, false, {
      hint: "Unpack it, and store the plain file.",
    });
  }
  const names = parseRecords(dropBom(line), delimiter)[0];
  if (names === undefined) {
    throw new TaskFailure("CSV_EMPTY", "The CSV's first line is empty instead of the column names.", false);
  }
  return names;
}

/**
 * The position of a column. Raises `TaskFailure` `CSV_COLUMN_MISSING`, which lists the existing columns, if no column
 * or more than one has that name.
 */
export function locateColumn(names: readonly string[], wanted: string, delimiter: string): number {
  const position = names.indexOf(wanted);
  if (position === -1) throw describeMissing(names, wanted, delimiter);
  if (names.includes(wanted, position + 1)) {
    const count = names.filter((name) => name === wanted).length;
    throw new TaskFailure(
      "CSV_COLUMN_MISSING",
      `The CSV has ${count} columns named "${show(wanted)}", so the column is ambiguous. Its columns: ${listColumns(names)}.`,
      false,
      { hint: "Rename all but one of them in the CSV's first line." },
    );
  }
  return position;
}

function describeMissing(names: readonly string[], wanted: string, delimiter: string): TaskFailure {
  const message = `The CSV has no column "${show(wanted)}". Its columns: ${listColumns(names)}.`;
  const hint = guessCause(names, wanted, delimiter);
  return new TaskFailure("CSV_COLUMN_MISSING", message, false, hint === undefined ? {} : { hint });
}

function guessCause(names: readonly string[], wanted: string, delimiter: string): string | undefined {
  const quoted = names.find(
    (name) => name.length > 2 && /^(["']).*\1$/.test(name) && name.slice(1, -1) === wanted,
  );
  if (quoted !== undefined) {
    return `Its name is ${show(quoted)}: the quotes belong to the name, because quotes have no special meaning in the header and in cells. Write the file without quotes.`;
  }
  if (names.some((name) => name.includes("\0"))) return "The file looks like UTF-16; it must be UTF-8.";
  if (names.some((name) => name.includes("\uFFFD"))) {
    return "The first line is not UTF-8. Is the file Latin-1? It must be UTF-8.";
  }
  const closest = findClosestName(wanted, names);
  if (closest !== undefined) return `Did you mean "${show(closest)}"?`;
  const other = guessDelimiter(names, delimiter);
  if (other === undefined) return undefined;
  return `The first line is not split by "${show(delimiter)}"; is the delimiter ${other}?`;
}

/**
 * The delimiter that a first line of one column probably has, as people name it; `undefined` if there is no sign of
 * one.
 */
export function guessDelimiter(names: readonly string[], delimiter: string): string | undefined {
  const only = names.length === 1 ? (names[0] ?? "") : "";
  return OTHER_DELIMITERS.find(
    (candidate) => candidate.delimiter !== delimiter && only.includes(candidate.delimiter),
  )?.name;
}

function listColumns(names: readonly string[]): string {
  const listed = names.slice(0, LISTED_COLUMNS).map(show).join(", ");
  return names.length > LISTED_COLUMNS ? `${listed} and ${names.length - LISTED_COLUMNS} more` : listed;
}

function show(name: string): string {
  return formatExcerpt(Buffer.from(name), true);
}

function dropBom(line: Uint8Array): Uint8Array {
  return line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? line.subarray(3) : line;
}
