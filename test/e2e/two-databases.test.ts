/**
 * Two Dagmars with databases of their own on the same lake: of the same dataset one asks at a time, and the other waits,
 * learns what the first has stored, and asks for the rest.
 */
import * as path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { readFolderLake } from "../support/check-lake.ts";
import {
  expectSuccess,
  isUnknown,
  openCliWorld,
  startSimulator,
  waitUntil,
  writeSamples,
  type CliProcess,
  type CliWorld,
  type SampleIds,
} from "../support/cli.ts";

let simulator: TmdbSimulator;
let world: CliWorld;
let ids: SampleIds;
let known: readonly string[];

beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 40 });
});
afterAll(async () => {
  await simulator.close();
});
beforeEach(async () => {
  simulator.reset();
  world = openCliWorld({ TMDB_BASE_URL: simulator.url, TMDB_RATE_PER_SECOND: "60" });
  ids = await writeSamples(world, { movies: 160, series: 20 });
  known = [...ids.movies, ...ids.series].filter((id) => !isUnknown(id)).toSorted();
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-23"]);
  return () => {
    world.remove();
  };
});

const run = (database: string, more: Readonly<Record<string, string>> = {}): CliProcess =>
  world.start(["run", "tmdb_ingest", "--date", "2026-11-23"], {
    DAGMAR_DB: path.join(world.folder, database),
    DAGMAR_LOGS: path.join(world.folder, `${database}.logs`),
    ...more,
  });

function listStored(): readonly string[] {
  return [...readFolderLake(world.lakeFolder).values()]
    .filter(({ metadata }) => metadata["dagmar-kind"] === "records")
    .flatMap(({ metadata }) => (metadata["dagmar-ids"] ?? "").split(","))
    .toSorted();
}

test("the second waits, names the first, and asks for nothing that the first has stored", async () => {
  const first = run("one.db");
  await waitUntil(first, () => simulator.requests > 20);
  const second = run("two.db");
  await waitUntil(second, () => second.output().includes("Another Dagmar with its own database"));
  expect(second.output()).toContain(`(pid ${first.child.pid} on `);
  expect(first.child.exitCode).toBeNull();
  expectSuccess(await first.ended);
  const asked = simulator.requests;
  expectSuccess(await second.ended);
  expect(simulator.requests).toBe(asked);
  expect(listStored()).toEqual(known);
});

test("what a killed process held is free at once for the other, which stores the rest", async () => {
  const first = run("one.db");
  await waitUntil(first, () => simulator.requests > 60);
  first.child.kill("SIGKILL");
  await first.ended;
  const asked = simulator.requests;
  const second = run("two.db");
  await waitUntil(second, () => simulator.requests > asked);
  expect(second.output()).not.toContain("Another Dagmar");
  expectSuccess(await second.ended);
  // The first one learns what the other has stored, and leaves it out of what it has spooled.
  expectSuccess(await run("one.db").ended);
  expect(listStored()).toEqual(known);
});

test("in another lake, or of another dataset, both work at the same time", async () => {
  const elsewhere = path.join(world.folder, "elsewhere");
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-23"], {
    DAGMAR_LAKE: `file:${elsewhere}`,
    DAGMAR_DB: path.join(world.folder, "three.db"),
  });
  const first = run("one.db");
  const second = run("three.db", { DAGMAR_LAKE: `file:${elsewhere}` });
  for (const [index, ended] of (await Promise.all([first.ended, second.ended])).entries()) {
    expectSuccess(ended);
    expect([index, ended.stdout + ended.stderr]).not.toContain("Another Dagmar");
  }
  expect(listStored()).toEqual(known);
});
