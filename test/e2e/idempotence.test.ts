/** Point by point: what a second run, another day, more titles or another question ask of TMDB and write to the lake. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addTitles } from "../../quickstart/samples/add-titles.ts";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { checkLake, readFolderLake, type CheckedLake } from "../support/check-lake.ts";
import {
  ageFile,
  isUnknown,
  openCliWorld,
  startSimulator,
  writeSamples,
  type CliResult,
  type CliWorld,
  type SampleIds,
} from "../support/cli.ts";

let simulator: TmdbSimulator;
let world: CliWorld;
let ids: SampleIds;
let firstResults: readonly CliResult[];

beforeAll(async () => {
  simulator = await startSimulator();
  world = openCliWorld({ TMDB_BASE_URL: simulator.url });
  ids = await writeSamples(world, { movies: 230, series: 60 });
  firstResults = await runBoth("2026-10-23");
});
afterAll(async () => {
  await simulator.close();
  world.remove();
});

async function runBoth(date: string, ...more: readonly string[]): Promise<readonly CliResult[]> {
  const csv = await world.run(["run", "csv_ingest", "--date", date, ...more]);
  return [csv, await world.run(["run", "tmdb_ingest", "--date", date, ...more])];
}

function check(lakeFolder = world.lakeFolder): CheckedLake {
  return checkLake({
    objects: readFolderLake(lakeFolder),
    databaseFile: world.databaseFile,
    lakeId: pathToFileURL(lakeFolder).href,
  });
}

function known(all: readonly string[]): readonly string[] {
  return all.filter((id) => !isUnknown(id));
}

/** Those of the ids that TMDB was asked for since the last reset. */
function listAsked(all: readonly string[]): readonly string[] {
  return all.filter((id) => simulator.countOf(id) > 0);
}

function countsOf(checked: CheckedLake, dataset: string, expected: readonly string[]): readonly number[] {
  const counts = checked.copies[dataset] ?? new Map<string, number>();
  expect([...counts.keys()].toSorted()).toEqual(expected.toSorted());
  return [...new Set(counts.values())];
}

const exitCodes = (results: readonly CliResult[]): readonly (number | null)[] =>
  results.map((result) => result.exitCode);

test("a first run stores every title that TMDB has exactly once and accounts for the others", () => {
  expect(exitCodes(firstResults)).toEqual([0, 0]);
  const checked = check();
  expect(checked.faults).toEqual([]);
  expect(countsOf(checked, "tmdb_movies", known(ids.movies))).toEqual([1]);
  expect(countsOf(checked, "tmdb_series", known(ids.series))).toEqual([1]);
  expect(checked.manifests).toHaveLength(2);
  const outcomes = world.query("SELECT outcome, count(*) AS n FROM v_ids GROUP BY outcome ORDER BY outcome");
  const unknown = [...ids.movies, ...ids.series].filter(isUnknown).length;
  expect(unknown).toBeGreaterThan(10);
  expect(outcomes).toEqual([
    { outcome: "not_found", n: unknown },
    { outcome: "stored", n: 290 - unknown },
  ]);
  for (const name of ["movies", "series"]) {
    const key = `Raw/Local/CSV/${name === "movies" ? "Movies" : "Series"}/2026/10/23/${name}.csv`;
    const source = readFileSync(join(world.inputFolder, `${name}.csv`));
    expect(readFolderLake(world.lakeFolder).get(key)?.body.equals(source), key).toBe(true);
  }
});

test("the same logical date again asks nothing and writes nothing, with --rerun too", async () => {
  simulator.reset();
  const before = world.listLake();
  const again = await runBoth("2026-10-23");
  expect(exitCodes(again)).toEqual([0, 0]);
  for (const { stdout } of again) expect(stdout).toMatch(/already done; --rerun runs it again/);
  const rerun = await runBoth("2026-10-23", "--rerun");
  expect(exitCodes(rerun)).toEqual([0, 0]);
  for (const { stdout } of rerun) expect(stdout).toContain("nothing was written to the lake");
  expect(simulator.requests).toBe(0);
  expect(world.listLake()).toEqual(before);
});

