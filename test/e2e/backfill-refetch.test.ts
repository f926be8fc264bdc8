/** `dagmar backfill --refetch`: every day of the range requests everything again, once, into new objects. */
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { checkLake, readFolderLake } from "../support/check-lake.ts";
import { isUnknown, killWhen, openCliWorld, startSimulator, writeSamples } from "../support/cli.ts";

const RANGE = ["--from", "2026-11-20", "--to", "2026-11-21"];
const REFETCH = ["backfill", "tmdb_ingest", ...RANGE, "--reprocess", "completed", "--refetch"];

test("each day asks for each title once more, also when it is killed in between, and a plain backfill for none", async () => {
  const simulator = await startSimulator({ latencyMs: 5 });
  const world = openCliWorld({ TMDB_BASE_URL: simulator.url });
  onTestFinished(async () => {
    await simulator.close();
    world.remove();
  });
  const { movies, series } = await writeSamples(world, { movies: 130, series: 20 });
  const known = movies.filter((id) => !isUnknown(id));
  const check = () =>
    checkLake({
      objects: readFolderLake(world.lakeFolder),
      databaseFile: world.databaseFile,
      lakeId: pathToFileURL(world.lakeFolder).href,
    });
  const countCopies = (): readonly number[] => {
    const checked = check();
    expect(checked.faults).toEqual([]);
    const copies = checked.copies["tmdb_movies"] ?? new Map<string, number>();
    expect([...copies.keys()].toSorted()).toEqual(known.toSorted());
    return [...new Set(copies.values())];
  };
  await world.prepare(["backfill", "csv_ingest", ...RANGE]);
  await world.prepare(["backfill", "tmdb_ingest", ...RANGE]);
  expect(countCopies()).toEqual([1]);
  const countRequests = () => [...movies, ...series].map((id) => simulator.countOf(id));
  const once = countRequests();
  expect(Math.min(...once)).toBeGreaterThan(0);

  simulator.reset();
  const preview = await world.run([...REFETCH, "--dry-run"]);
  expect(preview.stdout).toContain("2 of 2 slots would run; nothing was changed.");
  await world.prepare(REFETCH);
  expect(countCopies()).toEqual([3]);
  expect(countRequests()).toEqual(once.map((count) => 2 * count));

  const before = world.listLake();
  simulator.reset();
  expect(await killWhen(world.start(REFETCH), () => simulator.requests >= 60)).toBe(true);
  await world.prepare(REFETCH);
  expect(countCopies()).toEqual([5]);
  expect(world.listLake()).toEqual(expect.arrayContaining([...before]));

  simulator.reset();
  const after = world.listLake();
  await world.prepare(["backfill", "tmdb_ingest", ...RANGE, "--reprocess", "completed"]);
  expect(simulator.requests).toBe(0);
  expect(world.listLake()).toEqual(after);
}, 60_000);
