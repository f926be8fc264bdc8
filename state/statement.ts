/** What a repository hands to the database: a query of knex's builder, or SQLite's own SQL with its values. */
import knexFactory, { type Knex } from "knex";

export interface Sql {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

export type Statement = Sql | Knex.QueryBuilder;

/**
 * Knex as a builder only: statements run on the one better-sqlite3 connection, prepared once, inside transactions that
 * begin with BEGIN IMMEDIATE. Knex's own would begin deferred and prepare at every call.
 */
const builder = knexFactory({ client: "better-sqlite3", useNullAsDefault: true });

/** A query on a table, to be built further. */
export function table(name: string): Knex.QueryBuilder {
  return builder(name);
}

/** SQLite's own SQL, for what the builder cannot say or says too slowly. */
export function sql(text: string, ...bindings: readonly unknown[]): Sql {
  return { sql: text, bindings };
}

/** The text and the values as better-sqlite3 takes them: it knows no booleans and no `undefined`. */
export function bindable(statement: Statement): Sql {
  const native = "sql" in statement ? statement : statement.toSQL().toNative();
  return { sql: native.sql, bindings: native.bindings.map(toBindable) };
}

function toBindable(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  return value;
}
