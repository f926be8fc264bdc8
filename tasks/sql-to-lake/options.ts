/** The options of a sql-to-lake task in a Dag file. */
import { z } from "zod";
import type { JsonValue } from "../../model/dag/dag.ts";
import { datasetOption, delimiterOption, readWritten } from "../options.ts";

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
/** Names of inputs, columns and parts. */
export const nameOption = z.string().regex(NAME, "a name is snake_case, at most 63 characters");
/** Names of types, with sizes, fields and lists: `decimal(3,1)`, `struct(id bigint, name varchar)[]`. */
const TYPE = /^[a-z][a-z0-9_ ,()"[\]]*$/i;
const typeOption = z
  .string()
  .regex(TYPE, 'a type is one of DuckDB\'s, such as varchar, decimal(3,1) or "varchar[]"');
const severityOption = z
  .enum(["error", "warn"])
  .default("error")
  .describe("`error`: nothing is published. `warn`: an event, and the table is published.");

const inputOption = z
  .strictObject({
    dataset: datasetOption.describe("The dataset whose objects are read."),
    format: z.enum(["csv", "json", "parquet"]).describe("How its objects are written."),
    take: z
      .enum(["newest", "run_date", "all"])
      .default("newest")
      .describe(
        "Which objects. `newest`: the file that other tasks would read too; of records, those of the newest day. `run_date`: those of the run's day. `all`: every one.",
      ),
    delimiter: delimiterOption.default("|").describe("Of a CSV: the character between its columns."),
    nulls: z
      .array(z.string().max(100))
      .default(["\\N", ""])
      .describe("Of a CSV: the texts that mean NULL. Every other value arrives as text; quotes are letters."),
    columns: z
      .record(z.string().min(1), typeOption)
      .optional()
      .describe("Of JSON, where they are required: the names that are read, with their types."),
  })
  .refine(({ format, columns }) => format !== "json" || columns !== undefined, {
    message: "is required for format: json",
    path: ["columns"],
  })
  .refine(({ format, columns }) => format === "json" || columns === undefined, {
    message: "is for format: json alone",
    path: ["columns"],
  });

export const inputsOption = z
  .record(nameOption, inputOption)
  .refine((inputs) => Object.keys(inputs).length > 0, { message: "needs at least one input" });

export const memoryOption = z
  .string()
  .regex(/^[1-9]\d{0,5}(MB|GB)$/, "is a number with MB or GB, such as 512MB")
  .default("512MB")
  .describe("How much memory DuckDB may use; it writes what does not fit to a temporary folder.");

export const threadsOption = z
  .number()
  .int()
  .min(1)
  .max(64)
  .default(2)
  .describe("How many threads DuckDB uses.");

const expectationOption = z.union([
  z.strictObject({
    unique: z.array(nameOption).min(1).describe("Columns whose values together occur once."),
    severity: severityOption,
  }),
  z.strictObject({
    rows: z
      .strictObject({
        at_least: z.number().int().nonnegative().optional().describe("The least number of rows."),
        shrink_at_most: z
          .number()
          .min(0)
          .max(1)
          .optional()
          .describe("How much smaller the table may be than the one that it replaces: 0.05 is 5 %."),
      })
      .refine((rows) => rows.at_least !== undefined || rows.shrink_at_most !== undefined, {
        message: "needs at_least or shrink_at_most",
      })
      .describe("How many rows the table has."),
    severity: severityOption,
  }),
  z.strictObject({
    none: z.string().min(1).describe("A SELECT from `output`, the new table, that gives no rows."),
    severity: severityOption,
  }),
]);

const NOT_NULL = /\s+not\s+null$/i;

export const optionsSchema = z
  .strictObject({
    dataset: datasetOption.describe("Name under which other tasks find the table."),
    key: z.string().min(1).describe("Key of the table's object, a Parquet file."),
    publish: z
      .enum(["replace", "keep"])
      .default("replace")
      .describe(
        "`replace`: a table that the task made before is replaced, only if inputs, SQL, columns or params differ. `keep`: what stands at a key stays; the key then holds a template.",
      ),
    inputs: inputsOption
      .refine((inputs) => inputs["output"] === undefined, { message: "`output` is the new table's name" })
      .describe("What the SQL reads: each name is a table, with the object's key as the column `_object`."),
    sql: z
      .string()
      .min(1)
      .describe(
        "One SELECT in DuckDB's SQL; or a file with it, such as `sql/movies.sql`, in the Dag folder or a folder in it. The Dag's params are `$name`, the run's day is `$ds`.",
      ),
    columns: z
      .record(nameOption, typeOption)
      .refine((columns) => Object.keys(columns).length > 0, { message: "needs at least one column" })
      .describe("The table's columns in their order, with their types; `not null` may follow."),
    expect: z.array(expectationOption).default([]).describe("What must hold before the table is published."),
    memory: memoryOption,
    threads: threadsOption,
  })
  .refine(({ publish, key }) => publish === "replace" || key.includes("${") || /\d{4}/.test(key), {
    message: "with publish: keep, holds ${ds}, ${partition} or ${run_stamp}",
    path: ["key"],
  });
export type SqlToLakeOptions = z.infer<typeof optionsSchema>;
export type InputOption = SqlToLakeOptions["inputs"][string];

export function readColumns(columns: SqlToLakeOptions["columns"]): readonly {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
}[] {
  return Object.entries(columns).map(([name, declared]) => ({
    name,
    type: declared.replace(NOT_NULL, "").trim(),
    isRequired: NOT_NULL.test(declared),
  }));
}

/** The text, and how messages name it: a text that was read from a file begins with a comment that says which. */
export function readSql(sql: string): { readonly text: string; readonly name: string } {
  const file = /^-- file: (\S+)\n/.exec(sql);
  return file === null
    ? { text: sql, name: "sql" }
    : { text: sql.slice(file[0].length), name: file[1] ?? "sql" };
}

/** `undefined` for what is no declaration of an input, or still holds templates where none may be. */
export function readDeclaredInput(written: unknown): InputOption | undefined {
  return inputOption.safeParse(written).data;
}

/** Of options as a Dag file has them, which may have any fault. */
export function findSqlFile(options: Readonly<Record<string, JsonValue>>): string | undefined {
  const sql = readWritten(options, "sql");
  return /^\S+\.sql$/i.test(sql) ? sql : undefined;
}

/** Of options as a Dag file has them, which may have any fault. */
export function listReadDatasets(options: Readonly<Record<string, JsonValue>>): readonly string[] {
  const { inputs } = options;
  if (inputs === null || typeof inputs !== "object" || Array.isArray(inputs)) return [];
  const datasets = Object.values(inputs).flatMap((input) =>
    input === null || typeof input !== "object" || Array.isArray(input)
      ? []
      : [readWritten(input as Readonly<Record<string, JsonValue>>, "dataset")],
  );
  return [...new Set(datasets)];
}
