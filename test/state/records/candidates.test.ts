import { describe, expect, test } from "vitest";
import type { CandidateKey } from "../../../model/ports/candidate-store.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { openTestWorld, type TestWorld } from "../../support/test-world.ts";

const KEY: CandidateKey = {
  lakeId: "file:///lake",
  sha256: "a".repeat(64),
  conditions: { id: "id", where: { genero: { any_of: ["Comedy"] } } },
};
const COUNTS = { rows: 10, matchedRows: 4, faultyRows: { bad_id: 2, too_long: 0 } };

function listIds(world: TestWorld, candidateSetId: number): string[] {
  return world.database
    .all<{ asked_id: string }>(
      sql`SELECT asked_id FROM candidate_ids WHERE candidate_set_id = ${candidateSetId} ORDER BY position`,
    )
    .map((row) => row.asked_id);
}

describe("a candidate set", () => {
  test("keeps its ids in the order in which they stand in the CSV, and its counts", async () => {
    const world = await openTestWorld();
    const ids = ["tt0000009", "tt0000001", "tt0000005"];
    const set = await world.ports.candidates.save(KEY, "movies", ids, COUNTS);
    expect(listIds(world, set.candidateSetId)).toEqual(ids);
    expect(await world.ports.candidates.find(KEY)).toEqual({
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
    expect(await world.ports.candidates.find({ ...KEY, ...changes })).toBeUndefined();
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