test("the next day with the same CSVs asks nothing, writes nothing and says since when they are unchanged", async () => {
  simulator.reset();
  const before = world.listLake();
  const [csv, tmdb] = await runBoth("2026-10-24");
  expect([csv?.exitCode, tmdb?.exitCode]).toEqual([0, 0]);
  expect(csv?.stdout).toContain("unchanged since Raw/Local/CSV/Movies/2026/10/23/movies.csv");
  expect(csv?.stdout).toContain("unchanged since Raw/Local/CSV/Series/2026/10/23/series.csv");
  expect(simulator.requests).toBe(0);
  expect(world.listLake()).toEqual(before);
});

test("a CSV with ten new titles: exactly these ten are asked, into new objects", async () => {
  simulator.reset();
  const before = new Set(world.listLake());
  const path = join(world.inputFolder, "movies.csv");
  const added = await addTitles({ path, kind: "movies", seed: 1, titles: 14, matching: 10 });
  ageFile(path);
  const results = await runBoth("2026-10-25");
  expect(exitCodes(results)).toEqual([0, 0]);
  expect(listAsked(added.ids)).toEqual(added.matchingIds);
  expect(listAsked([...ids.movies, ...ids.series])).toEqual([]);
  // For a film that TMDB does not have, /find is asked too.
  expect(simulator.requests).toBe(10 + added.matchingIds.filter(isUnknown).length);
  ids = { ...ids, movies: [...ids.movies, ...added.matchingIds] };

  const after = world.listLake();
  expect(after.filter((line) => before.has(line))).toHaveLength(before.size);
  const isNew = (line: string): boolean => !before.has(line) && !line.includes("/.meta-");
  expect(after.filter(isNew).map((line) => line.split(" ")[0])).toEqual([
    "Raw/Local/CSV/Movies/2026/10/25/movies.csv",
    "Raw/TMDB/JSON/Movies/2026/10/25/.manifest-20261025T090000000Z-tmdb_ingest-movies-1.lake",
    "Raw/TMDB/JSON/Movies/2026/10/25/movies-20261025T090000000Z-00001.json",
  ]);
  const checked = check();
  expect(checked.faults).toEqual([]);
  expect(countsOf(checked, "tmdb_movies", known(ids.movies))).toEqual([1]);
});

test("one more name in append: every film is requested again, into new objects, and no series", async () => {
  simulator.reset();
  const before = world.listLake();
  world.editDag("tmdb_ingest", (text) =>
    text.replace("release_dates, external_ids", "release_dates, external_ids, videos"),
  );
  const result = await world.run(["run", "tmdb_ingest", "--date", "2026-10-26"]);
  expect(result.exitCode).toBe(0);
  expect(listAsked(ids.movies)).toEqual(ids.movies);
  expect(listAsked(ids.series)).toEqual([]);
  expect(world.listLake()).toEqual(expect.arrayContaining([...before]));
  const checked = check();
  expect(checked.faults).toEqual([]);
  expect(countsOf(checked, "tmdb_movies", known(ids.movies))).toEqual([2]);
  expect(countsOf(checked, "tmdb_series", known(ids.series))).toEqual([1]);
});

test("another language: every series is requested again, into new objects, and no film", async () => {
  simulator.reset();
  world.editDag("tmdb_ingest", (text) =>
    text.replace("entity: series\n      language: pt-BR", "entity: series\n      language: de-DE"),
  );
  const result = await world.run(["run", "tmdb_ingest", "--date", "2026-10-27"]);
  expect(result.exitCode).toBe(0);
  expect(listAsked(ids.series)).toEqual(ids.series);
  expect(listAsked(ids.movies)).toEqual([]);
  const checked = check();
  expect(checked.faults).toEqual([]);
  expect(countsOf(checked, "tmdb_series", known(ids.series))).toEqual([2]);
});

test("on_unchanged: write makes a full copy per partition, once", async () => {
  world.editDag("csv_ingest", (text) =>
    text.replace("file: movies.csv,", "file: movies.csv, on_unchanged: write,"),
  );
  const first = await world.run(["run", "csv_ingest", "--date", "2026-10-28"]);
  expect(first.exitCode).toBe(0);
  expect(first.stdout).toContain("unchanged since Raw/Local/CSV/Series/2026/10/23/series.csv");
  const copy = readFolderLake(world.lakeFolder).get("Raw/Local/CSV/Movies/2026/10/28/movies.csv");
  expect(copy?.body.equals(readFileSync(join(world.inputFolder, "movies.csv")))).toBe(true);
  const before = world.listLake();
  const again = await world.run(["run", "csv_ingest", "--date", "2026-10-28", "--rerun"]);
  expect(again.exitCode).toBe(0);
  expect(world.listLake()).toEqual(before);
  expect(check().faults).toEqual([]);
});

