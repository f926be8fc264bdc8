/** Says which line of a CSV DuckDB could not read, and why: its own words name neither the object nor every cause. */
import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { formatExcerpt } from "../../csv/excerpt.ts";
import { JobFault, type InputFiles } from "./job.ts";

const LF = 0x0a;
const CR = 0x0d;
/** DuckDB refuses a longer line. */
const MOST_LINE_BYTES = 2_000_000;
const HINT = "Correct the file where it comes from, and run the Dag that stores it again.";

type CsvFile = Pick<InputFiles, "delimiter"> & { readonly file: string };

/** Raises `CSV_NOT_READABLE` for names that no table can have. `object`: the name of the column that is added. */
export function assertColumnNames(file: string, names: readonly string[], object: string): void {
  const lower = names.map((name) => name.toLowerCase());
  const empty = lower.indexOf("");
  if (empty !== -1) throw refuse(file, 1, `column ${empty + 1} has no name`);
  const doubled = names.find((_name, index) => lower.indexOf(lower[index] ?? "") < index);
  if (doubled !== undefined)
    throw refuse(file, 1, `two columns are called ${doubled} (letter case does not count)`);
  if (lower.includes(object))
    throw refuse(file, 1, `${object} is the name of the column with the object's key`);
}

/** The fault itself, if no CSV is its cause. Reads the files again, and only after a fault. */
export async function explainCsvFault(fault: unknown, inputs: readonly InputFiles[]): Promise<unknown> {
  if (!(fault instanceof JobFault) || !/\bCSV\b|^(?:INTERNAL|FATAL) Error/.test(fault.message)) return fault;
  for (const { format, files, delimiter } of inputs) {
    if (format !== "csv") continue;
    for (const file of files) {
      const found = await findFaultyLine({ file, delimiter });
      if (found !== undefined) return found;
    }
  }
  return fault;
}

async function findFaultyLine({ file, delimiter }: CsvFile): Promise<JobFault | undefined> {
  let first: { readonly columns: number; readonly isCrlf: boolean } | undefined;
  let number = 0;
  for await (const { bytes, hasEnd } of readLines(file)) {
    number += 1;
    const isCrlf = bytes.at(-1) === CR;
    const line = isCrlf && hasEnd ? bytes.subarray(0, -1) : bytes;
    const columns = countColumns(line, delimiter);
    first ??= { columns, isCrlf };
    const why = describeLine(line, columns, first, hasEnd && line.length > 0 && isCrlf !== first.isCrlf);
    if (why !== undefined) return refuse(file, number, `${why}: ${formatExcerpt(line, true)}`);
  }
  return undefined;
}

function describeLine(
  line: Buffer,
  columns: number,
  first: { readonly columns: number; readonly isCrlf: boolean },
  isEndedOtherwise: boolean,
): string | undefined {
  // An empty line is no row.
  if (line.length > 0 && columns !== first.columns)
    return `it has ${columns} columns, and the first line has ${first.columns}`;
  if (line.length > MOST_LINE_BYTES) return `it has more than ${MOST_LINE_BYTES} bytes`;
  if (!isUtf8(line)) return "it is not UTF-8";
  if (line.includes(CR)) return "it holds a carriage return that ends no line";
  const [own, others] = first.isCrlf ? ["LF", "CRLF"] : ["CRLF", "LF"];
  return isEndedOtherwise ? `it ends in ${own}, and the first line in ${others}` : undefined;
}

function countColumns(line: Buffer, delimiter: string): number {
  const byte = delimiter.charCodeAt(0);
  let columns = 1;
  for (let at = line.indexOf(byte); at !== -1; at = line.indexOf(byte, at + 1)) columns += 1;
  return columns;
}

/** Without their LF; `hasEnd` is false for a last line that has none. */
async function* readLines(
  file: string,
): AsyncGenerator<{ readonly bytes: Buffer; readonly hasEnd: boolean }> {
  let rest: Buffer[] = [];
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
      yield { bytes: Buffer.concat([...rest, chunk.subarray(from, end)]), hasEnd: true };
      rest = [];
      from = end + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) yield { bytes: Buffer.concat(rest), hasEnd: false };
}

function refuse(file: string, line: number, why: string): JobFault {
  return new JobFault("CSV_NOT_READABLE", `${file} line ${line}: ${why}.`, { hint: HINT });
}
