/** The statements that make the lake's tables known to another engine: those that the Dag folder declares with their columns. */
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { formatDateDashes } from "../../../model/time/local-time.ts";
import type { App } from "../../app.ts";
import { writeAthenaTable } from "./athena.ts";
import { describeKeys, findKeyDays, listDeclaredTables, type DeclaredTable } from "./declared-tables.ts";
import { writeDuckdbView } from "./duckdb.ts";

export const CATALOG_FORMATS = ["athena", "duckdb"] as const;
export type CatalogFormat = (typeof CATALOG_FORMATS)[number];

export interface Catalog {
  /** What stands before the statements: what a person has to know or to change. */
  readonly notes: readonly string[];
  readonly statements: readonly { readonly dataset: string; readonly sql: string }[];
  /** Tables without a statement. */
  readonly skipped: readonly { readonly dataset: string; readonly why: string }[];
}

type Written = { readonly sql: string } | { readonly why: string };

/** Lists one object of each table, and changes nothing. */
export async function writeCatalog(app: App, format: CatalogFormat, signal: AbortSignal): Promise<Catalog> {
  const tables = listDeclaredTables(await app.loadDags(), app.registry);
  const statements: { dataset: string; sql: string }[] = [];
  const skipped: { dataset: string; why: string }[] = [];
  const { root, notes } = findRoot(app.lake.id, format);
  for (const table of tables) {
    const { dataset } = table;
    const written =
      format === "duckdb"
        ? await writeView(app, table, root, signal)
        : await writeExternal(app, table, tables, root, signal);
    if ("sql" in written) statements.push({ dataset, sql: written.sql });
    else skipped.push({ dataset, why: written.why });
  }
  return { notes, statements, skipped };
}

function findRoot(lakeId: string, format: CatalogFormat): { root: string; notes: readonly string[] } {
  const isFolder = lakeId.startsWith("file:");
  // The address of a store of one's own is no part of a key's.
  const root = (isFolder ? fileURLToPath(lakeId) : (lakeId.split("?")[0] ?? "")).replace(/\/$/, "");
  if (format === "duckdb")
    return {
      root,
      notes: isFolder ? [] : ["DuckDB reads S3 with its extension httpfs and your credentials."],
    };
  if (!isFolder) return { root, notes: [] };
  const notes = [`The lake is a folder, ${lakeId}: copy it to S3, and write your bucket's name for BUCKET.`];
  return { root: "s3://BUCKET", notes };
}

/** DuckDB refuses a view over no file. */
async function writeView(
  app: App,
  table: DeclaredTable,
  root: string,
  signal: AbortSignal,
): Promise<Written> {
  const first = await findFirstKey(app, table.key, signal);
  return first === undefined
    ? { why: "the lake holds no object of it yet" }
    : { sql: writeDuckdbView(table, root) };
}

async function writeExternal(
  app: App,
  table: DeclaredTable,
  all: readonly DeclaredTable[],
  root: string,
  signal: AbortSignal,
): Promise<Written> {
  const folder = posix.dirname(table.key);
  const other = all.find((one) => one !== table && posix.dirname(one.key) === folder);
  // Athena reads every object below a folder.
  if (other !== undefined) return { why: `its folder ${folder} has ${other.dataset} too` };
  const days = findKeyDays(table.key);
  if (days === undefined) return { why: `its key ${table.key} has a folder by something else than the day` };
  const firstDay = days === null ? "" : await findFirstDay(app, table.key, days.name, signal);
  return writeAthenaTable(table, { root, days, firstDay });
}

/** Keys are listed in their order, so the first one has the oldest day. */
async function findFirstDay(
  app: App,
  key: string,
  name: "ds" | "partition",
  signal: AbortSignal,
): Promise<string> {
  const first = await findFirstKey(app, key, signal);
  const [, day] = first === undefined ? [] : (describeKeys(key).exec(first) ?? []);
  const today = formatDateDashes(app.clock.now(), "UTC");
  return day ?? (name === "ds" ? today : today.replaceAll("-", "/"));
}

async function findFirstKey(app: App, key: string, signal: AbortSignal): Promise<string | undefined> {
  const pattern = describeKeys(key);
  const start = key.indexOf("${");
  for await (const object of app.lake.list(start === -1 ? key : key.slice(0, start), signal))
    if (pattern.test(object.key)) return object.key;
  return undefined;
}
