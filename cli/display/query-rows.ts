/** The rows of a query, from the file that DuckDB has written: a table, JSON, or CSV as it is. */
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { QueryResult } from "../../app/lake/query-lake.ts";
import type { Column } from "../output/table.ts";
import type { Output } from "../output/output.ts";
import { isUnread } from "../output/unread.ts";

/** Types whose values stand at the right. */
const NUMBER = /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL.*|FLOAT|DOUBLE)$/;
/** A text of DuckDB's that is longer may be broken between words. */
const TEXT = /^(?:VARCHAR|JSON|STRUCT.*|MAP.*|.*\[\])$/;

export async function showRows(
  result: QueryResult,
  form: "text" | "json" | "csv",
  output: Output,
  drain: AbortSignal,
): Promise<void> {
  if (form === "csv") await copyCsv(result, output, drain);
  else if (form === "json") await writeJson(result, output, drain);
  else await drawRows(result, output);
  if (!result.hasMore || form === "json") return;
  const cut = `… the first ${result.rows.toLocaleString("en-US")} rows; --limit 0 shows all`;
  if (form === "csv") output.fault(cut);
  else output.line(cut);
}

async function drawRows({ file, columns }: QueryResult, output: Output): Promise<void> {
  const rows: (readonly unknown[])[] = [];
  for await (const line of readLines(file)) {
    const row = JSON.parse(line) as Readonly<Record<string, string | null>>;
    rows.push(columns.map(({ name }) => row[name]));
  }
  output.table(
    columns.map(({ name, type }, index): Column => ({
      title: name,
      // The first column stays; where there is no room, the last ones leave.
      ...(index === 0 ? {} : { rank: index }),
      isText: TEXT.test(type),
      isNumber: NUMBER.test(type),
    })),
    rows,
    "No rows.",
  );
}

async function copyCsv({ file }: QueryResult, output: Output, drain: AbortSignal): Promise<void> {
  for await (const text of createReadStream(file, { encoding: "utf8" })) {
    if (isUnread(drain)) return;
    if (!output.data(String(text))) await waitForReader(drain);
  }
}

async function writeJson(
  { file, columns, hasMore }: QueryResult,
  output: Output,
  drain: AbortSignal,
): Promise<void> {
  let count = 0;
  output.data(`{\n  "columns": ${JSON.stringify(columns)},\n  "rows": [`);
  for await (const line of readLines(file)) {
    if (isUnread(drain)) return;
    if (!output.data(`${count > 0 ? "," : ""}\n    ${quoteUnusual(line)}`)) await waitForReader(drain);
    count += 1;
  }
  output.data(`${count > 0 ? "\n  " : ""}],\n  "shown": ${count},\n  "has_more": ${String(hasMore)}\n}\n`);
}

/** DuckDB writes them without quotes, which is no JSON. */
function quoteUnusual(line: string): string {
  if (!/NaN|Infinity/i.test(line)) return line;
  return line.replaceAll(/("(?:[^"\\]|\\.)*")|-?(?:NaN|Infinity)/gi, (found, text: string | undefined) =>
    text === undefined ? `"${found}"` : found,
  );
}

function readLines(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file, { encoding: "utf8" }), crlfDelay: Infinity });
}

/** Or until the reader is gone. */
async function waitForReader(drain: AbortSignal): Promise<void> {
  await once(process.stdout, "drain", { signal: drain }).catch(() => undefined);
}
