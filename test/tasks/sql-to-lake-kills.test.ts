/** What is left of a table's making that was stopped: the old table whole, no process, no file; and what the next attempt does. */
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { armFailpoints, type FailpointName } from "../../model/failpoint.ts";
import { isFault, verifyLake } from "../../lake/protocol/verify-lake.ts";
import { listBegun } from "../../state/records/table-contents.ts";
import { listRecordedObjects } from "../../state/reports.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { SQL_TO_LAKE } from "../../tasks/sql-to-lake/declare.ts";
import { listEngines, stopAt } from "./engine-stops.ts";
import { openTableWorld, type TableWorld } from "./table-world.ts";

const KEY = "Trusted/Movies/movies.parquet";
const WRITTEN = {
  dataset: "trusted_movies",
  key: KEY,
  inputs: { raw: { dataset: "movies", format: "csv" } },
  sql: "select id, title from raw order by id",
  columns: { id: "varchar", title: "varchar" },
};
/** It would take minutes, and needs hardly any memory. */
const SLOW = {
  ...WRITTEN,
  sql: "select max(a.i * b.i)::varchar as id, '' as title from range(300000) a(i), range(300000) b(i)",
};

/** For the engine's process itself, without a task. */
function makeSlowJob(tables: TableWorld) {
  const folder = mkdtempSync(join(tables.world.folder, "job-"));
  return {
    folder,
    memory: "256MB",
    threads: 1,
    inputs: [],
    sql: SLOW.sql,
    params: {},
    columns: ["id", "title"].map((name) => ({ name, type: "varchar", isRequired: false })),
    expectations: [],
    previousRows: null,
    output: join(folder, "t.parquet"),
  };
}

async function openWithCsv(): Promise<TableWorld> {
  const tables = await openTableWorld();
  await tables.store("movies", "Raw/Movies/movies.csv", "id|title\ntt1|a\ntt2|b\n");
  return tables;
}

test.each((SQL_TO_LAKE.failpoints ?? []).map((point) => [point as FailpointName]))(
  "stopped at %s: one table whole, nothing left, and the next attempt ends the work",
  async (point) => {
    const tables = await openWithCsv();
    const run = await tables.makeRun("2026-11-23T09:00:00Z");
    const first = await tables.make(run, WRITTEN);
    const next = { ...WRITTEN, sql: "select id, upper(title) as title from raw order by id" };
    stopAt(point, () => {
      throw new Error(`stopped at ${point}`);
    });
    await expect(tables.make(run, next)).rejects.toThrow(`stopped at ${point}`);
    armFailpoints(undefined);
    const standing = await tables.read(KEY);
    expect([
      JSON.stringify([
        { id: "tt1", title: "a" },
        { id: "tt2", title: "b" },
      ]),
      JSON.stringify([
        { id: "tt1", title: "A" },
        { id: "tt2", title: "B" },
      ]),
    ]).toContain(JSON.stringify(standing));
    expect(listEngines(tables)).toEqual([]);
    expect(tables.listLeftFolders()).toEqual([]);

    const output = await tables.make(run, next);
    expect(output["object_id"]).toBe(first["object_id"]);
    expect(await tables.read(KEY)).toEqual([
      { id: "tt1", title: "A" },
      { id: "tt2", title: "B" },
    ]);
    expect(tables.world.database.all(sql`SELECT state FROM v_tables ORDER BY state`)).toEqual([
      { state: "replaced" },
      { state: "standing" },
    ]);
    expect(tables.world.database.get(sql`SELECT sha256 FROM objects WHERE key = ${KEY}`)).toEqual({
      sha256: output["sha256"],
    });
  },
);

test("the engine loads while its inputs are fetched, and ends when one of them is not as recorded", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  let engines: readonly number[] = [];
  stopAt("table.engine.before", () => {
    engines = listEngines(tables);
  });
  await tables.make(run, WRITTEN);
  expect(engines).toHaveLength(1);
  writeFileSync(join(tables.world.folder, "lake/Raw/Movies/movies.csv"), "id|title\ntt1|A\ntt2|B\n");
  const next = { ...WRITTEN, sql: "select id, upper(title) as title from raw order by id" };
  await expect(tables.make(run, next)).rejects.toMatchObject({ code: "LAKE_CORRUPT" });
  expect(listEngines(tables)).toEqual([]);
  expect(tables.listLeftFolders()).toEqual([]);
});

