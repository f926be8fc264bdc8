/** What a repository hands to the database: SQLite's own SQL with its values. */

export interface Sql {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

export function sql(text: string, ...bindings: readonly unknown[]): Sql {
  return { sql: text, bindings };
}

/** One row; its names are the table's columns. */
export function insertInto(table: string, row: Readonly<Record<string, unknown>>): Sql {
  const columns = Object.keys(row);
  const places = columns.map(() => "?");
  return sql(
    `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places.join(", ")})`,
    ...Object.values(row),
  );
}

/** As `insertInto`; a row with the same `key` becomes this one. */
export function upsertInto(
  table: string,
  key: readonly string[],
  row: Readonly<Record<string, unknown>>,
): Sql {
  const { sql: text, bindings } = insertInto(table, row);
  const columns = Object.keys(row).filter((column) => !key.includes(column));
  const changes = columns.map((column) => `${column} = excluded.${column}`);
  return sql(`${text} ON CONFLICT (${key.join(", ")}) DO UPDATE SET ${changes.join(", ")}`, ...bindings);
}

/** The values as better-sqlite3 takes them: it knows no booleans and no `undefined`. */
export function bind({ bindings }: Sql): readonly unknown[] {
  return bindings.map(toBindable);
}

function toBindable(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  return value;
}
