/** SQL statements as a tagged template: values are written where they are used, and never become part of the text. */

/** A statement's text and values. The text is the same at each call, so that its prepared statement is reused. */
export class Sql {
  readonly text: string;
  readonly values: readonly unknown[];

  constructor(text: string, values: readonly unknown[]) {
    this.text = text;
    this.values = values;
  }
}

/** A text, and the pieces that it was composed of. */
interface Composed {
  readonly pieces: readonly string[];
  readonly text: string;
}

/**
 * The last text of each template (JavaScript keeps one array of strings per place in the source) and of each kind of
 * insert. The same string is returned again: prepared statements are found by it, and a new string is hashed first.
 */
const TEMPLATES = new WeakMap<TemplateStringsArray, Composed>();
const INSERTS = new Map<string, Composed>();

/** Values are bound; an `Sql` is a fragment and becomes part of the statement, with its own values. */
export function sql(strings: TemplateStringsArray, ...parts: readonly unknown[]): Sql {
  let composed = TEMPLATES.get(strings);
  if (composed === undefined || !parts.every((part, index) => writeGap(part) === composed?.pieces[index])) {
    const pieces = parts.map(writeGap);
    const text = strings.reduce((before, after, index) => before + (pieces[index - 1] ?? "") + after);
    composed = { pieces, text };
    TEMPLATES.set(strings, composed);
  }
  return new Sql(composed.text, listValues(parts));
}

function writeGap(part: unknown): string {
  return part instanceof Sql ? part.text : "?";
}

function listValues(parts: readonly unknown[]): readonly unknown[] {
  if (!parts.some((part) => part instanceof Sql)) return parts;
  return parts.flatMap((part) => (part instanceof Sql ? part.values : [part]));
}

/** The name of a table or a column, from the sources and never from data: only plain words are accepted. */
export function nameOf(word: string): Sql {
  return new Sql(checkName(word), []);
}

function checkName(word: string): string {
  if (!/^[a-z][a-z0-9_]*$/.test(word)) throw new Error(`"${word}" is not a name of a table or a column`);
  return word;
}

/** Inserts one row, given as values by column name. An `Sql` value is an expression. */
export function insertInto(table: string, row: Readonly<Record<string, unknown>>): Sql {
  return insert(table, row, []);
}

/** Like `insertInto`; a row with the same `key` is replaced. */
export function upsertInto(
  table: string,
  key: readonly string[],
  row: Readonly<Record<string, unknown>>,
): Sql {
  return insert(table, row, key);
}

function insert(table: string, row: Readonly<Record<string, unknown>>, key: readonly string[]): Sql {
  const parts = Object.values(row);
  const columns = Object.keys(row);
  const pieces = [...columns, ...parts.map(writeGap), ...key];
  const name = key.length === 0 ? table : `${table} by key`;
  let composed = INSERTS.get(name);
  if (composed === undefined || !isSame(pieces, composed.pieces)) {
    composed = { pieces, text: composeInsert(table, columns, parts.map(writeGap), key) };
    INSERTS.set(name, composed);
  }
  return new Sql(composed.text, listValues(parts));
}

function isSame(pieces: readonly string[], others: readonly string[]): boolean {
  return pieces.length === others.length && pieces.every((piece, index) => piece === others[index]);
}

function composeInsert(
  table: string,
  columns: readonly string[],
  gaps: readonly string[],
  key: readonly string[],
): string {
  const text = `INSERT INTO ${checkName(table)} (${columns.map(checkName).join(", ")}) VALUES (${gaps.join(", ")})`;
  if (key.length === 0) return text;
  const changes = columns
    .filter((column) => !key.includes(column))
    .map((column) => `${column} = excluded.${column}`);
  return `${text} ON CONFLICT (${key.map(checkName).join(", ")}) DO UPDATE SET ${changes.join(", ")}`;
}

/** The values for better-sqlite3, which has no booleans and no `undefined`. */
export function bind({ values }: Sql): readonly unknown[] {
  return values.map(toBindable);
}

function toBindable(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  return value;
}
