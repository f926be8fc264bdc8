/** As many ids as a whole movies.csv has, by the real program into the folder lake: none missed, none doubled, in flat memory. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measureProcess, type Measured } from "../../bench/measure-process.ts";
import { generateMoviesCsv } from "../../quickstart/samples/sample-csv.ts";
import { checkLake, readFolderLake } from "../support/check-lake.ts";
import { ageFile, openCliWorld, type CliWorld } from "../support/cli.ts";
import { isLong, describeFigures } from "./load/lane.ts";
import { startSimulatorProcess, type SimulatorProcess } from "./load/simulator-process.ts";

/** The real file has 244,543 titles in 1,045,161 rows; here every one is asked for. */
const IDS = isLong ? 250_000 : 5_000;
const ROWS = IDS * 4;
const MOST_MIB = isLong ? 500 : 280;
const MINUTES = 60_000;

let simulator: SimulatorProcess;
let world: CliWorld;
let ids: readonly string[];

beforeAll(async () => {
  world = openCliWorld();
  const flags = ["--instant", "--body-size", "1500", "--unknown-share", "0.1"];
  simulator = await startSimulatorProcess(world, flags);
  world.environment["TMDB_BASE_URL"] = simulator.url;
  world.environment["TMDB_API_TOKEN"] = simulator.token;
  const path = join(world.inputFolder, "movies.csv");
  const figures = await generateMoviesCsv({
    path,
    seed: 4,
    rows: ROWS,
    titles: IDS,
    animationOrComedySince2001: IDS,
  });
  ids = figures.matchingIds;
  ageFile(path);
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-23", "--task", "movies"]);
}, 5 * MINUTES);
afterAll(async () => {
  await simulator.stop();
  world.remove();
});

function ingest(date: string): Promise<Measured> {
  const args = [world.cliPath, "run", "tmdb_ingest", "--date", date, "--task", "movies"];
  return measureProcess(process.execPath, args, { environment: world.environment, folder: world.folder });
}

/** What an independent reader finds in the objects and the database. */
function judge() {
  const { faults, copies } = checkLake({
    objects: readFolderLake(world.lakeFolder),
    databaseFile: world.databaseFile,
    lakeId: pathToFileURL(world.lakeFolder).href,
  });
  const stored = copies["tmdb_movies"] ?? new Map<string, number>();
  const refused = new Set(
    world
      .query<{ id: string }>("SELECT asked_id AS id FROM processed_ids WHERE outcome = 'not_found'")
      .map(({ id }) => id),
  );
  return {
    faults: faults.slice(0, 20),
    storedCount: stored.size,
    refusedCount: refused.size,
    missed: ids.filter((id) => !stored.has(id) && !refused.has(id)).slice(0, 20),
    doubled: [...stored].filter(([id, count]) => count > 1 || refused.has(id)).slice(0, 20),
    outcomes: world.query<{ n: number }>("SELECT count(*) AS n FROM processed_ids")[0]?.n,
  };
}

test(
  `${IDS} ids end in exactly one outcome each, and the next day asks for none of them again`,
  async () => {
    const first = await ingest("2026-11-23");
    const judged = judge();
    expect(judged).toMatchObject({ faults: [], missed: [], doubled: [], outcomes: IDS });
    expect(judged.storedCount + judged.refusedCount).toBe(IDS);
    expect(judged.refusedCount).toBeGreaterThan(IDS * 0.05);
    const requests = await simulator.countRequests();
    const lake = world.listLake();

    const second = await ingest("2026-11-24");
    expect(await simulator.countRequests()).toBe(requests);
    expect(world.listLake()).toEqual(lake);

    describeFigures(`${IDS} ids, one run`, {
      "ids a second": IDS / first.seconds,
      seconds: first.seconds,
      "CPU seconds": first.cpuSeconds,
      "peak MiB": first.peakMiB,
      requests,
      stored: judged.storedCount,
      "not found": judged.refusedCount,
      objects: lake.length,
      "seconds of the day after": second.seconds,
      "peak MiB of the day after": second.peakMiB,
    });
    expect(Math.max(first.peakMiB, second.peakMiB)).toBeLessThan(MOST_MIB);
  },
  30 * MINUTES,
);