test("what TMDB lacked is asked again after recheck_after by the logical date, and nothing else", async () => {
  simulator.reset();
  const before = world.listLake();
  const early = await world.run(["run", "tmdb_ingest", "--date", "2026-11-01"]);
  expect(early.exitCode).toBe(0);
  expect(simulator.requests).toBe(0);
  const late = await world.run(["run", "tmdb_ingest", "--date", "2026-11-05"]);
  expect(late.exitCode).toBe(0);
  const all = [...ids.movies, ...ids.series];
  expect(listAsked(all)).toEqual(all.filter(isUnknown));
  // Each task's manifest lists the new decisions.
  const added = world.listLake().filter((line) => !before.includes(line));
  expect(added.map((line) => line.split(" ")[0]?.split("/").at(-1))).toEqual(
    ["movies", "series"].flatMap((task) => {
      const manifest = `.manifest-20261105T090000000Z-tmdb_ingest-${task}-1.lake`;
      return [manifest, `.meta-${manifest}.lake`];
    }),
  );
  const afterwards = world.listLake();
  simulator.reset();
  await world.run(["run", "tmdb_ingest", "--date", "2026-11-05", "--rerun"]);
  expect(simulator.requests).toBe(0);
  expect(world.listLake()).toEqual(afterwards);
});

test("--refetch requests everything again, into new objects, and the next day nothing", async () => {
  simulator.reset();
  const before = world.listLake();
  const refetch = ["run", "tmdb_ingest", "--date", "2026-11-06", "--refetch"];
  const result = await world.run(refetch);
  expect(result.exitCode).toBe(0);
  const all = [...ids.movies, ...ids.series];
  expect(listAsked(all)).toEqual(all);
  expect(world.listLake()).toEqual(expect.arrayContaining([...before]));
  const checked = check();
  expect(checked.faults).toEqual([]);
  expect(countsOf(checked, "tmdb_movies", known(ids.movies))).toEqual([3]);
  expect(countsOf(checked, "tmdb_series", known(ids.series))).toEqual([3]);
  simulator.reset();
  const later = await world.run(["run", "tmdb_ingest", "--date", "2026-11-07"]);
  expect(later.exitCode).toBe(0);
  expect(simulator.requests).toBe(0);
});

test("another lake, with the same database: everything is requested again and stored there", async () => {
  simulator.reset();
  const before = world.listLake();
  const other = join(world.folder, "other-lake");
  const environment = { DAGMAR_LAKE: `file:${other}` };
  const csv = await world.run(["run", "csv_ingest", "--date", "2026-11-08"], environment);
  const tmdb = await world.run(["run", "tmdb_ingest", "--date", "2026-11-08"], environment);
  expect([csv.exitCode, tmdb.exitCode]).toEqual([0, 0]);
  const all = [...ids.movies, ...ids.series];
  expect(listAsked(all)).toEqual(all);
  expect(world.listLake()).toEqual(before);
  const checked = check(other);
  expect(checked.faults).toEqual([]);
  expect(countsOf(checked, "tmdb_movies", known(ids.movies))).toEqual([1]);
});

test("a limit asks for so many a run, each day the next ones, and says how many remain", async () => {
  const limited = join(world.folder, "limited-lake");
  const environment = { DAGMAR_LAKE: `file:${limited}` };
  const run = (date: string): Promise<CliResult> =>
    world.run(
      ["run", "tmdb_ingest", "--date", date, "--task", "movies", "--param", "limit=40", "--json"],
      environment,
    );
  await world.run(["run", "csv_ingest", "--date", "2026-11-10"], environment);
  for (const [day, firstIndex] of [
    ["2026-11-10", 0],
    ["2026-11-11", 40],
  ] as const) {
    simulator.reset();
    const result = await run(day);
    expect(result.exitCode).toBe(0);
    expect(listAsked(ids.movies)).toEqual(ids.movies.slice(firstIndex, firstIndex + 40));
    const { ids: sums } = JSON.parse(result.stdout) as { readonly ids: readonly Record<string, unknown>[] };
    expect(sums).toMatchObject([{ task_id: "movies", asked: 240, remaining: 200 - firstIndex, failed: 0 }]);
  }
  simulator.reset();
  expect((await run("2026-11-11")).exitCode).toBe(0);
  expect(simulator.requests).toBe(0);
  expect(check(limited).faults).toEqual([]);
});