test.each([
  ["the first table of its key", []],
  ["a table that replaces another", [WRITTEN]],
])(
  "between the put of %s and its record, the lake's verification says that it is unfinished",
  async (_what, earlier) => {
    const tables = await openWithCsv();
    const run = await tables.makeRun("2026-11-23T09:00:00Z");
    for (const written of earlier) await tables.make(run, written);
    const next = { ...WRITTEN, sql: "select id, upper(title) as title from raw order by id" };
    const { lake, database } = tables.world;
    const verify = async (isDeep: boolean): Promise<readonly string[]> => {
      const booked = listRecordedObjects(database, lake.id, "Trusted/").map(({ key, sha256, size_bytes }) => {
        return { key, sha256, sizeBytes: size_bytes };
      });
      const deviations = await verifyLake(lake, booked, {
        prefix: "Trusted/",
        isDeep,
        signal: new AbortController().signal,
        foreignKeys: new Set(),
        removals: new Map(),
        begun: new Map(listBegun(database, lake.id).map((table) => [table.key, table])),
        doubles: [],
        countStored: () => 0,
      });
      expect(deviations.some(isFault)).toBe(false);
      return deviations.map(({ key, verdict, detail }) => `${key} ${verdict}: ${detail}`);
    };
    for (const point of ["table.put.before", "table.put.after"] as const) {
      stopAt(point, () => {
        throw new Error(`stopped at ${point}`);
      });
      await expect(tables.make(run, next)).rejects.toThrow(`stopped at ${point}`);
      armFailpoints(undefined);
      const said =
        point === "table.put.before" ? [] : [`${KEY} unfinished: run ${run.runId} of test_dag put it`];
      for (const isDeep of [false, true])
        expect(await verify(isDeep)).toEqual(said.map((text) => expect.stringContaining(text) as string));
    }
    await tables.make(run, next);
    expect(await verify(true)).toEqual([]);
  },
);

test("an attempt that is stopped ends its process and removes its folder", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  const stop = new AbortController();
  stopAt("table.engine.writing", () => stop.abort(new Error("the run was cancelled")));
  await expect(tables.make(run, SLOW, { signal: stop.signal })).rejects.toThrow("the run was cancelled");
  expect(listEngines(tables)).toEqual([]);
  expect(tables.listLeftFolders()).toEqual([]);
});

test("a process that the system ends is a plain error, and the attempt may be repeated", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  stopAt("table.engine.writing", () => {
    for (const pid of listEngines(tables)) process.kill(pid, "SIGKILL");
  });
  await expect(tables.make(run, SLOW)).rejects.toMatchObject({
    code: "ENGINE_CRASHED",
    retryable: true,
    message: expect.stringContaining(
      "was ended by SIGKILL, as the system does when memory runs out",
    ) as string,
  });
  expect(tables.listLeftFolders()).toEqual([]);
  expect(await tables.world.lake.head(KEY)).toBeUndefined();
});

test("more memory than the task has is an error that says which option to change", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  const greedy = {
    ...WRITTEN,
    memory: "64MB",
    sql: "select list(i)::varchar as id, '' as title from range(100000000) t(i)",
  };
  await expect(tables.make(run, greedy)).rejects.toMatchObject({
    code: "ENGINE_OUT_OF_MEMORY",
    hint: expect.stringContaining("`memory`") as string,
  });
});

test.each([
  [
    "a file of the machine",
    "select content as id, '' as title from read_text('/etc/passwd')",
    /Permission Error/,
  ],
  [
    "its own environment",
    "select content as id, '' as title from read_text('/proc/self/environ')",
    /Permission Error/,
  ],
  ["a list of files", "select file as id, '' as title from glob('/etc/*')", /Permission Error/],
  ["the network", "select content as id, '' as title from read_text('http://127.0.0.1:1/')", /Error/],
  ["a variable", "select getenv('PATH') as id, '' as title", /getenv does not exist/],
  ["another database", "attach '/tmp/x.db'", /is no SELECT|Permission Error/],
  ["a setting", "set memory_limit = '1TB'", /is no SELECT/],
  ["an extension", "install httpfs", /is no SELECT|Permission Error/],
  ["a second statement", "select 1 as id, '' as title); attach '/tmp/x.db'; --", /syntax error|statements/],
])("the SQL cannot reach %s", async (_what, text, message) => {
  const tables = await openWithCsv();
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  await expect(tables.make(run, { ...WRITTEN, sql: text })).rejects.toMatchObject({
    code: "SQL_FAILED",
    message: expect.stringMatching(message) as string,
  });
});

