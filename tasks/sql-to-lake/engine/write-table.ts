/** Writes the result of the task's SELECT as one Parquet file, each column under its declared name and as its declared type. */
import { JobFault, type EngineJob } from "./job.ts";
import { nest, quoteName, quoteText } from "./quote.ts";
import type { Session } from "./session.ts";

/** Lines before the task's SQL in the statements below: `nest` begins a new one. */
const LINES_BEFORE = 1;

export async function writeTable(session: Session, job: EngineJob): Promise<void> {
  const { sql, params, columns, output } = job;
  await session.assertSelect(sql, params, "The SQL");
  await assertTypes(session, job);
  await assertNames(session, job);
  const casts = columns.map(({ name, type }) => `CAST(${quoteName(name)} AS ${type}) AS ${quoteName(name)}`);
  await session.run(
    `COPY (SELECT ${casts.join(", ")} FROM ${nest(sql)}) TO ${quoteText(output)} (FORMAT parquet, COMPRESSION zstd)`,
    params,
    LINES_BEFORE,
  );
  await session.run(
    `CREATE VIEW output AS SELECT * FROM read_parquet(${quoteText(output)}, hive_partitioning = false)`,
  );
}

/** For the columns that are declared as `not null`. */
export async function assertRequired(session: Session, { columns }: EngineJob): Promise<void> {
  const required = columns.filter(({ isRequired }) => isRequired);
  if (required.length === 0) return;
  const counts = required.map(({ name }) => `count(*) - count(${quoteName(name)}) AS ${quoteName(name)}`);
  const [row = {}] = (await session.run(`SELECT ${counts.join(", ")} FROM output`)).rows;
  const broken = required.filter(({ name }) => Number(row[name]) > 0);
  if (broken.length === 0) return;
  const [first] = broken;
  const { rows } = await session.run(
    `SELECT * FROM output WHERE ${quoteName(first?.name ?? "")} IS NULL LIMIT 1`,
  );
  const list = broken.map(({ name }) => `${name} (in ${Number(row[name])} rows)`).join(", ");
  throw new JobFault(
    "TABLE_NOT_AS_DECLARED",
    `NULL in columns that are declared as not null: ${list}. Such as ${JSON.stringify(rows[0])}.`,
  );
}

/** A type that DuckDB does not know is a fault of `columns`, not of the SQL. */
async function assertTypes(session: Session, { columns }: EngineJob): Promise<void> {
  for (const { name, type } of columns) {
    await session.run(`SELECT CAST(NULL AS ${type})`).catch((error: unknown) => {
      if (!(error instanceof JobFault)) throw error;
      throw new JobFault("TABLE_NOT_AS_DECLARED", `columns: ${name}: ${type} is no type: ${error.message}`);
    });
  }
}

async function assertNames(session: Session, { sql, params, columns }: EngineJob): Promise<void> {
  const { names } = await session.run(`SELECT * FROM ${nest(sql)} LIMIT 0`, params, LINES_BEFORE);
  const declared = columns.map(({ name }) => name);
  const missing = declared.filter((name) => !names.includes(name));
  const extra = names.filter((name) => !declared.includes(name));
  const doubled = names.filter((name, index) => names.indexOf(name) < index);
  if (missing.length + extra.length + doubled.length === 0) return;
  const say = (what: string, list: readonly string[]): readonly string[] =>
    list.length === 0 ? [] : [`${what}: ${list.join(", ")}`];
  throw new JobFault(
    "TABLE_NOT_AS_DECLARED",
    `The SELECT gives other columns than \`columns\` declares. ${[
      ...say("Missing", missing),
      ...say("Not declared", extra),
      ...say("Twice", doubled),
    ].join(". ")}.`,
    { hint: "Name each column in the SELECT as in `columns`." },
  );
}
