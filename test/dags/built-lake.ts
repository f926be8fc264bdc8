/**
 * Runs the SQL of dags/trusted.yaml and dags/refined.yaml, as it is in the files, on raw objects that a test writes. It reads inputs,
 * casts columns and checks expectations by the same options as `sql-to-lake`; runs and their days are not its work.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { runDuckDb, type Row, type Statement } from "../docs/lake-to-read.ts";
import { makeTempFolder } from "../support/test-world.ts";

const DAGS = fileURLToPath(new URL("../../dags", import.meta.url));

interface Input {
  readonly dataset: string;
  readonly format: "csv" | "json" | "parquet";
  readonly delimiter?: string;
  readonly nulls?: readonly string[];
  readonly columns?: Readonly<Record<string, string>>;
}

interface Expectation {
  readonly unique?: readonly string[];
  readonly none?: string;
  readonly rows?: { readonly at_least: number };
  readonly severity?: "error" | "warn";
}

interface SqlTask {
  readonly dataset: string;
  readonly key: string;
  readonly inputs: Readonly<Record<string, Input>>;
  readonly sql: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly expect: readonly Expectation[];
}

interface SqlDag {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly tasks: Readonly<Record<string, { readonly with: SqlTask }>>;
}

/** The raw zone: a CSV by dataset, and records by dataset and day (`yyyy-mm-dd`), one list for each object of the day. */
export interface RawLake {
  readonly csv: Readonly<Record<string, string>>;
  readonly records: Readonly<Record<string, Readonly<Record<string, readonly (readonly object[])[]>>>>;
}

