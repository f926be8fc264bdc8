/** The database replaced by an older copy, or gone: the lake itself says what it holds. */
import { copyFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import BetterSqlite3 from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { checkLake, readFolderLake, type CheckedLake } from "../support/check-lake.ts";
import {
  expectSuccess,
  isUnknown,
  openCliWorld,
  startSimulator,
  waitUntil,
  writeSamples,
  type CliWorld,
  type SampleIds,
} from "../support/cli.ts";

let simulator: TmdbSimulator;
let world: CliWorld;
let ids: SampleIds;
/** After so many requests of the first run the database is copied. */
const COPIES = { early: 40, middle: 240 } as const;

function copyOf(moment: string): string {
  return join(world.folder, `${moment}.db`);
}

beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 150 });
  world = openCliWorld({ TMDB_BASE_URL: simulator.url });
  ids = await writeSamples(world, { movies: 330, series: 40 });
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-23"]);
  const running = world.start(["run", "tmdb_ingest", "--date", "2026-11-23"]);
  for (const moment of ["early", "middle"] as const) {
    await waitUntil(running, () => simulator.requests >= COPIES[moment]);
    await world.prepare(["db", "backup", copyOf(moment)]);
  }
  expectSuccess(await running.ended);
  await world.prepare(["db", "backup", copyOf("ended")]);
});
afterAll(async () => {
  await simulator.close();
  world.remove();
});

function replaceDatabase(copy: string | undefined): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${world.databaseFile}${end}`, { force: true });
  if (copy !== undefined) copyFileSync(copy, world.databaseFile);
}

function check(): CheckedLake {
  return checkLake({
    objects: readFolderLake(world.lakeFolder),
    databaseFile: world.databaseFile,
    lakeId: pathToFileURL(world.lakeFolder).href,
    mayLackManifests: true,
  });
}

function expectEachOnce(checked: CheckedLake): void {
  expect(checked.faults).toEqual([]);
  for (const [dataset, asked] of [
    ["tmdb_movies", ids.movies],
    ["tmdb_series", ids.series],
  ] as const) {
    const copies = checked.copies[dataset] ?? new Map<string, number>();
    expect([...copies.keys()].toSorted()).toEqual(asked.filter((id) => !isUnknown(id)).toSorted());
    expect([...new Set(copies.values())]).toEqual([1]);
  }
}

const listRecords = (): readonly string[] => world.listLake().filter((line) => !line.includes(".manifest-"));

test("the copies were made during the run, and have no faults", () => {
  for (const moment of ["early", "middle"]) {
    const copy = new BetterSqlite3(copyOf(moment), { readonly: true });
    const runs = copy.prepare("SELECT state FROM v_runs WHERE dag_id = 'tmdb_ingest'").pluck().all();
    const durable = copy
      .prepare("SELECT count(*) FROM v_ids WHERE outcome IN ('stored', 'spooled')")
      .pluck()
      .get();
    expect(copy.pragma("integrity_check", { simple: true })).toBe("ok");
    copy.close();
    expect(runs, moment).toEqual(["running"]);
    expect(durable, moment).toBeGreaterThan(0);
    expect(durable, moment).toBeLessThan(300);
  }
});

// Oldest last: each copy finds what the ones before it have added to the lake.
test.each(["ended", "middle", "early"])(
  "the database as it was (%s): the same command asks for nothing that the lake holds and doubles nothing",
  async (moment) => {
    replaceDatabase(copyOf(moment));
    simulator.reset();
    const before = listRecords();
    const result = await world.run(["run", "tmdb_ingest", "--date", "2026-11-23"]);
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    const all = [...ids.movies, ...ids.series];
    expect(all.filter((id) => simulator.countOf(id) > 0 && !isUnknown(id))).toEqual([]);
    expect(listRecords()).toEqual(before);
    expectEachOnce(check());
  },
);

test("no database at all: the lake is enough, also for the CSVs and for titles that TMDB does not have", async () => {
  replaceDatabase(undefined);
  simulator.reset();
  const before = world.listLake();
  const tmdb = await world.run(["run", "tmdb_ingest", "--date", "2026-11-24"]);
  expect(tmdb.exitCode, tmdb.stdout + tmdb.stderr).toBe(0);
  expect(simulator.requests).toBe(0);
  const csv = await world.run(["run", "csv_ingest", "--date", "2026-11-24"]);
  expect(csv.exitCode).toBe(0);
  expect(csv.stdout).toContain("unchanged since Raw/Local/CSV/Movies/2026/11/23/movies.csv");
  expect(world.listLake()).toEqual(before);
  expectEachOnce(check());
});

test("no database, and recheck_after is over: only the titles that were not found are asked again", async () => {
  replaceDatabase(undefined);
  simulator.reset();
  const tmdb = await world.run(["run", "tmdb_ingest", "--date", "2027-11-24", "--force"]);
  expect(tmdb.exitCode, tmdb.stdout + tmdb.stderr).toBe(0);
  const all = [...ids.movies, ...ids.series];
  expect(all.filter((id) => simulator.countOf(id) > 0)).toEqual(all.filter(isUnknown));
  expectEachOnce(check());
});

test("a database that is gone while its -wal remains is not silently created again", async () => {
  const aside = `${world.databaseFile}.aside`;
  renameSync(world.databaseFile, aside);
  copyFileSync(aside, `${world.databaseFile}-wal`);
  const result = await world.run(["run", "tmdb_ingest", "--date", "2026-11-24"]);
  expect(result.exitCode).toBe(78);
  expect(result.stderr).toMatch(/is gone, but its .*-wal is still there[\s\S]*Put the database file back/);
  rmSync(`${world.databaseFile}-wal`);
  renameSync(aside, world.databaseFile);
});
