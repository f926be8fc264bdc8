/**
 * Which tables a SELECT reads, from the tree that DuckDB's `json_serialize_sql` makes of it; names that the statement itself
 * defines are none.
 */

export interface NamedTable {
  /** As it is written, without quotes. */
  readonly name: string;
  /** Where it stands in the statement, in characters from 0. */
  readonly place: number;
}

/** Each name once, in the order of the statement; a name with a schema is DuckDB's own. */
export function listNamedTables(tree: unknown): readonly NamedTable[] {
  const found = new Map<string, NamedTable>();
  collect(tree, new Set(), found);
  return [...found.values()].toSorted((left, right) => left.place - right.place);
}

/** `defined`: names in lower case, as DuckDB compares them. */
function collect(node: unknown, defined: ReadonlySet<string>, found: Map<string, NamedTable>): void {
  if (Array.isArray(node)) for (const item of node) collect(item, defined, found);
  if (!isRecord(node)) return;
  if (node["type"] === "BASE_TABLE") note(node, defined, found);
  const known = new Set(defined);
  if (typeof node["cte_name"] === "string") known.add(node["cte_name"].toLowerCase());
  // A WITH query sees those before it, and the dataset whose name it takes.
  for (const { key, value } of listWithQueries(node["cte_map"])) {
    collect(value, known, found);
    known.add(key.toLowerCase());
  }
  for (const [name, value] of Object.entries(node)) if (name !== "cte_map") collect(value, known, found);
}

function note(
  node: Readonly<Record<string, unknown>>,
  defined: ReadonlySet<string>,
  found: Map<string, NamedTable>,
): void {
  const { table_name: name, schema_name: schema, query_location: place } = node;
  if (typeof name !== "string" || schema !== "" || defined.has(name.toLowerCase())) return;
  if (!found.has(name.toLowerCase()))
    found.set(name.toLowerCase(), { name, place: typeof place === "number" ? place : 0 });
}

function listWithQueries(map: unknown): readonly { readonly key: string; readonly value: unknown }[] {
  const entries: unknown = isRecord(map) ? map["map"] : [];
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown) =>
    isRecord(entry) && typeof entry["key"] === "string" ? [{ key: entry["key"], value: entry["value"] }] : [],
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
