/** Tests the judge: it must report each planted fault of a lake or of its database. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import BetterSqlite3 from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkLake, readFolderLake, type PlainObject } from "../support/check-lake.ts";
import { openCliWorld, startSimulator, writeSamples, type CliWorld } from "../support/cli.ts";

let world: CliWorld;
let intact: ReadonlyMap<string, PlainObject>;

beforeAll(async () => {
  const simulator = await startSimulator();
  world = openCliWorld({ TMDB_BASE_URL: simulator.url });
  await writeSamples(world, { movies: 150, series: 10 });
  await world.run(["run", "csv_ingest", "--date", "2026-11-23"]);
  await world.run(["run", "tmdb_ingest", "--date", "2026-11-23"]);
  await simulator.close();
  intact = readFolderLake(world.lakeFolder);
});
afterAll(() => {
  world.remove();
});

function listFaults(objects: ReadonlyMap<string, PlainObject>, databaseFile = world.databaseFile): string {
  const lakeId = pathToFileURL(world.lakeFolder).href;
  return checkLake({ objects, databaseFile, lakeId }).faults.join("\n");
}

const FIRST = "Raw/TMDB/JSON/Movies/2026/11/23/movies-20261123T090000000Z-00001.json";
const MANIFEST = "Raw/TMDB/JSON/Movies/2026/11/23/.manifest-20261123T090000000Z-tmdb_ingest-movies-1.lake";

function change(key: string, edit: (text: string) => string): ReadonlyMap<string, PlainObject> {
  const object = intact.get(key);
  if (object === undefined) throw new Error(`${key} is not there`);
  return new Map(intact).set(key, { ...object, body: Buffer.from(edit(object.body.toString())) });
}

test("a valid lake has no faults", () => {
  expect(intact.size).toBeGreaterThan(6);
  expect(listFaults(intact)).toBe("");
});

test.each([
  ["a changed object", () => change(FIRST, (text) => text.replace("credits", "credibs")), /another sha256/],
  [
    "a lost object",
    () => new Map([...intact].filter(([key]) => key !== FIRST)),
    /is not there[\s\S]*not in the lake/,
  ],
  [
    "a doubled object",
    () => new Map(intact).set(FIRST.replace("00001", "00009"), intact.get(FIRST)!),
    /no manifest lists it[\s\S]*stands in another object too/,
  ],
  ["a lost manifest", () => new Map([...intact].filter(([key]) => key !== MANIFEST)), /no manifest lists it/],
  [
    "a sum that does not hold",
    () => change(MANIFEST, (text) => text.replace(/"asked": \d+/, '"asked": 9')),
    /its sum/,
  ],
  [
    "a wrong count",
    () => change(MANIFEST, (text) => text.replace('"record_count":100', '"record_count":99')),
    /count of/,
  ],
])("%s is reported", (_name, plant, fault) => {
  expect(listFaults(plant())).toMatch(fault);
});

test.each([
  ["an id without an outcome", "DELETE FROM processed_ids WHERE outcome = 'not_found'", /has 0 outcomes/],
  ["a stored id that is not booked", "DELETE FROM processed_ids WHERE outcome = 'stored'", /not in the rows/],
  ["a batch that was not committed", "UPDATE batches SET state = 'sealed'", /sealed batches are left/],
  [
    "an object that is not booked",
    "UPDATE objects SET lake = 'elsewhere' WHERE kind = 'manifest'",
    /is not booked/,
  ],
])("%s is reported", (name, sql, fault) => {
  const copy = join(world.folder, `${name}.db`);
  copyFileSync(world.databaseFile, copy);
  const database = new BetterSqlite3(copy);
  database.exec(sql);
  database.close();
  expect(listFaults(intact, copy)).toMatch(fault);
});
