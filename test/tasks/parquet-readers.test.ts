/** A table's Parquet file, value by value: what DuckDB reads of it, a reader that shares no code with DuckDB reads too. */
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buffer } from "node:stream/consumers";
import { DuckDBInstance, type Json } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { buildLake } from "../dags/built-lake.ts";
import { answerMovie, DAY, describeCompany, DISNEY, PIXAR, writeMovies } from "../dags/invented-films.ts";
import { makeTempFolder } from "../support/test-world.ts";
import { openTableWorld } from "./table-world.ts";

/** Every kind of type that the shipped Dags declare, and those that people add first. */
const COLUMNS = {
  id: "varchar not null",
  small: "smallint",
  whole: "integer",
  large: "bigint",
  real: "double",
  single: "float",
  is_it: "boolean",
  day: "date",
  at: "timestamp",
  price: "decimal(5,3)",
  sum: "decimal(18,2)",
  names: "varchar[]",
  numbers: "bigint[]",
  part: "struct(id bigint, name varchar)",
  parts: "struct(id bigint, name varchar)[]",
  deep: "struct(results struct(day date, kind integer, score decimal(3,1))[])",
  nested: "integer[][]",
};

const SQL = `
SELECT 'a' AS id, 32767 AS small, -2147483648 AS whole, 9223372036854775807 AS large, 0.1 + 0.2 AS real, 0.5 AS single, true AS is_it,
  DATE '1969-12-31' AS day, TIMESTAMP '2026-11-23 10:11:12.123456' AS at, 12.345 AS price, -12345678901.78 AS sum,
  ['Ação', '', NULL, '🎬 “x”'] AS names, [-1, NULL, 9007199254740993] AS numbers, {id: 1, name: 'Up'} AS part,
  [{id: 1, name: NULL}, NULL, {id: NULL, name: 'b'}] AS parts,
  {results: [{day: DATE '2000-02-29', kind: 3, score: 9.9}, NULL]} AS deep, [[1, 2], [], NULL, [NULL]] AS nested
FROM raw
UNION ALL
SELECT 'b', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM raw
UNION ALL
SELECT 'c', -32768, 0, -9223372036854775808, -1e308, -2.25, false, DATE '0001-01-01', TIMESTAMP '1900-01-01 00:00:00', -0.001, 0, [], [],
  {id: NULL, name: NULL}, [], {results: []}, [] FROM raw
UNION ALL
SELECT 'd' || i, i % 100, i, i * 1000000007, i / 7, i, i % 2 = 0, DATE '2026-01-01' + i::integer,
  TIMESTAMP '2026-01-01' + to_microseconds(i * 1000001), (i % 90000) / 1000, i / 100, list_transform(range(i % 5), x -> 'n' || x),
  range(i % 4), {id: i, name: 'n' || i}, [{id: i, name: 'é' || i}], {results: [{day: DATE '2026-01-01', kind: i::integer, score: 1.5}]},
  [[i::integer]]
FROM raw, range(3000) r(i)`;

const READER = fileURLToPath(new URL("read-parquet.mjs", import.meta.url));

type Rows = readonly Readonly<Record<string, unknown>>[];

/** Whole numbers stay texts, so that none is rounded; others, of which decimals have few digits here, are doubles. */
function toPlain(value: Json): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, toPlain(one)]));
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value).toString();
  const isNumber = typeof value === "string" && /^-?\d+\.\d+$/.test(value);
  return isNumber ? toPlain(Number(value)) : value;
}

function readOtherwise(path: string): Rows {
  const options = { encoding: "utf8", maxBuffer: 100_000_000 } as const;
  return (JSON.parse(execFileSync(process.execPath, [READER, path], options)) as Record<string, Json>[]).map(
    (row) => toPlain(row) as Rows[number],
  );
}

async function readByDuckDb(path: string): Promise<Rows> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `SELECT * FROM read_parquet('${path}', hive_partitioning = false)`,
  );
  const rows: readonly Readonly<Record<string, Json>>[] = reader.getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return rows.map((row) => toPlain(row) as Rows[number]);
}

test("every type that a table may have is read alike, with its nulls, its bounds and its lists", async () => {
  const tables = await openTableWorld();
  await tables.store("movies", "Raw/Movies/movies.csv", "x\n1\n");
  const key = "Trusted/Types/types.parquet";
  await tables.make(await tables.makeRun("2026-11-23T09:00:00Z"), {
    dataset: "types",
    key,
    inputs: { raw: { dataset: "movies", format: "csv" } },
    sql: SQL,
    columns: COLUMNS,
  });
  const path = join(makeTempFolder(), "types.parquet");
  writeFileSync(path, await buffer((await tables.world.lake.get(key)).body));
  const [read, expected] = [readOtherwise(path), await readByDuckDb(path)];
  expect(read).toHaveLength(3003);
  expect(Object.keys(read[0] ?? {})).toEqual(Object.keys(COLUMNS));
  expect(read).toEqual(expected);
});

test("the tables of the shipped Dags are read alike", async () => {
  const films = [
    answerMovie("tt0000010", {
      title: "Ação",
      release_date: "2001-01-01",
      production_companies: [describeCompany(DISNEY)],
    }),
    answerMovie("tt0000020", {
      title: "Up",
      budget: 175_000_000,
      revenue: 0,
      production_companies: [describeCompany(PIXAR)],
    }),
  ];
  const csv = { movies: writeMovies([{ id: "tt0000010", year: "2000" }]) };
  const { folder } = buildLake({ csv, records: { tmdb_movies: { [DAY]: [films] } } });
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".parquet"),
  );
  expect(paths.length).toBeGreaterThan(10);
  for (const path of paths.map((name) => join(folder, name))) {
    expect(readOtherwise(path), path).toEqual(await readByDuckDb(path));
  }
});
