/** `dagmar db prune` from end to end: what was ingested stays known, and nothing is asked or written again. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import BetterSqlite3 from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { identifyProcess } from "../../scheduler/lease/process-identity.ts";
import { checkLake, readFolderLake } from "../support/check-lake.ts";
import { openCliWorld, startSimulator, writeSamples, type CliResult, type CliWorld } from "../support/cli.ts";

let simulator: TmdbSimulator;
let world: CliWorld;

const FIRST_DAYS = ["2026-01-01", "2026-01-02", "2026-01-03"];

beforeAll(async () => {
  simulator = await startSimulator();
  world = openCliWorld({ TMDB_BASE_URL: simulator.url });
  await writeSamples(world, { movies: 120, series: 30 });
  for (const day of FIRST_DAYS) {
    await world.prepare(["run", "csv_ingest", "--date", day]);
    await world.prepare(["run", "tmdb_ingest", "--date", day]);
  }
  edit((database) => {
    // As if a year had passed, with ten runs of each Dag since.
    database.exec(`
      UPDATE dag_runs SET finished_at = '2026-01-04T00:00:00.000Z';
      UPDATE events SET at = '2026-01-04T00:00:00.000Z';
      UPDATE candidate_sets SET created_at = '2026-01-04T00:00:00.000Z';
      WITH RECURSIVE day (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM day WHERE n < 10)
      INSERT INTO dag_runs (dag_id, run_id, run_type, state, logical_date, logical_date_local, timezone, partition, run_stamp,
          params, fingerprint, created_at, finished_at)
        SELECT dag_id, 'scheduled__2026-11-' || (10 + n) || 'T00:00:00.000Z', 'scheduled', 'success',
          '2026-11-' || (10 + n) || 'T00:00:00.000Z', '', timezone, '', '', params, fingerprint,
          '2026-01-04T00:00:00.000Z', '2026-01-04T00:00:00.000Z'
        FROM day, dag_runs WHERE run_id = 'manual__2026-01-01T09:00:00.000Z';
    `);
  });
}, 120_000);
afterAll(async () => {
  await simulator.close();
  world.remove();
});

function edit(work: (database: BetterSqlite3.Database) => void): void {
  const database = new BetterSqlite3(world.databaseFile);
  try {
    work(database);
  } finally {
    database.close();
  }
}

interface Pruned {
  readonly dry_run: boolean;
  readonly removed: Readonly<Record<string, number>>;
  readonly kept: Readonly<Record<string, number>>;
}

async function prune(...more: readonly string[]): Promise<Pruned> {
  const { exitCode, stdout, stderr } = await world.run([
    "db",
    "prune",
    "--older-than",
    "1d",
    "--json",
    ...more,
  ]);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Pruned;
}

function faults(): readonly unknown[] {
  const { lakeFolder, databaseFile } = world;
  return checkLake({
    objects: readFolderLake(lakeFolder),
    databaseFile,
    lakeId: pathToFileURL(lakeFolder).href,
  }).faults;
}

test("without an age, or with a short one, it does nothing and says what to write", async () => {
  for (const [args, sentence] of [
    [[], "--older-than is missing"],
    [["--older-than", "90s"], "--older-than 90s is not a duration of at least a day"],
    [["--older-than", "soon"], "--older-than soon is not a duration"],
  ] as const) {
    const { exitCode, stderr } = await world.run(["db", "prune", ...args]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(sentence);
  }
});

test("while another process holds the lease it ends with 75 and removes nothing; a dry run continues", async () => {
  const { pid, host, processStarted } = identifyProcess();
  const hold = `UPDATE lease SET epoch = epoch + 1, purpose = 'run csv_ingest', pid = ?, host = ?, process_started = ?,
    acquired_at = '2026-11-23T09:00:00.000Z', expires_at = '2999-01-01T00:00:00.000Z'`;
  edit((database) => database.prepare(hold).run(pid, host, processStarted));
  const before = world.query("SELECT count(*) AS n FROM dag_runs");
  const { exitCode, stderr } = await world.run(["db", "prune", "--older-than", "1d"]);
  expect(exitCode).toBe(75);
  expect(stderr).toContain("Another process is using this database: run csv_ingest");
  expect((await prune("--dry-run")).dry_run).toBe(true);
  expect(world.query("SELECT count(*) AS n FROM dag_runs")).toEqual(before);
  edit((database) => database.exec("UPDATE lease SET expires_at = NULL, pid = NULL, purpose = NULL"));
});

test("what a dry run counted is removed, and a copy made after it has no faults", async () => {
  const dry = await prune("--dry-run");
  // Of the three days' runs the last of tmdb_ingest stays: its asks are the newest of their questions.
  expect(dry.removed).toMatchObject({ dag_runs: 5, asks: 4, candidate_sets: 0 });
  expect(dry.removed["batches"]).toBeGreaterThan(2);
  expect(dry.kept).toMatchObject({ newest: 20, records: 1 });
  const done = await prune();
  expect(done).toMatchObject({ removed: dry.removed, kept: dry.kept, dry_run: false });
  const nothing = await world.run(["db", "prune", "--older-than", "1d"]);
  expect(nothing.stdout).toMatch(/^Nothing from before .* can be removed\.$/m);
  expect(nothing.stdout).toMatch(/^their records or their ask are still needed +1$/m);
  await world.prepare(["db", "check"]);
  const copy = join(world.folder, "copy.db");
  await world.prepare(["db", "backup", copy]);
  await world.prepare(["db", "check"], { DAGMAR_DB: copy });
});

test("after it the same dates and new ones ask nothing and write nothing; the lake is as it was", async () => {
  simulator.reset();
  const before = world.listLake();
  const results: CliResult[] = [];
  for (const day of [...FIRST_DAYS, "2026-01-05"]) {
    results.push(await world.run(["run", "csv_ingest", "--date", day]));
    results.push(await world.run(["run", "tmdb_ingest", "--date", day]));
  }
  expect(results.map(({ exitCode }) => exitCode)).toEqual(results.map(() => 0));
  expect(simulator.requests).toBe(0);
  expect(world.listLake()).toEqual(before);
  expect(faults()).toEqual([]);
  const verified = await world.run(["lake", "verify", "--deep"]);
  expect(verified.exitCode, verified.stdout).toBe(0);
  const adopted = world.query("SELECT 1 FROM objects WHERE is_adopted = 1");
  expect(adopted).toEqual([]);
});
