/** Converts database rows for the rest of the code: camelCase names, parsed JSON, booleans. */

export type Row = Record<string, unknown>;

type Converter = (value: unknown) => unknown;

/** JSON text or null. */
export const json: Converter = (value) => (typeof value === "string" ? JSON.parse(value) : null);
/** Like SQLite: any number except 0 is true. */
export const flag: Converter = (value) => typeof value === "number" && value !== 0;

/** Renames `snake_case` columns and converts those that are named (in camelCase). */
export function mapRow<T>(row: Row, converters: Readonly<Record<string, Converter>> = {}): T {
  const mapped: Row = {};
  for (const [column, value] of Object.entries(row)) {
    const name = toCamelCase(column);
    const convert = converters[name];
    mapped[name] = convert === undefined ? value : convert(value);
  }
  return mapped as T;
}

/** Cached: a plan maps a quarter of a million rows with the same few names. */
const NAMES = new Map<string, string>();

function toCamelCase(column: string): string {
  const known = NAMES.get(column);
  if (known !== undefined) return known;
  const name = spellInCamelCase(column);
  NAMES.set(column, name);
  return name;
}

function spellInCamelCase(column: string): string {
  return column.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
