/** `dagmar lake learn`: an empty database learns what the lake holds, or only shows what there is to learn. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import {
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

beforeAll(async () => {
  simulator = await startSimulator();
  world = openCliWorld({ TMDB_BASE_URL: simulator.url });
  ids = await writeSamples(world, { movies: 130, series: 20 });
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-23"]);
  await world.prepare(["run", "tmdb_ingest", "--date", "2026-11-23"]);
  for (const end of ["", "-wal", "-shm"]) rmSync(`${world.databaseFile}${end}`, { force: true });
});
afterAll(async () => {
  await simulator.close();
  world.remove();
});

interface Learned {
  readonly dataset: string;
  readonly objects: number;
  readonly ids: number;
  readonly decided_ids: number;
}

async function learn(...more: readonly string[]): Promise<readonly Learned[]> {
  const result = await world.run(["lake", "learn", "--json", ...more]);
  expect(result.exitCode, result.stderr).toBe(0);
  const { learned } = JSON.parse(result.stdout) as { learned: readonly Learned[] };
  return learned;
}

const NAMES = ["movies", "oscar", "series", "tmdb_movies", "tmdb_series"];

test("a dry run shows it and creates no database", async () => {
  const learned = await learn("--dry-run");
  expect(learned.map(({ dataset }) => dataset)).toEqual(NAMES);
  const movies = learned.find(({ dataset }) => dataset === "tmdb_movies");
  expect(movies).toMatchObject({
    ids: ids.movies.filter((id) => !isUnknown(id)).length,
    decided_ids: ids.movies.filter(isUnknown).length,
  });
  expect(movies?.decided_ids).toBeGreaterThan(0);
  expect(existsSync(world.databaseFile)).toBe(false);
  const { stdout, stderr } = await world.run(["lake", "learn", "--dry-run"]);
  // What the copy learns is no event of the database.
  expect(stderr).toBe("");
  expect(stdout).toMatch(/tmdb_movies +\S+ +\d+ +\d+/);
  expect(stdout).toContain("Nothing was changed: `dagmar lake learn` takes this of file:");
});

test("without it the database knows them, and a second time there is nothing to learn", async () => {
  const learned = await learn();
  expect(learned.reduce((sum, { objects }) => sum + objects, 0)).toBeGreaterThan(5);
  expect(world.query("SELECT DISTINCT dataset FROM v_ids ORDER BY dataset")).toEqual([
    { dataset: "tmdb_movies" },
    { dataset: "tmdb_series" },
  ]);
  const again = await world.run(["lake", "learn"]);
  expect(again.stdout).toContain("The database knows everything that file:");
  simulator.reset();
  await world.prepare(["run", "tmdb_ingest", "--date", "2026-11-24"]);
  expect(simulator.requests).toBe(0);
});

test("a dry run next to the database leaves it and its folder as they are", async () => {
  const look = () => [
    readdirSync(world.folder).filter((name) => !/-(?:wal|shm)$/.test(name)),
    world.query("SELECT count(*) AS events FROM events"),
  ];
  const before = look();
  await learn("--dry-run");
  expect(look()).toEqual(before);
});

test("with a scheduler at work it is refused with what to do instead, and a dry run works", async () => {
  const scheduler = world.start(["scheduler"]);
  await waitUntil(scheduler, () => scheduler.output().includes("is scheduling the Dags"));
  const refused = await world.run(["lake", "learn"]);
  expect(refused.exitCode).toBe(75);
  expect(refused.stderr).toContain("It learns each dataset itself, before a task reads or writes it.");
  await learn("--dry-run");
  scheduler.child.kill("SIGTERM");
  expect((await scheduler.ended).exitCode).toBe(0);
});