/** Another text in one place of an SQL or Dag file: what a test removes to show that it is needed. */
export interface Change {
  /** Below `dags/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** An expectation that does not hold: its rows, at most 20. */
export interface Breach {
  readonly dataset: string;
  readonly expectation: string;
  readonly severity: "error" | "warn";
  readonly rows: readonly Row[];
}

export interface BuiltLake {
  readonly folder: string;
  readonly breaches: readonly Breach[];
  /** Type by column of what each SELECT gives, before its columns are cast. */
  readonly computed: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly declared: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** The rows of each query over the tables by their datasets' names, as lists of values. */
  ask(...queries: readonly string[]): readonly (readonly (readonly unknown[])[])[];
}

/**
 * Raises DuckDB's error if a statement fails. A dataset without an object makes no table, and no table of its readers. The
 * folder of the lake is the test's own and ends with it, unless another is given.
 */
export function buildLake(raw: RawLake, change?: Change, folder = makeTempFolder()): BuiltLake {
  const files = writeRaw(folder, raw);
  const statements: Statement[] = [];
  const readers: ((rows: readonly Row[]) => void)[] = [];
  const breaches: Breach[] = [];
  const computed = new Map<string, Readonly<Record<string, string>>>();
  const declared = new Map<string, Readonly<Record<string, string>>>();
  const run = (statement: Statement, read: (rows: readonly Row[]) => void = () => undefined): void => {
    statements.push(statement);
    readers.push(read);
  };
  for (const { task, values, day } of listAttempts(raw, change)) {
    const sources = Object.entries(task.inputs).map(
      ([name, input]) => [name, input, findFiles(files, input.dataset, day)] as const,
    );
    if (sources.some(([, , found]) => found.length === 0)) continue;
    for (const [name, input, found] of sources) {
      run(`CREATE OR REPLACE VIEW ${name} AS SELECT * FROM ${describeReader(input, found)}`);
    }
    run({ sql: `CREATE OR REPLACE TABLE computed AS (\n${readDagFile(task.sql, change)}\n)`, values });
    run("DESCRIBE computed", (rows) =>
      computed.set(
        task.dataset,
        Object.fromEntries(rows.map((row) => [String(row["column_name"]), String(row["column_type"])])),
      ),
    );
    declared.set(task.dataset, task.columns);
    run("DROP TABLE IF EXISTS output");
    run(`CREATE TABLE output (${listColumns(task).join(", ")})`);
    run("INSERT INTO output BY NAME FROM computed");
    for (const expectation of task.expect) {
      run(describeCheck(expectation), (rows) => {
        if (rows.length === 0) return;
        const severity = expectation.severity ?? "error";
        breaches.push({
          dataset: task.dataset,
          expectation: JSON.stringify(expectation),
          severity,
          rows: rows.slice(0, 20),
        });
      });
    }
    const path = join(folder, task.key.replace("${ds}", values["ds"] ?? ""));
    mkdirSync(dirname(path), { recursive: true });
    run(`COPY output TO '${path}' (FORMAT parquet, COMPRESSION zstd)`);
    files.push({ dataset: task.dataset, day: "", path });
  }
  for (const [index, rows] of runDuckDb(statements).entries()) readers[index]?.(rows);
  const views = [...new Set(files.map(({ dataset }) => dataset))]
    .filter((dataset) => declared.has(dataset))
    .map((dataset) => {
      const input: Input = { dataset, format: "parquet" };
      return `CREATE VIEW ${dataset} AS FROM ${describeReader(input, findFiles(files, dataset))}`;
    });
  const ask: BuiltLake["ask"] = (...queries) =>
    runDuckDb([...views, ...queries])
      .slice(views.length)
      .map((rows) => rows.map((row) => Object.values(row)));
  return { folder, breaches, computed, declared, ask };
}

interface StoredFile {
  readonly dataset: string;
  /** Empty for what does not belong to a day. */
  readonly day: string;
  readonly path: string;
}

function writeRaw(folder: string, raw: RawLake): StoredFile[] {
  const csv = Object.entries(raw.csv).map(([dataset, text]) => ({
    dataset,
    day: "",
    path: join(folder, "raw", `${dataset}.csv`),
    text,
  }));
  const records = Object.entries(raw.records).flatMap(([dataset, days]) =>
    Object.entries(days).flatMap(([day, objects]) =>
      objects.map((object, index) => ({
        dataset,
        day,
        path: join(folder, "raw", dataset, day, `${String(index).padStart(4, "0")}.json`),
        text: `[\n${object.map((record) => JSON.stringify(record)).join(",\n")}\n]\n`,
      })),
    ),
  );
  for (const { path, text } of [...csv, ...records]) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return [...csv, ...records];
}

interface Attempt {
  readonly task: SqlTask;
  readonly values: Readonly<Record<string, string>>;
  readonly day: string | undefined;
}

/** Trusted once a day that has records, and its other tables once; then Refined, once. */
function listAttempts(raw: RawLake, change: Change | undefined): readonly Attempt[] {
  const days = new Set(Object.values(raw.records).flatMap((byDay) => Object.keys(byDay)));
  const list = (name: string, ofDay: boolean, day: string): readonly Attempt[] => {
    const dag = parse(readDagFile(name, change)) as SqlDag;
    return Object.values(dag.tasks)
      .map((task) => task.with)
      .filter((task) => task.key.includes("${ds}") === ofDay)
      .map((task) => ({
        task,
        values: { ...(dag.params as Readonly<Record<string, string>> | undefined), ds: day },
        day: ofDay ? day : undefined,
      }));
  };
  const last = [...days].toSorted().at(-1) ?? "2026-11-01";
  return [
    ...list("trusted.yaml", false, last),
    ...[...days].toSorted().flatMap((day) => list("trusted.yaml", true, day)),
    ...list("refined.yaml", false, last),
  ];
}

function readDagFile(file: string, change: Change | undefined): string {
  const text = readFileSync(join(DAGS, file), "utf8");
  if (change?.file !== file) return text;
  if (!text.includes(change.from)) throw new Error(`${file} does not hold ${JSON.stringify(change.from)}`);
  return text.replaceAll(change.from, () => change.to);
}

function findFiles(files: readonly StoredFile[], dataset: string, day?: string): readonly string[] {
  return files
    .filter((file) => file.dataset === dataset && (file.day === "" || day === undefined || file.day === day))
    .map(({ path }) => path);
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const quoteAll = (texts: readonly string[]): string => `[${texts.map(quote).join(", ")}]`;

function describeReader(input: Input, paths: readonly string[]): string {
  if (input.format === "parquet") {
    return `read_parquet(${quoteAll(paths)}, union_by_name = true, hive_partitioning = false)`;
  }
  if (input.format === "csv") {
    const form = `delim = ${quote(input.delimiter ?? "|")}, nullstr = ${quoteAll(input.nulls ?? [])}`;
    return `read_csv(${quoteAll(paths)}, ${form}, header = true, quote = '', escape = '', all_varchar = true)`;
  }
  const columns = Object.entries(input.columns ?? {}).map(([name, type]) => `${quote(name)}: ${quote(type)}`);
  return `read_json(${quoteAll(paths)}, format = 'array', filename = '_object', columns = {${columns.join(", ")}})`;
}

const listColumns = (task: SqlTask): readonly string[] =>
  Object.entries(task.columns).map(([name, type]) => `"${name}" ${type}`);

function describeCheck({ unique, none, rows }: Expectation): string {
  if (unique !== undefined) {
    return `SELECT ${unique.join(", ")}, count(*) AS times FROM output GROUP BY ALL HAVING times > 1`;
  }
  if (rows !== undefined) return `SELECT count(*) AS rows FROM output HAVING count(*) < ${rows.at_least}`;
  return none ?? "SELECT 'an expectation of no kind' AS fault";
}