test("the engine's environment holds its cookie and no secret", async () => {
  const tables = await openWithCsv();
  process.env["DAGMAR_TEST_SECRET"] = "hunter2-secret";
  onTestFinished(() => void delete process.env["DAGMAR_TEST_SECRET"]);
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  const stop = new AbortController();
  let environment = "";
  stopAt("table.engine.writing", () => {
    const [pid = 0] = listEngines(tables);
    environment = readFileSync(`/proc/${pid}/environ`, "utf8");
    stop.abort(new Error("seen"));
  });
  await expect(tables.make(run, SLOW, { signal: stop.signal })).rejects.toThrow("seen");
  const names = environment.split("\0").map((entry) => entry.split("=")[0]);
  expect(names.filter((name) => name !== "")).toEqual(["DAGMAR_ATTEMPT_COOKIE", "TZ", "LANG"]);
});

test.runIf(process.platform === "linux")("all of the engine's threads give way to its parent", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  const stop = new AbortController();
  let listed: readonly number[] = [];
  stopAt("table.engine.writing", () => {
    const [pid = 0] = listEngines(tables);
    // proc(5): the 19th field is the nice value; the second may hold spaces.
    listed = readdirSync(`/proc/${pid}/task`).map((id) =>
      Number(readFileSync(`/proc/${pid}/task/${id}/stat`, "utf8").split(") ")[1]?.split(" ")[16]),
    );
    stop.abort(new Error("seen"));
  });
  await expect(tables.make(run, SLOW, { signal: stop.signal })).rejects.toThrow("seen");
  expect(listed.length).toBeGreaterThan(2);
  expect(new Set(listed)).toEqual(new Set([10]));
});

test("an engine whose parent is gone ends itself and its folder", async () => {
  const tables = await openWithCsv();
  // A process in between that is killed, as a scheduler would be.
  const program = `
    import { spawn } from "node:child_process";
    const child = spawn(process.execPath, [process.argv[2]], { stdio: ["pipe", "pipe", "inherit"], detached: true, env: { DAGMAR_ATTEMPT_COOKIE: process.argv[4] } });
    child.stdin.write(process.argv[3] + "\\n");
    child.stdout.once("data", () => process.stdout.write(String(child.pid)));`;
  const job = makeSlowJob(tables);
  const script = join(tables.world.folder, "parent.mjs");
  writeFileSync(script, program);
  const parent = spawn(process.execPath, [script, tables.engine, JSON.stringify(job), tables.cookie], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => parent.stdout.once("data", resolve));
  expect(listEngines(tables)).toHaveLength(1);
  const gone = new Promise((resolve) => parent.once("exit", resolve));
  parent.kill("SIGKILL");
  await gone;
  await expect.poll(() => listEngines(tables), { timeout: 10_000 }).toEqual([]);
  expect(existsSync(job.folder)).toBe(false);
});

test("an engine that finds its answers unread, before it sees the end of its input, ends its folder too", async () => {
  const tables = await openWithCsv();
  const job = makeSlowJob(tables);
  const engine = spawn(process.execPath, [tables.engine], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { DAGMAR_ATTEMPT_COOKIE: tables.cookie },
  });
  engine.stdout.destroy();
  const gone = new Promise((resolve) => engine.once("exit", (_code, signal) => resolve(signal)));
  engine.stdin.write(`${JSON.stringify(job)}\n`);
  // It writes the table: two answers met a closed pipe by then.
  await expect.poll(() => readdirSync(job.folder), { timeout: 10_000 }).not.toEqual([]);
  engine.stdin.end();
  expect(await gone).toBe("SIGKILL");
  expect(existsSync(job.folder)).toBe(false);
});

test("what a killed process left in the folder of temporary files is removed by the next attempt", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  let left: readonly string[] = [];
  const stop = new AbortController();
  stopAt("table.fetch.before", () => {
    left = tables.listLeftFolders();
    stop.abort(new Error("killed"));
  });
  await expect(tables.make(run, WRITTEN, { signal: stop.signal })).rejects.toThrow("killed");
  armFailpoints(undefined);
  expect(left).toHaveLength(1);
  mkdirSync(`${tables.temporary}/${left[0] ?? ""}`);
  mkdirSync(`${tables.temporary}/dagmar-table-of-another-database`);
  await tables.make(run, WRITTEN);
  expect(tables.listLeftFolders()).toEqual(["dagmar-table-of-another-database"]);
});

test("without DuckDB the error names the command that installs it", async () => {
  const bare = await openWithCsv();
  const folder = `${bare.world.folder}/dist`;
  cpSync(new URL("../../dist/", import.meta.url), folder, { recursive: true });
  const tables = await openTableWorld({
    lake: bare.world.lake,
    engine: pathToFileURL(`${folder}/tasks/sql-to-lake/engine.js`),
  });
  const run = await tables.makeRun("2026-11-23T09:00:00Z");
  await expect(tables.make(run, WRITTEN)).rejects.toMatchObject({
    code: "ENGINE_MISSING",
    retryable: false,
    hint: expect.stringContaining("npm install @duckdb/node-api@") as string,
  });
});
