/** Candidate sets: stored once per content, and visible only when complete. */
import { describe, expect, test } from "vitest";
import type { CandidateKey } from "../../../model/ports/candidate-store.ts";
import { createCandidateStore } from "../../../state/records/candidates.ts";
import { nameOf, sql } from "../../../state/sqlite/statement.ts";
import { openTestWorld, type TestWorld } from "../../support/test-world.ts";
import { saveCandidates } from "../../support/candidates.ts";

const KEY: CandidateKey = {
  lakeId: "file:///lake",
  sha256: "a".repeat(64),
  conditions: { id: "id", where: { genero: { any_of: ["Comedy"] } } },
};
const COUNTS = { rows: 10, matchedRows: 4, faultyRows: { bad_id: 2, too_long: 0 }, remarks: null };

function listIds(world: TestWorld, candidateSetId: number): string[] {
  return world.database
    .all<{ asked_id: string }>(
      sql`SELECT asked_id FROM candidate_ids WHERE candidate_set_id = ${candidateSetId} ORDER BY position`,
    )
    .map((row) => row.asked_id);
}

describe("a candidate set", () => {
  test("keeps its ids in the CSV's order, and its counts", async () => {
    const world = await openTestWorld();
    const ids = ["tt0000009", "tt0000001", "tt0000005"];
    const set = await saveCandidates(world.ports.candidates, KEY, "movies", ids, COUNTS);
    expect(listIds(world, set.candidateSetId)).toEqual(ids);
    expect(await world.ports.candidates.find(KEY)).toEqual({
      candidateSetId: set.candidateSetId,
      idCount: 3,
      ...COUNTS,
    });
  });

  test("of the same content and conditions is created once, and the first stays", async () => {
    const world = await openTestWorld();
    const first = await saveCandidates(world.ports.candidates, KEY, "movies", ["tt0000001"], COUNTS);
    const second = await saveCandidates(world.ports.candidates, KEY, "movies", ["tt0000002"], COUNTS);
    expect(second).toEqual(first);
    expect(listIds(world, first.candidateSetId)).toEqual(["tt0000001"]);
  });

  test.each([
    ["lake", { lakeId: "file:///elsewhere" }],
    ["content", { sha256: "b".repeat(64) }],
    ["conditions", { conditions: { ...KEY.conditions, where: {} } }],
  ])("with a different %s is a different set", async (_, changes) => {
    const world = await openTestWorld();
    const first = await saveCandidates(world.ports.candidates, KEY, "movies", ["tt0000001"], COUNTS);
    expect(await world.ports.candidates.find({ ...KEY, ...changes })).toBeUndefined();
    const second = await saveCandidates(world.ports.candidates, { ...KEY, ...changes }, "movies", [], COUNTS);
    expect(second.candidateSetId).not.toBe(first.candidateSetId);
  });

  test("may hold 40,000 ids, and none", async () => {
    const world = await openTestWorld();
    const ids = Array.from(
      { length: 40_000 },
      (_, index) => `tt${String((index * 7919) % 40_000).padStart(7, "0")}`,
    );
    const set = await saveCandidates(world.ports.candidates, KEY, "movies", ids, COUNTS);
    expect(set.idCount).toBe(40_000);
    expect(listIds(world, set.candidateSetId)).toEqual(ids);
    const empty = await saveCandidates(
      world.ports.candidates,
      { ...KEY, sha256: "0".repeat(64) },
      "movies",
      [],
      COUNTS,
    );
    expect(listIds(world, empty.candidateSetId)).toEqual([]);
  });
});

describe("a set that is being read", () => {
  const ids = Array.from({ length: 25_000 }, (_, index) => `tt${1_000_000 + index}`);
  const count = ({ database }: TestWorld, table: string) =>
    database.get<{ rows: number }>(sql`SELECT count(*) AS rows FROM ${nameOf(table)}`)?.rows;

  test("is found only when it is complete, with its ids in order", async () => {
    const world = await openTestWorld();
    const stage = await world.ports.candidates.stage(KEY, "movies");
    for (let from = 0; from < ids.length; from += 900) await stage.add(ids.slice(from, from + 900));
    expect(count(world, "candidate_ids")).toBeGreaterThanOrEqual(20_000);
    expect(await world.ports.candidates.find(KEY)).toBeUndefined();
    const set = await stage.complete(COUNTS);
    expect(await world.ports.candidates.find(KEY)).toEqual(set);
    expect(set).toEqual({ candidateSetId: set.candidateSetId, idCount: 25_000, ...COUNTS });
    await stage.discard();
    expect(listIds(world, set.candidateSetId)).toEqual(ids);
  });

  test("and is given up leaves nothing; if another completed it first, that one is returned", async () => {
    const world = await openTestWorld();
    const { candidates } = world.ports;
    const [first, second] = [await candidates.stage(KEY, "movies"), await candidates.stage(KEY, "movies")];
    await first.add(ids);
    await second.add(ids.slice(0, 12_000));
    const set = await first.complete(COUNTS);
    expect(await second.complete(COUNTS)).toEqual(set);
    await second.discard();
    const third = await world.ports.candidates.stage({ ...KEY, sha256: "c".repeat(64) }, "movies");
    await third.add(ids);
    await third.discard();
    expect([count(world, "candidate_sets"), count(world, "candidate_ids")]).toEqual([1, 25_000]);
  });

  test("by a dead process is removed when the next one is complete, but not one that is still being read", async () => {
    const world = await openTestWorld();
    const dead = await createCandidateStore(world.database, world.clock).stage(KEY, "movies");
    await dead.add(ids);
    const other = await world.ports.candidates.stage({ ...KEY, conditions: {} }, "movies");
    await other.add(ids);
    const set = await saveCandidates(world.ports.candidates, KEY, "movies", ["tt0000001"], COUNTS);
    expect(listIds(world, set.candidateSetId)).toEqual(["tt0000001"]);
    expect([count(world, "candidate_sets"), count(world, "candidate_ids")]).toEqual([2, 25_001]);
    expect((await other.complete(COUNTS)).idCount).toBe(25_000);
  });

  test("writes in batches, counts all ids that it was given, and is created when it is complete", async () => {
    const world = await openTestWorld();
    const stage = await world.ports.candidates.stage(KEY, "movies");
    await stage.add(ids.slice(0, 9_999));
    expect([count(world, "candidate_sets"), count(world, "candidate_ids")]).toEqual([0, 0]);
    await stage.add(ids.slice(9_999, 10_000));
    expect(count(world, "candidate_ids")).toBe(10_000);
    await stage.add(ids.slice(10_000, 10_100));
    expect([stage.idCount, count(world, "candidate_ids")]).toEqual([10_100, 10_000]);
    const completedAt = "2026-11-23T10:00:00.000Z";
    world.clock.set(completedAt);
    await stage.complete({ ...COUNTS, remarks: { kind: "remark" } });
    expect(world.database.all(sql`SELECT id_count, created_at FROM candidate_sets`)).toEqual([
      { id_count: 10_100, created_at: completedAt },
    ]);
    expect((await world.ports.candidates.find(KEY))?.remarks).toEqual({ kind: "remark" });
  });

  test("and holds few ids when it is given up is removed at once, and again", async () => {
    const world = await openTestWorld();
    const stage = await world.ports.candidates.stage(KEY, "movies");
    await stage.discard();
    await stage.add(ids.slice(0, 10_001));
    await stage.discard();
    await stage.discard();
    expect([count(world, "candidate_sets"), count(world, "candidate_ids")]).toEqual([0, 0]);
  });
});
