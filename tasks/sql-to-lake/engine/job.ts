/** What the engine's process is asked and what it answers: one line of JSON on its standard input, lines on its output. */
import type { JsonValue } from "../../../model/dag/dag.ts";
import type { NamedTable } from "./named-tables.ts";

export interface InputFiles {
  /** The name of the view. */
  readonly name: string;
  readonly format: "csv" | "json" | "parquet";
  /** Absolute paths inside the job's folder, in the order of the keys. */
  readonly files: readonly string[];
  /** Of the objects, one for each file: the view's column `_object`. */
  readonly keys: readonly string[];
  readonly delimiter: string;
  /** Texts of a CSV that mean NULL. */
  readonly nulls: readonly string[];
  /** Types by name; required for JSON. */
  readonly columns: Readonly<Record<string, string>>;
}

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
}

export type Severity = "error" | "warn";

export type Expectation =
  | { readonly kind: "unique"; readonly columns: readonly string[]; readonly severity: Severity }
  | {
      readonly kind: "rows";
      readonly atLeast: number | null;
      /** Between 0 and 1, of the rows of the table that stands. */
      readonly shrinkAtMost: number | null;
      readonly severity: Severity;
    }
  | { readonly kind: "none"; readonly sql: string; readonly severity: Severity };

/** In a job's folder: what does not fit into memory. No input has such a name. */
export const SPILL_FOLDER = ".spill";

/** What every job gives. */
export interface SessionOptions {
  /** The only folder that the engine may read and write; absolute. */
  readonly folder: string;
  /** As DuckDB reads it, such as `512MB`. */
  readonly memory: string;
  readonly threads: number;
}

/** A table is computed. */
export interface EngineJob extends SessionOptions {
  readonly kind?: undefined;
  readonly inputs: readonly InputFiles[];
  readonly sql: string;
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly columns: readonly TableColumn[];
  readonly expectations: readonly Expectation[];
  /** Rows of the table that stands; `null` if none does. */
  readonly previousRows: number | null;
  /** Path of the Parquet file to write, inside the folder. */
  readonly output: string;
}

/** A person's SELECT: which tables does it name? */
export interface NamesJob extends SessionOptions {
  readonly kind: "names";
  readonly sql: string;
}

/** A person's SELECT is answered. */
export interface QueryJob extends SessionOptions {
  readonly kind: "query";
  readonly inputs: readonly InputFiles[];
  readonly sql: string;
  /** `null`: every row. */
  readonly limit: number | null;
  /** `text`: JSON lines, every value as DuckDB's text. `json`: JSON lines with its types. */
  readonly form: "text" | "json" | "csv";
  /** Path of the file with the rows, inside the folder. */
  readonly output: string;
}

export interface BrokenExpectation {
  readonly severity: Severity;
  readonly message: string;
  /** At most 20, each as JSON. */
  readonly rows: readonly string[];
}

export type EngineFault =
  | "ENGINE_MISSING"
  | "ENGINE_OUT_OF_MEMORY"
  | "SQL_FAILED"
  | "CSV_NOT_READABLE"
  | "TABLE_NOT_AS_DECLARED"
  | "REPORT_NOT_AS_DECLARED";

export interface EngineStep {
  readonly kind: "step";
  readonly step: "reading" | "writing" | "checking";
}

export interface ComputedTable {
  readonly kind: "table";
  readonly rows: number;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** `duckdb 1.5.6`. */
  readonly engine: string;
  readonly broken: readonly BrokenExpectation[];
  /** How many records have each top-level name that the input does not declare. */
  readonly undeclared: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Of a `NamesJob`. */
export interface FoundNames {
  readonly kind: "names";
  /** `duckdb 1.5.6`. */
  readonly engine: string;
  readonly names: readonly NamedTable[];
}

/** Of a `QueryJob`. */
export interface FoundRows {
  readonly kind: "rows";
  readonly columns: readonly ResultColumn[];
  /** In the file. */
  readonly rows: number;
  readonly hasMore: boolean;
}

export interface EngineFailure {
  readonly kind: "fault";
  readonly code: EngineFault;
  readonly message: string;
  readonly hint: string | null;
  /** Line of the SQL, from 1. */
  readonly line: number | null;
  /** Character of the line, from 1. */
  readonly column: number | null;
}

export interface ResultColumn {
  readonly name: string;
  /** DuckDB's name of it, such as `DECIMAL(3,1)`. */
  readonly type: string;
}

export class JobFault extends Error {
  readonly code: EngineFault;
  readonly hint: string | null;
  readonly line: number | null;
  readonly column: number | null;

  constructor(
    code: EngineFault,
    message: string,
    more: { hint?: string; line?: number; column?: number } = {},
  ) {
    super(message);
    this.code = code;
    this.hint = more.hint ?? null;
    this.line = more.line ?? null;
    this.column = more.column ?? null;
  }
}
