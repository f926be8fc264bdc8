/** `dagmar run --stop-after`: the run ends in time, what was fetched is in the lake, and the same command continues it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { checkLake, readFolderLake } from "../support/check-lake.ts";
import { pathToFileURL } from "node:url";
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
  ids = await writeSamples(world, { movies: 330, series: 20 });
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-23"]);
});
afterAll(async () => {
  await simulator.close();
  world.remove();
});

const RUN = ["run", "tmdb_ingest", "--date", "2026-11-23"];

describe("with ids for longer than it has", () => {
  test("it ends with 75 in time, everything that was fetched is in an object and a manifest", async () => {
    const started = Date.now();
    // At 20 a second the ids take 18 s, and it fetches for 8.
    const result = await world.run([...RUN, "--stop-after", "10s", "--json"], { TMDB_RATE_PER_SECOND: "20" });
    expect(Date.now() - started).toBeLessThan(12_000);
    expect(result.exitCode, result.stdout + result.stderr).toBe(75);
    expect(result.stderr).not.toMatch(/INTERNAL|error/i);
    const report = JSON.parse(result.stdout) as {
      state: string;
      time_over: boolean;
      ids: { kept: number }[];
    };
    expect(report).toMatchObject({ state: "running", time_over: true });
    expect(report.ids.map(({ kept }) => kept).every((kept) => kept === 0)).toBe(true);
    const [count] = world.query<{ stored: number; spooled: number }>(
      `SELECT count(*) FILTER (WHERE outcome = 'stored') AS stored,
        count(*) FILTER (WHERE outcome = 'spooled') AS spooled FROM v_ids`,
    );
    expect(count?.spooled).toBe(0);
    expect(count?.stored).toBeGreaterThan(100);
    expect(count?.stored).toBeLessThan(300);
    expect(world.listLake().some((line) => line.includes("Raw/TMDB") && line.includes(".manifest-"))).toBe(
      true,
    );
  });

  test("it says how its time is divided, and that the same command continues it", async () => {
    const result = await world.run([...RUN, "--stop-after", "10s"], {
      TMDB_RATE_PER_SECOND: "2",
      DAGMAR_LOG_LEVEL: "info",
    });
    expect(result.exitCode).toBe(75);
    expect(result.stderr).toContain(
      "This run has 10.0 s: it fetches for 8.0 s, and keeps 2.0 s to store what it has fetched.",
    );
    expect(result.stdout).toContain("running (its time is over; the same command continues it)");
  });

  test("the same command ends it: each id was asked once, and no object holds one twice", async () => {
    const result = await world.run([...RUN, "--stop-after", "14m"]);
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    const all = [...ids.movies, ...ids.series];
    const counts = all.map((id) => simulator.countOf(id));
    expect(counts.filter((count) => count === 0)).toEqual([]);
    // An unknown title takes two requests, and one that was under way when the time was over may be repeated.
    const repeated = all.filter((id) => !isUnknown(id) && simulator.countOf(id) > 1);
    expect(repeated.length).toBeLessThanOrEqual(20);
    const checked = checkLake({
      objects: readFolderLake(world.lakeFolder),
      databaseFile: world.databaseFile,
      lakeId: pathToFileURL(world.lakeFolder).href,
    });
    expect(checked.faults).toEqual([]);
  });
});

test("less than it needs to start and end, and what is not a time, are refused", async () => {
  for (const [given, words] of [
    ["5s", '--stop-after must be at least 10s, not "5s".'],
    ["soon", '--stop-after must be a duration such as "30s"'],
  ] as const) {
    const result = await world.run([...RUN, "--stop-after", given]);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain(words);
  }
});

test("with a scheduler, which has no end, it is refused", async () => {
  const scheduler = world.start(["scheduler"]);
  await waitUntil(scheduler, () => scheduler.output().includes("is scheduling the Dags"));
  const result = await world.run([...RUN, "--stop-after", "14m"]);
  expect(result.exitCode).toBe(75);
  expect(result.stderr).toMatch(/its runs have no time limit[\s\S]*leave out --stop-after/);
  scheduler.child.kill("SIGTERM");
  await scheduler.ended;
});
