import { describe, expect, test } from "vitest";
import type { CandidateKey } from "../../model/candidate-store.ts";
import { sql } from "../../state/statement.ts";
import { openTestWorld, type TestWorld } from "../support/test-world.ts";

const KEY: CandidateKey = {
  lakeId: "file:///lake",
  sha256: "a".repeat(64),
  conditions: { id: "id", where: { genero: { any_of: ["Comedy"] } } },
};
const COUNTS = { rows: 10, matchedRows: 4, faultyRows: { bad_id: 2, too_long: 0 } };

function listIds(world: TestWorld, candidateSetId: number): string[] {
  return world.database
    .all<{ asked_id: string }>(
      sql("SELECT asked_id FROM candidate_ids WHERE candidate_set_id = ? ORDER BY position", candidateSetId),
    )
    .map((row) => row.asked_id);
}

describe("a candidate set", () => {
  test("keeps its ids in the order in which they stand in the CSV, and its counts", async () => {
    const world = await openTestWorld();
    const ids = ["tt0000009", "tt0000001", "tt0000005"];
    const set = await world.ports.candidates.save(KEY, "movies", ids, COUNTS);
    expect(listIds(world, set.candidateSetId)).toEqual(ids);
    expect(world.ports.candidates.find(KEY)).toEqual({
      candidateSetId: set.candidateSetId,
      idCount: 3,
      ...COUNTS,
    });
  });

  test("of the same content and conditions is made once, and the first stays", async () => {
    const world = await openTestWorld();
    const first = await world.ports.candidates.save(KEY, "movies", ["tt0000001"], COUNTS);
    const second = await world.ports.candidates.save(KEY, "movies", ["tt0000002"], COUNTS);
    expect(second).toEqual(first);
    expect(listIds(world, first.candidateSetId)).toEqual(["tt0000001"]);
  });

  test.each([
    ["lake", { lakeId: "file:///elsewhere" }],
    ["content", { sha256: "b".repeat(64) }],
    ["conditions", { conditions: { ...KEY.conditions, where: {} } }],
  ])("of another %s is another", async (_, changes) => {
    const world = await openTestWorld();
    const first = await world.ports.candidates.save(KEY, "movies", ["tt0000001"], COUNTS);
    expect(world.ports.candidates.find({ ...KEY, ...changes })).toBeUndefined();
    const second = await world.ports.candidates.save({ ...KEY, ...changes }, "movies", [], COUNTS);
    expect(second.candidateSetId).not.toBe(first.candidateSetId);
  });

  test("may hold 40,000 ids, and none", async () => {
    const world = await openTestWorld();
    const ids = Array.from(
      { length: 40_000 },
      (_, index) => `tt${String((index * 7919) % 40_000).padStart(7, "0")}`,
    );
    const set = await world.ports.candidates.save(KEY, "movies", ids, COUNTS);
    expect(set.idCount).toBe(40_000);
    expect(listIds(world, set.candidateSetId)).toEqual(ids);
    const empty = await world.ports.candidates.save({ ...KEY, sha256: "0".repeat(64) }, "movies", [], COUNTS);
    expect(listIds(world, empty.candidateSetId)).toEqual([]);
  });
});

describe("the object that a run reads", () => {
  async function store(world: TestWorld, content: string, dataset = "movies"): Promise<number> {
    const run = await world.makeRunFacts(new Date(Date.UTC(2020, 0, 1) + nextDay()).toISOString());
    const objectId = await world.ports.objects.planFile({
      lakeId: world.lake.id,
      dataset,
      key: `Raw/${dataset}/${content}.csv`,
      sha256: content.repeat(64),
      sizeBytes: 1,
      run,
      taskId: dataset,
    });
    await world.ports.objects.commitFile(objectId, "etag");
    return objectId;
  }
  let days = 0;
  const nextDay = () => (days += 1) * 86_400_000;

  test("is the newest of the dataset, and stays that one when a newer comes", async () => {
    const world = await openTestWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    await store(world, "a");
    const newest = await store(world, "b");
    await store(world, "c", "series");
    const resolve = () => world.ports.candidates.resolveInput(world.lake.id, run, "movies");
    expect((await resolve())?.objectId).toBe(newest);
    await store(world, "d");
    expect((await resolve())?.objectId).toBe(newest);
  });

  test("is nothing while the lake holds nothing, and that is not remembered", async () => {
    const world = await openTestWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const resolve = () => world.ports.candidates.resolveInput(world.lake.id, run, "movies");
    expect(await resolve()).toBeUndefined();
    const first = await store(world, "a");
    expect((await resolve())?.objectId).toBe(first);
  });

  test("is one of this lake: what is pinned for another lake does not count", async () => {
    const world = await openTestWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    await store(world, "a");
    await world.ports.candidates.resolveInput(world.lake.id, run, "movies");
    expect(await world.ports.candidates.resolveInput("s3://other", run, "movies")).toBeUndefined();
  });

  test("is found for a dataset whose name JSON paths would read otherwise", async () => {
    const world = await openTestWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const objectId = await store(world, "a", "tmdb.movies-2");
    const resolve = () => world.ports.candidates.resolveInput(world.lake.id, run, "tmdb.movies-2");
    expect((await resolve())?.objectId).toBe(objectId);
    await store(world, "b", "tmdb.movies-2");
    expect((await resolve())?.objectId).toBe(objectId);
  });
});
