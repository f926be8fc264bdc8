/** Answers a person's SELECT: first which tables it names, then its rows as a file, in the form that the person reads. */
import { JobFault, type FoundNames, type FoundRows, type NamesJob, type QueryJob } from "./job.ts";
import { loadInputs } from "./load-inputs.ts";
import { listNamedTables } from "./named-tables.ts";
import { nest, quoteText } from "./quote.ts";
import type { Session } from "./session.ts";

/** Lines before the person's SQL in the statement below: `nest` begins a new one. */
const LINES_BEFORE = 1;

export async function nameTables(session: Session, { sql }: NamesJob): Promise<FoundNames> {
  await session.assertOne(sql, "The query");
  const [row] = (await session.run(`SELECT json_serialize_sql(${quoteText(sql)}) AS tree`)).rows;
  const tree = JSON.parse(readText(row?.["tree"])) as { readonly error: boolean };
  if (tree.error) throw new JobFault("SQL_FAILED", "The query must be one SELECT.");
  return { kind: "names", engine: session.engine, names: listNamedTables(tree) };
}

/** Rows beyond `limit` are not written; whether there are any is answered. */
export async function answerQuery(session: Session, job: QueryJob): Promise<FoundRows> {
  const { sql, limit, output, form } = job;
  await loadInputs(session, job.inputs);
  await session.assertSelect(sql, {}, "The query");
  // A table of one row more than wanted; without a limit the rows are not kept.
  const result =
    limit === null
      ? `CREATE TEMP VIEW result AS SELECT * FROM ${nest(sql)}`
      : `CREATE TEMP TABLE result AS SELECT * FROM ${nest(sql)} LIMIT ${limit + 1}`;
  await session.run(result, {}, LINES_BEFORE);
  const columns = (await session.run("DESCRIBE result")).rows.map(
    ({ column_name: name, column_type: type }) => ({ name: readText(name), type: readText(type) }),
  );
  const selected = form === "text" ? "COLUMNS(*)::VARCHAR" : "*";
  const cut = limit === null ? "" : ` LIMIT ${limit}`;
  const format = form === "csv" ? "csv, HEADER" : "json";
  const [written] = (
    await session.run(
      `COPY (SELECT ${selected} FROM result${cut}) TO ${quoteText(output)} (FORMAT ${format})`,
      {},
      LINES_BEFORE,
    )
  ).rows;
  const rows = Number(written?.["Count"] ?? 0);
  if (limit === null || rows < limit) return { kind: "rows", columns, rows, hasMore: false };
  const [all] = (await session.run(`SELECT count(*) AS "rows" FROM result`)).rows;
  return { kind: "rows", columns, rows, hasMore: Number(all?.["rows"] ?? 0) > limit };
}

function readText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
