/** A date that is already done, and a store that lost or changed objects: the command says so, and its remedy works. */
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { startSimulator, writeSamples } from "../support/cli.ts";
import { openWay, type WayWorld } from "../support/service-process.ts";

const readDag = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../dags/${name}.yaml`, import.meta.url)), "utf8")
    .replace(/^(?:#.*\n)*dag: \w+\n/, "")
    .replace(/^schedule: \{ after.*\n/m, "schedule: manual\n");
const NOTHING = "schedule: manual\ntasks: { nothing: { type: noop } }\n";
const HALF = `schedule: manual
tasks:
  movies: { type: file-to-lake, with: { dataset: half, file: movies.csv, key: "Half/\${partition}/movies.csv" } }
  fails: { type: shell, with: { script: "test -e repaired" } }
`;
const DATE = ["--date", "2026-11-23"] as const;

let simulator: TmdbSimulator;
let world: WayWorld;
beforeAll(async () => {
  simulator = await startSimulator();
  world = await openWay(
    "without a scheduler",
    { csv_ingest: readDag("csv_ingest"), tmdb_ingest: readDag("tmdb_ingest"), empty: NOTHING, half: HALF },
    { TMDB_BASE_URL: simulator.url },
  );
  await writeSamples(world, { movies: 130, series: 5 });
  for (const dag of ["csv_ingest", "tmdb_ingest", "empty"]) await world.prepare(["run", dag, ...DATE]);
}, 60_000);
afterAll(async () => {
  await world.close();
  await simulator.close();
});

function find(pattern: RegExp, folder = world.lakeFolder): string {
  const names = readdirSync(folder, { recursive: true }).map(String).toSorted();
  const found = names.find((name) => pattern.test(name));
  if (found === undefined) throw new Error(`no ${pattern.source} among ${names.join(", ")}`);
  return join(folder, found);
}

test("a complete run is already done, and nothing is requested or stored", async () => {
  const before = world.listLake();
  const requests = simulator.stats().requests;
  for (const dag of ["csv_ingest", "tmdb_ingest", "empty"]) {
    const { exitCode, stdout } = await world.run(["run", dag, ...DATE]);
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout).toContain("(already done; --rerun runs it again)");
  }
  expect(world.listLake()).toEqual(before);
  expect(simulator.stats().requests).toBe(requests);
}, 60_000);

test("the same bytes under another etag are as good as before", async () => {
  const file = find(/\/movies\.csv$/);
  utimesSync(file, statSync(file).atime, new Date());
  expect(await world.run(["run", "csv_ingest", ...DATE])).toMatchObject({ exitCode: 0 });
});

const lose = (pattern: RegExp) => (): void => rmSync(find(pattern));
const wipe = (): void => rmSync(join(world.lakeFolder, "Raw"), { recursive: true });

test.each([
  ["a lost file", "csv_ingest", lose(/\/movies\.csv$/), /: Raw\S*\/2026\/11\/23\/movies\.csv\./],
  [
    "a shortened file",
    "csv_ingest",
    () => truncateSync(find(/\/series\.csv$/), 9),
    /series\.csv \(other bytes\)/,
  ],
  ["a lost batch", "tmdb_ingest", lose(/\/movies-[^_]*\.json$/), /\/movies-\S+\.json/],
  ["a lost manifest", "tmdb_ingest", lose(/\/\.manifest-[^/]*-movies-[^/]*\.lake$/), /\/\.manifest-/],
  ["a wiped lake", "csv_ingest", wipe, /2 stored objects are missing or changed/],
  ["a lake that lacks the records", "tmdb_ingest", () => undefined, /stored objects are missing or changed/],
])(
  "%s is reported with its key, and the command that is named stores it again",
  async (_name, dag, loseIt, key) => {
    loseIt();
    const told = await world.run(["run", dag, ...DATE]);
    expect(told.exitCode, told.stdout).toBe(1);
    expect(told.stdout).toContain("(already done, but some of its objects are missing or changed)");
    expect(told.stdout).toMatch(key);
    const [, remedy = ""] = /`dagmar (run [^`]+ --rerun)`/.exec(told.stdout) ?? [];
    await world.prepare(remedy.split(" "));
    expect(await world.run(["run", dag, ...DATE])).toMatchObject({ exitCode: 0 });
  },
  60_000,
);

test("a run that stands on an earlier run's records reports their loss", async () => {
  const later = ["run", "tmdb_ingest", "--date", "2026-11-24"];
  await world.prepare(later);
  rmSync(find(/2026\/11\/23\/movies-[^_]*\.json$/));
  const told = await world.run([...later, "--json"]);
  expect(told.exitCode, told.stdout).toBe(1);
  expect(JSON.parse(told.stdout)).toMatchObject({ how: "done", lost: [{ verdict: "missing" }] });
  await world.prepare([...later, "--rerun"]);
  expect(await world.run(later)).toMatchObject({ exitCode: 0 });
}, 60_000);

test("a run that is resumed reports what its tasks had stored before and the store lost since", async () => {
  expect(await world.run(["run", "half", ...DATE])).toMatchObject({ exitCode: 1 });
  rmSync(find(/^Half.*movies\.csv$/));
  world.writeFile("repaired");
  const told = await world.run(["run", "half", ...DATE]);
  expect(told.exitCode, told.stdout).toBe(1);
  expect(told.stdout).toMatch(
    /success \(resumed\)[\s\S]*1 stored object[^\n]*Half\/2026\/11\/23\/movies\.csv/,
  );
  await world.prepare(["run", "half", ...DATE, "--rerun"]);
  expect(await world.run(["run", "half", ...DATE])).toMatchObject({ exitCode: 0 });
}, 60_000);

test("a backfill reports lost objects of the runs that it skips, and --reprocess completed stores them again", async () => {
  const range = ["backfill", "csv_ingest", "--from", "2026-11-22", "--to", "2026-11-23"];
  await world.prepare(range);
  wipe();
  const told = await world.run(range);
  expect(told.exitCode, told.stdout).toBe(1);
  expect(told.stdout).toContain("Nothing to do");
  expect(told.stderr).toMatch(/csv_ingest: 2 stored objects are missing or changed/);
  const triggered = await world.run(["trigger", "csv_ingest", ...DATE]);
  expect(triggered).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("--rerun") as string });
  await world.prepare([...range, "--reprocess", "completed"]);
  expect(await world.run(range)).toMatchObject({ exitCode: 0, stderr: "" });
}, 60_000);

test("with a scheduler running, a lake that was removed is reported, and the scheduler fills it again", async () => {
  const scheduler = await world.startScheduler();
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-25"]);
  rmSync(world.lakeFolder, { recursive: true });
  const told = await world.run(["run", "csv_ingest", ...DATE]);
  expect(told.exitCode, told.stdout).toBe(1);
  await world.prepare(["run", "csv_ingest", ...DATE, "--rerun"]);
  expect(await world.run(["run", "csv_ingest", ...DATE])).toMatchObject({ exitCode: 0 });
  expect((await scheduler.stop()).exitCode).toBe(0);
}, 60_000);
