/** `dagmar lake query`: datasets of every kind by their names, over a folder lake; what it prints, refuses, and leaves behind. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import {
  isUnknown,
  openCliWorld,
  startSimulator,
  waitUntil,
  writeSamples,
  type CliProcess,
  type CliResult,
  type CliWorld,
  type SampleIds,
} from "../support/cli.ts";
import { startS3Server } from "../support/s3-server/server.ts";

const TABLES = `
dag: tables
schedule: manual
tasks:
  titles:
    type: sql-to-lake
    with:
      dataset: typed_titles
      key: Typed/Titles/dt=\${ds}/titles.parquet
      inputs: { raw: { dataset: movies, format: csv } }
      sql: select distinct id, tituloPincipal as title, anoLancamento as year, $ds as dt from raw order by id
      columns: { id: varchar not null, title: varchar, year: smallint, dt: date }
`;

let simulator: TmdbSimulator;
let world: CliWorld;
let ids: SampleIds;
let temporary: string;

beforeAll(async () => {
  simulator = await startSimulator();
  world = openCliWorld({ TMDB_BASE_URL: simulator.url });
  temporary = join(world.folder, "temporary");
  mkdirSync(temporary);
  world.environment["TMPDIR"] = temporary;
  ids = await writeSamples(world, { movies: 130, series: 20 });
  writeFileSync(join(world.dagsFolder, "tables.yaml"), TABLES);
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-23"]);
  await world.prepare(["run", "tmdb_ingest", "--date", "2026-11-23"]);
  for (const date of ["2026-11-23", "2026-11-24"]) await world.prepare(["run", "tables", "--date", date]);
});
afterAll(async () => {
  await simulator.close();
  world.remove();
});

function listLeft(): readonly string[] {
  return readdirSync(temporary).filter((name) => name.startsWith("dagmar-"));
}

function ask(sql: string, ...more: readonly string[]): Promise<CliResult> {
  return world.run(["lake", "query", sql, ...more]);
}

interface Answer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly shown: number;
  readonly has_more: boolean;
}

async function read(sql: string, ...more: readonly string[]): Promise<Answer> {
  const { exitCode, stdout, stderr } = await ask(sql, "--json", ...more);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Answer;
}

test("a CSV, records and a table's days are tables by their names, and only those of the statement are read", async () => {
  const movies = ids.movies.filter((id) => !isUnknown(id)).length;
  expect((await read("SELECT count(DISTINCT id) AS titles FROM movies")).rows).toEqual([{ titles: 260 }]);
  expect((await read("SELECT count(*) AS records FROM tmdb_movies")).rows).toEqual([{ records: movies }]);
  const { columns, rows } = await read(
    "WITH movies AS (SELECT * FROM Typed_Titles) SELECT dt, count(*) AS n FROM movies GROUP BY dt ORDER BY dt",
  );
  expect(columns).toEqual([
    { name: "dt", type: "DATE" },
    { name: "n", type: "BIGINT" },
  ]);
  expect(rows).toEqual([
    { dt: "2026-11-23", n: 260 },
    { dt: "2026-11-24", n: 260 },
  ]);
  const joined = await read(
    "SELECT count(*) AS n FROM tmdb_movies t JOIN typed_titles m ON m.id = t.imdb_id AND m.dt = DATE '2026-11-24'",
  );
  expect(joined.rows).toEqual([{ n: movies }]);
  expect(listLeft()).toEqual([]);
});

test("a table for people: years without separators, numbers to the right, and what was cut", async () => {
  const { stdout } = await ask(
    "SELECT 2001 AS year, 'a b' AS title, 7.50 AS score, NULL AS none, [1, 2] AS list",
  );
  expect(stdout).toBe("year  title  score  none  list\n2001  a b     7.50        [1, 2]\n");
  const cut = await ask("SELECT range AS n FROM range(3)", "--limit", "2");
  expect(cut.stdout).toBe("n\n0\n1\n… the first 2 rows; --limit 0 shows all\n");
  expect((await ask("SELECT range AS n FROM range(3)", "--limit", "3")).stdout).toBe("n\n0\n1\n2\n");
  expect((await ask("SELECT 1 AS n WHERE false")).stdout).toBe("No rows.\n");
  expect((await ask("DESCRIBE typed_titles")).stdout).toMatch(/\nyear +SMALLINT/);
});

test("CSV is quoted, and JSON keeps every digit", async () => {
  const csv = await ask(`SELECT 'a,"b' AS text, NULL AS none, '' AS empty`, "--csv");
  expect(csv.stdout).toBe('text,none,empty\n"a,""b",,""\n');
  const cut = await ask("SELECT range AS n FROM range(3)", "--csv", "--limit", "1");
  expect([cut.stdout, cut.stderr]).toEqual(["n\n0\n", "… the first 1 rows; --limit 0 shows all\n"]);
  const { stdout } = await ask(
    "SELECT 12345678901234567890::hugeint AS big, 'NaN \"NaN\"' AS text, 'nan'::double AS none, ['1.5', '-inf']::double[] AS list",
    "--json",
  );
  expect(stdout).toContain('"big":12345678901234567890');
  expect((JSON.parse(stdout) as Answer).rows).toMatchObject([
    { text: 'NaN "NaN"', none: "NaN", list: [1.5, "-Infinity"] },
  ]);
  const all = await read("SELECT range AS n FROM range(5000)", "--limit", "0");
  expect([all.rows.length, all.shown, all.has_more]).toEqual([5000, 5000, false]);
});

/** A database and a store of their own, with the CSVs. */
async function openS3(name: string): Promise<{
  readonly s3: Awaited<ReturnType<typeof startS3Server>>;
  readonly environment: Readonly<Record<string, string>>;
}> {
  const s3 = await startS3Server();
  const environment = {
    DAGMAR_LAKE: `s3://${s3.bucket}`,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    DAGMAR_DB: join(world.folder, `${name}.db`),
  };
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-23"], environment);
  return { s3, environment };
}

