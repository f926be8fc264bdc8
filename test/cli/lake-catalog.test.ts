/** `dagmar lake catalog`: the views are executed by DuckDB, and the tables for Athena are those that the Dag files declare. */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCliWorld, writeSamples, type CliWorld } from "../support/cli.ts";

const task = (name: string, key: string): string => `
  ${name}:
    type: sql-to-lake
    with:
      dataset: ${name}
      key: ${key}
      inputs: { raw: { dataset: movies, format: csv } }
      sql: >-
        select id, [genero] as genres, {id: 1, "order": 2} as facts, $ds as dt from raw
      columns: { id: varchar not null, genres: "varchar[]", facts: 'struct(id bigint, "order" integer)', dt: date }`;

let world: CliWorld;

beforeAll(async () => {
  world = openCliWorld();
  for (const name of readdirSync(world.dagsFolder))
    if (name !== "csv_ingest.yaml") rmSync(join(world.dagsFolder, name), { recursive: true });
  await writeSamples(world, { movies: 20, series: 5 });
  writeFileSync(
    join(world.dagsFolder, "tables.yaml"),
    `dag: tables\nschedule: manual\ntasks:${task("typed_all", "Typed/All/all.parquet")}${task("typed_days", "Typed/Days/dt=${ds}/days.parquet")}\n`,
  );
  writeFileSync(
    join(world.dagsFolder, "later.yaml"),
    `dag: later\nschedule: manual\ntasks:${task("typed_later", "Typed/Later/later.parquet")}\n`,
  );
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-23"]);
  for (const date of ["2026-11-23", "2026-11-24"]) await world.prepare(["run", "tables", "--date", date]);
});
afterAll(() => world.remove());

test("DuckDB reads the views: every day, with the declared columns; a table without an object is left out", async () => {
  const { exitCode, stdout, stderr } = await world.run(["lake", "catalog", "--format", "duckdb"]);
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain("-- Left out: typed_later, because the lake holds no object of it yet.");
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  for (const statement of stdout.split(/;$/m)) if (statement.trim() !== "") await connection.run(statement);
  const read = async (sql: string): Promise<readonly unknown[]> =>
    (await connection.runAndReadAll(sql)).getRowObjectsJson();
  expect(await read("SELECT DISTINCT dt FROM typed_days ORDER BY dt")).toEqual([
    { dt: "2026-11-23" },
    { dt: "2026-11-24" },
  ]);
  expect(await read("SELECT DISTINCT facts FROM typed_all")).toEqual([{ facts: { id: "1", order: 2 } }]);
  expect(
    await read("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'typed_all'"),
  ).toEqual([
    { column_name: "id", data_type: "VARCHAR" },
    { column_name: "genres", data_type: "VARCHAR[]" },
    { column_name: "facts", data_type: 'STRUCT(id BIGINT, "order" INTEGER)' },
    { column_name: "dt", data_type: "DATE" },
  ]);
});

test("for Athena each table has its folder, and days begin with the oldest object's", async () => {
  const { stdout } = await world.run(["lake", "catalog", "--format", "athena"]);
  expect(stdout).toContain(`-- The lake is a folder, file://${world.lakeFolder}: copy it to S3`);
  expect(stdout).toContain(`CREATE EXTERNAL TABLE IF NOT EXISTS \`typed_all\` (
  \`id\` string,
  \`genres\` array<string>,
  \`facts\` struct<id:bigint,\`order\`:int>,
  \`dt\` date
)
STORED AS PARQUET
LOCATION 's3://BUCKET/Typed/All/';
`);
  expect(stdout).toContain("'projection.dt.range' = '2026-11-23,NOW+1DAYS'");
  expect(stdout).toContain("'storage.location.template' = 's3://BUCKET/Typed/Days/dt=${dt}/'");
  expect(stdout).toContain("`typed_later`");
});

test("an S3 lake's bucket and prefix are written, and nothing of its address", async () => {
  rmSync(join(world.dagsFolder, "later.yaml"));
  const given = { DAGMAR_LAKE: "s3://bucket/some/prefix", AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9" };
  writeFileSync(
    join(world.dagsFolder, "tables.yaml"),
    `dag: tables\nschedule: manual\ntasks:${task("typed_all", "Typed/All/all.parquet")}\n`,
  );
  const { stdout, stderr } = await world.run(["lake", "catalog", "--format", "athena", "--json"], given);
  const { statements, skipped } = JSON.parse(
    stdout === "" ? `{"stderr":${JSON.stringify(stderr)}}` : stdout,
  ) as {
    statements: readonly { dataset: string; sql: string }[];
    skipped: readonly unknown[];
  };
  expect(statements.find(({ dataset }) => dataset === "typed_all")?.sql).toContain(
    "LOCATION 's3://bucket/some/prefix/Typed/All/';",
  );
  expect(skipped).toEqual([]);
});

test("without a format, or with an unknown one, it says which there are", async () => {
  for (const [args, text] of [
    [[], "Write --format athena or --format duckdb."],
    [["--format", "spark"], "Use athena or duckdb."],
  ] as const) {
    const { exitCode, stderr } = await world.run(["lake", "catalog", ...args]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(text)]);
  }
});
