/** What a sql-to-lake task makes, makes again, leaves as it is, and refuses. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { sql } from "../../state/sqlite/statement.ts";
import { openTableWorld, type TableWorld } from "./table-world.ts";

const KEY = "Trusted/Movies/movies.parquet";
const CSV = 'id|title|genres|note\ntt1|Dragon "F"|Animation,Comedy|8.5\ntt2|\\N||\ntt3|Up|Animation|7.1\n';

const WRITTEN = {
  dataset: "trusted_movies",
  key: KEY,
  inputs: { raw: { dataset: "movies", format: "csv" } },
  sql: "select id, title, string_split(genres, ',') as genres, note from raw order by id",
  columns: { id: "varchar not null", title: "varchar", genres: "varchar[]", note: "decimal(3,1)" },
};

async function openWithCsv(text = CSV): Promise<TableWorld> {
  const tables = await openTableWorld();
  await tables.store("movies", "Raw/Movies/2026/11/23/movies.csv", text);
  return tables;
}

async function listKeys({ world }: TableWorld): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of world.lake.list("")) keys.push(key);
  return keys;
}

test("a CSV becomes a typed table: NULL is NULL, quotes are letters, and lists are lists", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  const output = await tables.make(run, WRITTEN);
  expect(output).toMatchObject({ key: KEY, rows: 3, unchanged: false });
  expect(await tables.read(KEY)).toEqual([
    { id: "tt1", title: 'Dragon "F"', genres: ["Animation", "Comedy"], note: "8.5" },
    { id: "tt2", title: null, genres: null, note: null },
    { id: "tt3", title: "Up", genres: ["Animation"], note: "7.1" },
  ]);
  const { lake, database } = tables.world;
  const head = await lake.head(KEY);
  expect(head?.metadata).toMatchObject({
    "dagmar-kind": "file",
    "dagmar-dataset": "trusted_movies",
    "dagmar-rows": "3",
    "dagmar-engine": "duckdb 1.5.6",
    "dagmar-inputs-date": "2026-11-23T09:00:00.000Z",
    sha256: output["sha256"],
  });
  expect(database.all(sql`SELECT state, rows, engine FROM v_tables`)).toEqual([
    { state: "standing", rows: 3, engine: "duckdb 1.5.6" },
  ]);
  expect(tables.listLeftFolders()).toEqual([]);
});

test("the same again makes nothing, and starts no engine", async () => {
  const tables = await openWithCsv();
  const first = await tables.make(await tables.makeRun("2026-11-23T09:00:00Z"), WRITTEN);
  const put = await tables.world.lake.head(KEY);
  const progress: unknown[] = [];
  const again = await tables.make(await tables.makeRun("2026-11-24T09:00:00Z"), WRITTEN, {
    onProgress: (one) => progress.push(one),
  });
  expect(again).toEqual({ ...first, unchanged: true });
  expect(progress).toEqual([]);
  expect(await tables.world.lake.head(KEY)).toEqual(put);
});

test.each([
  ["the SQL", { sql: `${WRITTEN.sql} -- another` }],
  [
    "a type",
    {
      columns: { ...WRITTEN.columns, title: "varchar not null" },
      sql: "select id, coalesce(title, '') as title, string_split(genres, ',') as genres, note from raw",
    },
  ],
  [
    "the texts that mean NULL",
    { inputs: { raw: { dataset: "movies", format: "csv", nulls: ["", "\\N", "Up"] } } },
  ],
])("%s is changed: the table is made again, and the old one counts as replaced", async (_what, change) => {
  const tables = await openWithCsv();
  await tables.make(await tables.makeRun("2026-11-23T09:00:00Z"), WRITTEN);
  const output = await tables.make(await tables.makeRun("2026-11-24T09:00:00Z"), { ...WRITTEN, ...change });
  expect(output).toMatchObject({ unchanged: false, rows: 3 });
  expect(tables.world.database.all(sql`SELECT state FROM v_tables ORDER BY created_at, state`)).toHaveLength(
    2,
  );
  expect(await listKeys(tables)).toEqual(["Raw/Movies/2026/11/23/movies.csv", KEY]);
});

test("a new input makes the table again; a run of an older day does not take it back, except with --refetch", async () => {
  const tables = await openWithCsv();
  const early = await tables.makeRun("2026-11-23T09:00:00Z");
  await tables.make(early, WRITTEN);
  await tables.store(
    "movies",
    "Raw/Movies/2026/11/24/movies.csv",
    `${CSV}tt4|New||\n`,
    "2026-11-24T09:00:00.000Z",
  );
  expect(await tables.make(await tables.makeRun("2026-11-24T09:00:00Z"), WRITTEN)).toMatchObject({
    rows: 4,
    unchanged: false,
  });
  const older = { ...WRITTEN, sql: `${WRITTEN.sql} limit 1` };
  expect(await tables.make(early, older)).toMatchObject({ rows: 4, unchanged: true });
  expect(tables.events("table_is_newer")).toMatchObject([{ level: "warn" }]);
  expect(await tables.make({ ...early, refetchGeneration: "1" }, older)).toMatchObject({ rows: 1 });
});

test("with publish: keep the first table of a key stays, and an event says so", async () => {
  const tables = await openWithCsv();
  const written = { ...WRITTEN, publish: "keep", key: "Trusted/Movies/dt=2026-11-23/movies.parquet" };
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  await tables.make(run, written);
  expect(await tables.make(run, { ...written, sql: `${WRITTEN.sql} limit 1` })).toMatchObject({
    rows: 3,
    unchanged: true,
  });
  expect(tables.events("table_kept")).toHaveLength(1);
});

test("JSON records of a day are read together, typed as declared; other names are counted", async () => {
  const tables = await openTableWorld();
  await tables.store(
    "titles",
    "Raw/Titles/1.json",
    '[\n{"id":1,"tags":[{"id":7,"name":"a"}],"extra":1}\n]\n',
  );
  await tables.store(
    "titles",
    "Raw/Titles/2.json",
    '[\n{"id":2,"tags":[]},\n{"id":3,"other":null,"extra":2}\n]\n',
  );
  await tables.store("titles", "Raw/Titles/3.json", "[]", "2026-11-25T09:00:00.000Z");
  const output = await tables.make(await tables.makeRun("2026-11-23T09:00:00Z"), {
    dataset: "trusted_titles",
    key: "Trusted/Titles/dt=2026-11-23/titles.parquet",
    inputs: {
      raw: {
        dataset: "titles",
        format: "json",
        take: "run_date",
        columns: { id: "bigint", tags: "struct(id bigint, name varchar)[]" },
      },
    },
    sql: "select id, tags, $ds::date as dt, _object as object from raw order by id",
    columns: { id: "bigint", tags: "struct(id bigint, name varchar)[]", dt: "date", object: "varchar" },
    expect: [{ unique: ["id"] }],
  });
  expect(output).toMatchObject({ rows: 3 });
  expect(await tables.read("Trusted/Titles/dt=2026-11-23/titles.parquet")).toEqual([
    { id: "1", tags: [{ id: "7", name: "a" }], dt: "2026-11-23", object: "Raw/Titles/1.json" },
    { id: "2", tags: [], dt: "2026-11-23", object: "Raw/Titles/2.json" },
    { id: "3", tags: null, dt: "2026-11-23", object: "Raw/Titles/2.json" },
  ]);
  expect(tables.events("names_undeclared")[0]?.message).toContain(
    "2 names that its columns do not declare, such as extra (in 2 records)",
  );
});

test("a table is an input of the next one; params are bound, never spliced", async () => {
  const tables = await openWithCsv();
  const params = { genres: ["Animation", "x'; drop"], least: 8, ids: [1, 2], most: 2 };
  const run = await tables.makeRun("2026-11-23T09:00:00Z", params);
  await tables.make(run, WRITTEN);
  const written = {
    dataset: "refined_movies",
    key: "Refined/Movies/movies.parquet",
    inputs: { movies: { dataset: "trusted_movies", format: "parquet" } },
    sql: "select id, len($ids::bigint[]) as n from movies where list_has_any(genres, $genres::varchar[]) and note >= $least",
    columns: { id: "varchar", n: "bigint" },
    expect: [{ none: "select * from output where n <> len($ids::bigint[]) or n > $most" }],
  };
  await tables.make(run, written, { taskId: "refined" });
  expect(await tables.read("Refined/Movies/movies.parquet")).toEqual([{ id: "tt1", n: "2" }]);
});

test.each([
  ["newest", "warn"],
  ["run_date", "info"],
])(
  "with take: %s, without an input object there is no table; an event (%s) says which is missing",
  async (take, level) => {
    const tables = await openTableWorld();
    const written = { ...WRITTEN, inputs: { raw: { ...WRITTEN.inputs.raw, take } } };
    const output = await tables.make(await tables.makeRun("2026-11-23T09:00:00Z"), written);
    expect(output).toMatchObject({ key: null, unchanged: true });
    expect(await listKeys(tables)).toEqual([]);
    const [event] = tables.events("table_without_input");
    expect(event?.level).toBe(level);
    expect(event?.message).toContain("no object of the dataset movies (input raw");
  },
);

test.each([
  [
    "a syntax error",
    { sql: "select id,\n  from\nwhere x" },
    "SQL_FAILED",
    /sql: line 3: Parser Error: syntax error/,
  ],
  [
    "an unknown column",
    { sql: "select *\nfrom raw\nwhere foo = 1" },
    "SQL_FAILED",
    /line 3: Binder Error: Referenced column "foo"/,
  ],
  ["two statements", { sql: "select 1; select 2" }, "SQL_FAILED", /has 2 statements/],
  ["another statement", { sql: "create table x as select 1" }, "SQL_FAILED", /is no SELECT/],
  ["an unknown param", { sql: "select $foo as id from raw" }, "SQL_FAILED", /names \$foo/],
  [
    "a column that is missing and one that is not declared",
    { sql: "select id, title, note, 1 as more from raw" },
    "TABLE_NOT_AS_DECLARED",
    /Missing: genres\. Not declared: more/,
  ],
  [
    "a value of another type",
    { columns: { ...WRITTEN.columns, title: "integer" } },
    "SQL_FAILED",
    /Conversion Error: Could not convert string 'Dragon/,
  ],
  [
    "an unknown type",
    { columns: { ...WRITTEN.columns, title: "strong" } },
    "TABLE_NOT_AS_DECLARED",
    /title: strong is no type/,
  ],
  [
    "NULL where it is excluded",
    { columns: { ...WRITTEN.columns, title: "varchar not null" } },
    "TABLE_NOT_AS_DECLARED",
    /title \(in 1 rows\)/,
  ],
  [
    "an expectation that is broken",
    { expect: [{ none: "select id from output where note > 8" }] },
    "EXPECTATION_BROKEN",
    /1 rows of: select id from output where note > 8, such as \{"id":"tt1"\}/,
  ],
  [
    "rows that are too few",
    { expect: [{ rows: { at_least: 4 } }] },
    "EXPECTATION_BROKEN",
    /3 rows, and at least 4/,
  ],
  [
    "values that occur twice",
    {
      sql: "select 'x' as id, title, string_split(genres, ',') as genres, note from raw",
      expect: [{ unique: ["id"] }],
    },
    "EXPECTATION_BROKEN",
    /is not unique: id \(1 values\), such as \{"id":"x","rows":"3"\}/,
  ],
])("%s publishes nothing and says what to do", async (_what, change, code, message) => {
  const tables = await openWithCsv();
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  const making = tables.make(run, { ...WRITTEN, ...change });
  await expect(making).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
    retryable: false,
  });
  expect(await listKeys(tables)).toEqual(["Raw/Movies/2026/11/23/movies.csv"]);
  expect(tables.listLeftFolders()).toEqual([]);
});

test("an expectation that only warns is an event with its rows, and the table is published", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  const expectations = [
    { none: "select id from output where note > 7", severity: "warn" },
    { rows: { at_least: 1, shrink_at_most: 0.05 } },
  ];
  expect(await tables.make(run, { ...WRITTEN, expect: expectations })).toMatchObject({ rows: 3 });
  expect(tables.events("expectation_broken")).toMatchObject([{ level: "warn" }]);
});

test("a table that shrinks more than it may does not replace the old one", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  const written = { ...WRITTEN, expect: [{ rows: { shrink_at_most: 0.5 } }] };
  await tables.make(run, written);
  const shrunk = tables.make(run, { ...written, sql: `${WRITTEN.sql} limit 1` });
  await expect(shrunk).rejects.toMatchObject({
    message: expect.stringMatching(/66.7 % less, and at most 50 %/) as string,
  });
  expect(await tables.read(KEY)).toHaveLength(3);
});

test("an input that was changed in the lake is refused by its sha256", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  const resolved = await tables.make(run, WRITTEN);
  await tables.world.database.write((query) => {
    query.run(sql`UPDATE objects SET sha256 = ${"0".repeat(64)} WHERE dataset = 'movies'`);
  });
  await expect(tables.make(run, { ...WRITTEN, sql: `${WRITTEN.sql} limit 2` })).rejects.toMatchObject({
    code: "LAKE_CORRUPT",
    message: expect.stringContaining("holds other bytes than recorded") as string,
  });
  expect((await tables.world.lake.head(KEY))?.metadata["sha256"]).toBe(resolved["sha256"]);
});

test("attempts at the same time do not touch each other's files", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  const making = Array.from({ length: 6 }, (_, index) =>
    tables.make(run, { ...WRITTEN, dataset: `copy_${index}`, key: `Trusted/Copies/${index}.parquet` }),
  );
  expect((await Promise.all(making)).map(({ rows }) => rows)).toEqual([3, 3, 3, 3, 3, 3]);
  expect(tables.listLeftFolders()).toEqual([]);
});

test("a foreign object at the key stays, and the task says so", async () => {
  const tables = await openWithCsv();
  const body = Buffer.from("by another program");
  await tables.world.lake.putBytes({
    key: KEY,
    body,
    sha256: createHash("sha256").update(body).digest("hex"),
    metadata: {},
    contentType: "text/plain",
  });
  const before = await tables.world.lake.head(KEY);
  const making = tables.make(await tables.makeRun("2026-11-23T09:00:00Z"), WRITTEN);
  await expect(making).rejects.toMatchObject({ code: "TABLE_KEY_TAKEN" });
  expect(await tables.world.lake.head(KEY)).toEqual(before);
});

test("a lost database finds the table by its metadata: nothing is made again", async () => {
  const tables = await openWithCsv();
  await tables.make(await tables.makeRun("2026-11-23T09:00:00Z"), WRITTEN);
  const fresh = await openTableWorld({ lake: tables.world.lake });
  const output = await fresh.make(await fresh.makeRun("2026-11-24T09:00:00Z"), WRITTEN);
  expect(output).toMatchObject({ unchanged: true, rows: 3 });
});