const COUNT = ["lake", "query", "SELECT count(DISTINCT id) AS n FROM movies", "--csv"];

test("objects in S3 are read in the same way", async () => {
  const { s3, environment } = await openS3("s3");
  const counted = await world.run(COUNT, environment);
  await s3.close();
  expect(counted.stdout, counted.stderr).toBe("n\n260\n");
});

/** A query that has begun to fetch an object, and whose store then stops answering. */
async function startStalled(
  s3: Awaited<ReturnType<typeof startS3Server>>,
  environment: Readonly<Record<string, string>>,
): Promise<CliProcess> {
  const before = listLeft();
  s3.faults.push({ when: { operation: "GetObject", key: /movies\.csv$/ }, fault: { kind: "stall-answer" } });
  const query = world.start(COUNT, environment);
  const listFetched = (): readonly string[] =>
    listLeft()
      .filter((name) => !before.includes(name))
      .flatMap((name) => readdirSync(join(temporary, name), { recursive: true, encoding: "utf8" }))
      .filter((name) => name.endsWith(".csv"));
  await waitUntil(query, () => listFetched().length > 0);
  return query;
}

async function killStalled(...given: Parameters<typeof startStalled>): Promise<void> {
  const dead = await startStalled(...given);
  dead.child.kill("SIGKILL");
  await dead.ended;
}

test("what a killed query had fetched is removed by the next query and by a scheduler; that of a live one stays", async () => {
  const { s3, environment } = await openS3("killed");
  const live = await startStalled(s3, environment);
  const folders = listLeft();
  await killStalled(s3, environment);
  expect(listLeft()).toHaveLength(2);
  expect((await world.run(COUNT, environment)).stdout).toBe("n\n260\n");
  expect(listLeft()).toEqual(folders);
  await killStalled(s3, environment);
  const scheduler = world.start(["scheduler"], { ...environment, DAGMAR_HTTP: "127.0.0.1:0" });
  await waitUntil(scheduler, () => listLeft().length === 1);
  scheduler.child.kill("SIGTERM");
  await scheduler.ended;
  expect(listLeft()).toEqual(folders);
  live.child.kill("SIGINT");
  await live.ended;
  await s3.close();
  expect(listLeft()).toEqual([]);
}, 120_000);

test("a dataset may have the name of any file of ours", async () => {
  for (const name of ["result", "spill"]) {
    const dag = TABLES.replace("dag: tables", `dag: ${name}`)
      .replace("typed_titles", name)
      .replace("Typed/", `${name}/`);
    writeFileSync(join(world.dagsFolder, `${name}.yaml`), dag);
    await world.prepare(["run", name, "--date", "2026-11-23"]);
    rmSync(join(world.dagsFolder, `${name}.yaml`));
  }
  expect((await read("SELECT count(*) AS n FROM result JOIN spill USING (id)")).rows).toEqual([{ n: 260 }]);
}, 60_000);

