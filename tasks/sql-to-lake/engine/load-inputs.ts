/** Makes a view of each input: its files as one table, with the object's key as `_object`. */
import { open } from "node:fs/promises";
import { assertColumnNames } from "./csv-fault.ts";
import { JobFault, type InputFiles } from "./job.ts";
import { quoteList, quoteName, quoteText } from "./quote.ts";
import type { Session } from "./session.ts";

/** The column that names the object of each row. */
const OBJECT_COLUMN = "_object";
/** A longer first line is not a line of column names. */
const MOST_HEADER_BYTES = 1024 * 1024;

export async function loadInputs(session: Session, inputs: readonly InputFiles[]): Promise<void> {
  for (const input of inputs) {
    const source = await describeSource(input);
    // The files are numbered from 1, like the keys.
    const number = `regexp_extract(${quoteName(OBJECT_COLUMN)}, '([0-9]+)[.][a-z]+$', 1)::int`;
    const key = `${quoteList(input.keys)}[${number}] AS ${quoteName(OBJECT_COLUMN)}`;
    await session.run(`CREATE VIEW ${quoteName(input.name)} AS SELECT * REPLACE (${key}) FROM (${source})`);
  }
}

/** How many records have each top-level name that a JSON input does not declare. */
export async function countUndeclared(
  session: Session,
  { files, columns }: InputFiles,
): Promise<Readonly<Record<string, number>>> {
  const { rows } = await session.run(
    `SELECT name, count(*)::varchar AS records
       FROM (SELECT unnest(json_keys(json)) AS name FROM read_json_objects(${quoteList(files)}, format = 'auto'))
      WHERE NOT list_contains(${quoteList(Object.keys(columns))}, name) GROUP BY name ORDER BY name`,
  );
  return Object.fromEntries(
    rows.map(({ name, records }) => [typeof name === "string" ? name : "", Number(records)]),
  );
}

async function describeSource(input: InputFiles): Promise<string> {
  const { format, files, columns } = input;
  const named = `filename = ${quoteText(OBJECT_COLUMN)}`;
  switch (format) {
    case "csv":
      return await describeCsv(input, named);
    case "json":
      return `SELECT * FROM read_json(${quoteList(files)}, format = 'auto', ${describeJson(columns)}, ${named})`;
    case "parquet":
      return `SELECT * FROM read_parquet(${quoteList(files)}, union_by_name = true, hive_partitioning = false, ${named})`;
  }
}

/** No Dag declares them: all records are looked at, so that a later one has no surprise. */
function describeJson(columns: InputFiles["columns"]): string {
  if (Object.keys(columns).length > 0) return `columns = ${quoteTypes(columns)}`;
  return "sample_size = -1, union_by_name = true";
}

/** Every column is text: what a value is, the task's SQL and its columns say. Quotes are letters. */
async function describeCsv({ files, delimiter, nulls }: InputFiles, named: string): Promise<string> {
  const byHeader = new Map<string, string[]>();
  for (const file of files) {
    const header = await readHeader(file);
    assertColumnNames(file, header.split(delimiter), OBJECT_COLUMN);
    byHeader.set(header, [...(byHeader.get(header) ?? []), file]);
  }
  const sources = [...byHeader].map(([header, alike]) => {
    const types = Object.fromEntries(header.split(delimiter).map((name) => [name, "VARCHAR"]));
    return `SELECT * FROM read_csv(${quoteList(alike)}, auto_detect = false, header = true,
      delim = ${quoteText(delimiter)}, quote = '', escape = '', nullstr = ${quoteList(nulls)},
      columns = ${quoteTypes(types)}, ${named})`;
  });
  return sources.join(" UNION ALL BY NAME ");
}

async function readHeader(file: string): Promise<string> {
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_HEADER_BYTES), 0, MOST_HEADER_BYTES, 0);
    const text = buffer.subarray(0, bytesRead).toString("utf8");
    const [line = ""] = text.split(/\r?\n/, 1);
    const names = line.replace(/^\ufeff/, "");
    if (names !== "") return names;
    throw new JobFault("CSV_NOT_READABLE", `${file} has no line of column names.`);
  } finally {
    await handle.close();
  }
}

function quoteTypes(types: Readonly<Record<string, string>>): string {
  const fields = Object.entries(types).map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`);
  return `{${fields.join(", ")}}`;
}
