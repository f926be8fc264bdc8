/** One DuckDB session that reads and writes one folder and nothing else, and whose settings are locked. */
import type {
  DuckDBConnection,
  DuckDBExtractedStatements,
  DuckDBInstance,
  DuckDBType,
  DuckDBValue,
  Json,
} from "@duckdb/node-api";
import type { Duckdb } from "./duckdb.ts";
import { JobFault, SPILL_FOLDER, type EngineJob, type SessionOptions } from "./job.ts";
import { bindParams } from "./params.ts";
import { quoteText } from "./quote.ts";
import { describeFault } from "./sql-fault.ts";

export interface Rows {
  readonly names: readonly string[];
  readonly rows: readonly Readonly<Record<string, Json>>[];
}

export class Session {
  readonly engine: string;
  readonly #duckdb: Duckdb;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(duckdb: Duckdb, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.engine = `duckdb ${duckdb.version().replace(/^v/, "")}`;
    this.#duckdb = duckdb;
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(duckdb: Duckdb, { folder, memory, threads }: SessionOptions): Promise<Session> {
    const instance = await duckdb.DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const settings = [
      `SET memory_limit = ${quoteText(memory)}`,
      `SET threads = ${threads}`,
      `SET temp_directory = ${quoteText(`${folder}/${SPILL_FOLDER}`)}`,
      "SET TimeZone = 'UTC'",
      "SET autoinstall_known_extensions = false",
      "SET autoload_known_extensions = false",
      "SET allow_community_extensions = false",
      `SET allowed_directories = [${quoteText(folder)}]`,
      "SET enable_external_access = false",
      // The last one: no statement changes a setting after it.
      "SET lock_configuration = true",
    ];
    for (const setting of settings) await connection.run(setting);
    return new Session(duckdb, instance, connection);
  }

  /**
   * A statement of ours. Its values are bound by name; names that it does not have are left out. `lineOffset`: how many lines of it
   * come before the task's SQL.
   */
  async run(
    sql: string,
    params: EngineJob["params"] = {},
    lineOffset = Number.POSITIVE_INFINITY,
  ): Promise<Rows> {
    try {
      const { values, types } = await this.#bind(sql, params);
      const reader = await this.#connection.runAndReadAll(sql, values, types);
      return { names: reader.columnNames(), rows: reader.getRowObjectsJson() };
    } catch (error) {
      throw describeFault(error, lineOffset);
    }
  }

  /** Raises `SQL_FAILED` unless the text is one SELECT whose parameters have values. */
  async assertSelect(sql: string, params: EngineJob["params"], what: string): Promise<void> {
    const statements = await this.assertOne(sql, what);
    const prepared = await statements.prepare(0).catch((error: unknown) => {
      throw describeFault(error, 0);
    });
    if (prepared.statementType !== this.#duckdb.StatementType.SELECT)
      throw new JobFault("SQL_FAILED", `${what} is no SELECT.`);
    const unknown = listNames(prepared).filter((name) => !Object.hasOwn(params, name));
    prepared.destroySync();
    if (unknown.length === 0) return;
    throw new JobFault(
      "SQL_FAILED",
      `${what} names $${unknown[0] ?? ""}, which the Dag's params do not have.`,
      {
        hint: `Params: ${Object.keys(params)
          .map((name) => `$${name}`)
          .join(", ")}.`,
      },
    );
  }

  /** Raises `SQL_FAILED` unless the text is one statement; its tables need not exist. */
  async assertOne(sql: string, what: string): Promise<DuckDBExtractedStatements> {
    const statements = await this.#connection.extractStatements(sql).catch((error: unknown) => {
      throw describeFault(error, 0);
    });
    if (statements.count === 1) return statements;
    throw new JobFault("SQL_FAILED", `${what} has ${statements.count} statements, and must be one SELECT.`);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  async #bind(
    sql: string,
    params: EngineJob["params"],
  ): Promise<{ values: Record<string, DuckDBValue>; types: Record<string, DuckDBType> }> {
    if (!sql.includes("$")) return { values: {}, types: {} };
    const statements = await this.#connection.extractStatements(sql);
    const prepared = await statements.prepare(0);
    const names = listNames(prepared);
    prepared.destroySync();
    return bindParams(this.#duckdb, params, names);
  }
}

function listNames(prepared: { parameterCount: number; parameterName(index: number): string }): string[] {
  return Array.from({ length: prepared.parameterCount }, (_, index) => prepared.parameterName(index + 1));
}
