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

/** Texts of templates without fragments: JavaScript keeps one array of strings per place in the source. */
const TEXTS = new WeakMap<TemplateStringsArray, string>();

/** Values are bound; an `Sql` is a fragment and becomes part of the statement, with its own values. */
export function sql(strings: TemplateStringsArray, ...parts: readonly unknown[]): Sql {
  if (parts.some((part) => part instanceof Sql)) return compose(strings, parts);
  let text = TEXTS.get(strings);
  if (text === undefined) {
    text = strings.join("?");
    TEXTS.set(strings, text);
  }
  return new Sql(text, parts);
}

function compose(strings: TemplateStringsArray, parts: readonly unknown[]): Sql {
  let text = strings[0] ?? "";
  const values: unknown[] = [];
  for (const [index, part] of parts.entries()) {
    if (part instanceof Sql) {
      text += part.text;
      values.push(...part.values);
    } else {
      text += "?";
      values.push(part);
    }
    text += strings[index + 1] ?? "";
  }
  return new Sql(text, values);
}

/** The name of a table or a column, from the sources and never from data: only plain words are accepted. */
export function nameOf(word: string): Sql {
  return new Sql(checkName(word), []);
}

/** Names that were checked before. */
const CHECKED = new Set<string>();

function checkName(word: string): string {
  if (CHECKED.has(word)) return word;
  if (!/^[a-z][a-z0-9_]*$/.test(word)) throw new Error(`"${word}" is not a name of a table or a column`);
  CHECKED.add(word);
  return word;
}

/** Inserts one row, given as values by column name. An `Sql` value is an expression. */
export function insertInto(table: string, row: Readonly<Record<string, unknown>>): Sql {
  const places: string[] = [];
  const values: unknown[] = [];
  for (const value of Object.values(row)) {
    const isExpression = value instanceof Sql;
    places.push(isExpression ? value.text : "?");
    if (isExpression) values.push(...value.values);
    else values.push(value);
  }
  const columns = Object.keys(row).map(checkName).join(", ");
  return new Sql(`INSERT INTO ${checkName(table)} (${columns}) VALUES (${places.join(", ")})`, values);
}

/** Like `insertInto`; a row with the same `key` is replaced. */
export function upsertInto(
  table: string,
  key: readonly string[],
  row: Readonly<Record<string, unknown>>,
): Sql {
  const { text, values } = insertInto(table, row);
  const columns = Object.keys(row).filter((column) => !key.includes(column));
  const changes = columns.map((column) => `${column} = excluded.${column}`);
  return new Sql(
    `${text} ON CONFLICT (${key.map(checkName).join(", ")}) DO UPDATE SET ${changes.join(", ")}`,
    values,
  );
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
