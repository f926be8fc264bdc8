/** SIGKILL at seeded moments, then the same command: it resumes, asks for nothing that was durable, and stores each record once. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom } from "../../quickstart/invented/random.ts";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { checkLake, readFolderLake, type CheckedLake } from "../support/check-lake.ts";
import {
  ageFile,
  isUnknown,
  killWhen,
  openCliWorld,
  startSimulator,
  writeSamples,
  type CliWorld,
} from "../support/cli.ts";

/** Two tasks, each with 16 requests under way, and as many answers that wait for their common commit. */
const MOST_NOT_DURABLE = 2 * (16 + 16);

let simulator: TmdbSimulator;
let world: CliWorld;

beforeAll(async () => {
  // Slow enough to be killed in the middle.
  simulator = await startSimulator({ latencyMs: 25 });
  world = openCliWorld({ TMDB_BASE_URL: simulator.url, TMDB_RATE_PER_SECOND: "200" });
});
afterAll(async () => {
  await simulator.close();
  world.remove();
});

function check(): CheckedLake {
  return checkLake({
    objects: readFolderLake(world.lakeFolder),
    databaseFile: world.databaseFile,
    lakeId: pathToFileURL(world.lakeFolder).href,
  });
}

function countFiles(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .length;
}

/** Ids whose answer was committed, in whichever form. */
function listDurable(generation: string): readonly string[] {
  return world
    .query<{ asked_id: string }>(
      "SELECT asked_id FROM spool WHERE generation = ? UNION SELECT asked_id FROM processed_ids WHERE generation = ?",
      generation,
      generation,
    )
    .map((row) => row.asked_id);
}

test("csv_ingest killed at five moments stores the file once, whole, under its planned key", async () => {
  const folder = world.inputFolder;
  const line = "tt0000002|Um título inventado|\\N|2011|90|Animation\n";
  for (const name of ["movies.csv", "series.csv"]) {
    writeFileSync(join(folder, name), `${name}\n${line.repeat(name === "movies.csv" ? 200_000 : 100)}`);
    ageFile(join(folder, name));
  }
  const temporaries = join(world.lakeFolder, "_dagmar", "tmp");
  const objects = join(world.lakeFolder, "Raw");
  const seen = (): boolean => running.output().includes("movies: started");
  const moments: Record<string, () => boolean> = {
    "the database is there": () => existsSync(world.databaseFile),
    "the task has started": seen,
    "a draft is being written": () => seen() && countFiles(temporaries) > 0,
    "the first object or its metadata stands": () => countFiles(objects) > 0,
    "both objects stand": () => countFiles(objects) === 4,
  };
  const command = ["run", "csv_ingest", "--date", "2026-11-23"];
  let running = world.start([]);
  let kills = 0;
  for (const moment of Object.values(moments)) {
    running = world.start(command);
    if (await killWhen(running, moment)) kills += 1;
  }
  expect(kills).toBeGreaterThanOrEqual(3);
  const result = await world.run(command);
  expect(result.exitCode).toBe(0);
  const stored = readFolderLake(world.lakeFolder);
  expect([...stored.keys()].toSorted()).toEqual([
    "Raw/Local/CSV/Movies/2026/11/23/movies.csv",
    "Raw/Local/CSV/Series/2026/11/23/series.csv",
  ]);
  const source = readFileSync(join(folder, "movies.csv"));
  expect(stored.get("Raw/Local/CSV/Movies/2026/11/23/movies.csv")?.body.equals(source)).toBe(true);
  expect(check().faults).toEqual([]);
});

test("tmdb_ingest killed at six moments asks for nothing that was durable and stores each record once", async () => {
  const ids = await writeSamples(world, { movies: 320, series: 60 });
  const all = [...ids.movies, ...ids.series];
  expect((await world.run(["run", "csv_ingest", "--date", "2026-11-24"])).exitCode).toBe(0);
  const random = createRandom("moments");
  const command = ["run", "tmdb_ingest", "--date", "2026-11-24"];
  const tmdb = join(world.lakeFolder, "Raw", "TMDB");
  let kills = 0;
  let durable = new Map<string, number>();
  const assertDurableKept = (): void => {
    for (const [id, count] of durable) expect(simulator.countOf(id), `${id} was durable`).toBe(count);
  };
  for (let round = 0; round < 6; round += 1) {
    const requests = simulator.requests + random.between(1, 50);
    const files = countFiles(tmdb);
    const running = world.start(command);
    // Alternately: after a number of further requests, or as soon as a file appears in the lake (an object, metadata, a manifest).
    const moment = round % 3 === 2 ? () => countFiles(tmdb) > files : () => simulator.requests >= requests;
    if (!(await killWhen(running, moment))) break;
    kills += 1;
    assertDurableKept();
    const known = listDurable("0");
    const answeredInVain = all.filter((id) => simulator.countOf(id) > 0).length - known.length;
    expect(answeredInVain).toBeLessThanOrEqual(MOST_NOT_DURABLE);
    durable = new Map(known.map((id) => [id, simulator.countOf(id)]));
  }
  expect(kills).toBeGreaterThanOrEqual(5);

  const result = await world.run(command);
  expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  assertDurableKept();
  // A film that is known is one request; each kill can repeat the one that was under way.
  for (const id of ids.movies.filter((movie) => !isUnknown(movie))) {
    expect(simulator.countOf(id)).toBeLessThanOrEqual(1 + kills);
  }
  const checked = check();
  expect(checked.faults).toEqual([]);
  for (const [dataset, asked] of [
    ["tmdb_movies", ids.movies],
    ["tmdb_series", ids.series],
  ] as const) {
    const copies = checked.copies[dataset] ?? new Map<string, number>();
    expect([...copies.keys()].toSorted()).toEqual(asked.filter((id) => !isUnknown(id)).toSorted());
    expect([...new Set(copies.values())]).toEqual([1]);
  }
  const attempts = world.query<{ state: string }>(
    "SELECT state FROM v_attempts WHERE task_id = 'movies' AND dag_id = 'tmdb_ingest'",
  );
  expect(attempts.filter(({ state }) => state === "lost").length).toBeGreaterThanOrEqual(3);
  simulator.reset();
  const before = world.listLake();
  expect((await world.run([...command, "--rerun"])).exitCode).toBe(0);
  expect(simulator.requests).toBe(0);
  expect(world.listLake()).toEqual(before);
});

test("--refetch killed twice and given again resumes in the generation that it began", async () => {
  const command = ["run", "tmdb_ingest", "--date", "2026-11-25", "--refetch"];
  const movies = [...(check().copies["tmdb_movies"]?.keys() ?? [])];
  simulator.reset();
  let kept = new Map<string, number>();
  for (const requests of [120, 260]) {
    expect(await killWhen(world.start(command), () => simulator.requests >= requests)).toBe(true);
    for (const [id, count] of kept) expect(simulator.countOf(id), `${id} was durable`).toBe(count);
    const [run] = world.query<{ refetch_generation: string }>(
      "SELECT refetch_generation FROM dag_runs WHERE refetch_generation IS NOT NULL",
    );
    kept = new Map(listDurable(run?.refetch_generation ?? "").map((id) => [id, simulator.countOf(id)]));
    expect(kept.size).toBeGreaterThan(0);
  }
  const result = await world.run(command);
  expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  for (const [id, count] of kept) expect(simulator.countOf(id), `${id} was durable`).toBe(count);
  const checked = check();
  expect(checked.faults).toEqual([]);
  expect([...new Set(movies.map((id) => checked.copies["tmdb_movies"]?.get(id)))]).toEqual([2]);
});