test.each([
  [
    "SELECT *\nFROM movis",
    2,
    "line 2, column 6: there is no dataset movis.",
    'Did you mean "movies"? Datasets: movies, ',
  ],
  [
    "SELECT 'é', * FROM \"x.csv\"",
    2,
    "line 1, column 20: there is no dataset x.csv.",
    "tmdb_series, typed_titles.",
  ],
  [
    "SELECT id\nFROM typed_titles\nWHERE  yaer = 1",
    1,
    'line 3, column 8: Binder Error: Referenced column "yaer"',
    "year",
  ],
  ["SELEC 1", 1, "line 1, column 1: Parser Error", 'syntax error at or near "SELEC"'],
  ["SELECT 1; SELECT 2", 1, "2 statements", "must be one SELECT"],
  ["INSERT INTO movies VALUES (1)", 1, "must be one SELECT", ""],
  ["SELECT * FROM read_csv('/etc/passwd')", 1, "Permission Error", "disabled"],
  ["COPY (SELECT 1) TO '/tmp/x'", 1, "must be one SELECT", ""],
  ["SELECT * FROM oscar", 1, "no object of the dataset oscar", "Run the Dag that stores it."],
])("%j is refused with the place and what to do", async (sql, exitCode, what, hint) => {
  const result = await ask(sql);
  expect(result.exitCode, result.stderr).toBe(exitCode);
  expect(result.stderr).toContain(what);
  expect(result.stderr).toContain(hint);
  expect(result.stdout).toBe("");
  expect(listLeft()).toEqual([]);
});

const SLOW = "SELECT max(a.range * b.range) FROM range(300000) a, range(300000) b";

function listEngines(): readonly string[] {
  return readdirSync("/proc").filter((name) => {
    try {
      return (
        /^\d+$/.test(name) &&
        readFileSync(`/proc/${name}/cmdline`, "utf8").includes(join(world.folder, "program"))
      );
    } catch {
      return false;
    }
  });
}

test("Ctrl-C ends it without a process or a file left, and so does its time-out", async () => {
  const running = world.start(["lake", "query", SLOW]);
  await waitUntil(running, () => listEngines().length > 1 && listLeft().length > 0);
  running.child.kill("SIGINT");
  const { exitCode, stderr } = await running.ended;
  expect([exitCode, stderr]).toEqual([75, expect.stringContaining("Stopped by SIGINT")]);
  expect([listEngines(), listLeft()]).toEqual([[], []]);
  const late = await ask(SLOW, "--timeout", "1s");
  expect([late.exitCode, late.stderr]).toEqual([1, expect.stringContaining("longer than 1 s")]);
  expect([listEngines(), listLeft()]).toEqual([[], []]);
});

test("more memory than it may use is a plain error", async () => {
  const { exitCode, stderr } = await ask("SELECT list(range) FROM range(50000000)", "--memory", "64MB");
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("Give the query more with --memory")]);
});

test("a database that knows nothing, or none at all, stays as it is: the lake is asked", async () => {
  const other = join(world.folder, "other.db");
  const none = await world.run(["lake", "query", "SELECT count(*) AS n FROM typed_titles", "--csv"], {
    DAGMAR_DB: other,
  });
  expect(none.stdout, none.stderr).toBe("n\n520\n");
  expect(existsSync(other)).toBe(false);
});

test("without DuckDB it says what to install", async () => {
  const chunks = join(world.folder, "program", "dist", "chunks");
  const loading = readdirSync(chunks)
    .filter((name) => name.endsWith(".js"))
    .map((name) => ({ file: join(chunks, name), text: readFileSync(join(chunks, name), "utf8") }))
    .filter(({ text }) => text.includes('import("@duckdb/node-api")'));
  for (const { file, text } of loading)
    writeFileSync(file, text.replaceAll("@duckdb/node-api", "@duckdb/not-installed"));
  const { exitCode, stderr } = await ask("SELECT 1");
  for (const { file, text } of loading) writeFileSync(file, text);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("npm install @duckdb/node-api@1.5.6-r.1")]);
});
