/** The rows of removals: what happens to objects and ids of an object that a user removes, also while a run is at work. */
import { expect, test } from "vitest";
import type { FoundObject } from "../../../model/ports/object-store.ts";
import { beginRemoval, endRemoval, type RemoveRequest } from "../../../scheduler/commands/remove-object.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { openTestWorld, type TestWorld } from "../../support/test-world.ts";

const SHA256 = "f".repeat(64);

function found(key: string, askedIds: readonly string[] | null = null, sha256 = SHA256): FoundObject {
  return {
    key,
    kind: askedIds === null ? "file" : "records",
    dataset: "titles",
    sha256,
    sizeBytes: 5,
    etag: "found",
    logicalDate: "2026-11-20T09:00:00.000Z",
    answers: askedIds === null ? null : { batchUid: key, questionHash: "q", generation: "0", askedIds },
  };
}

async function remove(world: TestWorld, key: string) {
  const { database, lake, clock } = world;
  const request = { lakeId: lake.id, key, why: "by mistake", by: "ana@host", timezone: "UTC" };
  return database.write((query) => beginRemoval(query, request, clock.now()));
}

const listStates = ({ database }: TestWorld): readonly string[] =>
  database
    .all<{ key: string; state: string }>(sql`SELECT key, state FROM v_objects ORDER BY key`)
    .map(({ key, state }) => `${key} ${state}`);

test("an object that a user removes while a run lists the lake is not missing for that run", async () => {
  const world = await openTestWorld();
  const { objects } = world.ports;
  await objects.adopt(world.lake.id, [found("a.csv")]);
  const listed = await objects.listKnown(world.lake.id, "", "titles");
  await remove(world, "a.csv");
  const loss = await objects.markMissing([...listed.values()].map(({ objectId }) => objectId));
  expect(loss).toEqual({ keys: [], ids: 0 });
  expect(listStates(world)).toEqual(["a.csv removed"]);
});

test("a removed object is never adopted; it is reported as found once its removal has ended", async () => {
  const world = await openTestWorld();
  const { database, lake, clock, ports } = world;
  await ports.objects.adopt(lake.id, [found("a.csv")]);
  const { removal, logicalDate } = await remove(world, "a.csv");
  const adopt = () => ports.objects.adopt(lake.id, [found("a.csv"), found("b.csv")]);
  expect(await adopt()).toMatchObject({ objects: 1, removedKeys: [] });
  const facts = { removalId: removal.removalId, lakeId: lake.id, logicalDate, timezone: "UTC" };
  const end = { recordEtag: "e", outcome: "removed", isKept: false } as const;
  await database.write((query) => endRemoval(query, { ...facts, ...end }, clock.now()));
  expect(await adopt()).toMatchObject({ objects: 1, removedKeys: ["a.csv"] });
  expect(await ports.objects.adopt(lake.id, [found("a.csv", null, "e".repeat(64))])).toMatchObject({
    objects: 1,
    removedKeys: [],
  });
});

test("ids that a second object holds stay stored; the others are left out", async () => {
  const world = await openTestWorld();
  const { database, lake, ports } = world;
  await ports.objects.adopt(lake.id, [found("1.json", ["tt1", "tt2"]), found("2.json", ["tt2", "tt3"])]);
  const { removal } = await remove(world, "1.json");
  expect(removal.leftOutIds).toBe(1);
  expect(database.all(sql`SELECT asked_id, outcome, reason, key FROM v_ids ORDER BY asked_id`)).toEqual([
    { asked_id: "tt1", outcome: "failed", reason: "object_removed", key: "1.json" },
    { asked_id: "tt2", outcome: "stored", reason: null, key: "2.json" },
    { asked_id: "tt3", outcome: "stored", reason: null, key: "2.json" },
  ]);
  expect(JSON.parse(removal.recordBody)).toMatchObject({ answers: { ids: ["tt1", "tt2"] } });
});

test("a file that was planned at a removed key and not stored leaves the removed object's row", async () => {
  const world = await openTestWorld();
  const { lake, ports } = world;
  const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
  await ports.objects.adopt(lake.id, [found("a.csv")]);
  const known = await ports.objects.find(lake.id, "a.csv");
  const write = { lakeId: lake.id, dataset: "titles", run, taskId: "t" };
  await ports.inputs.recordWrite({ ...write, objectId: known?.objectId ?? 0 });
  await remove(world, "a.csv");
  const planned = { ...write, key: "a.csv", sha256: "e".repeat(64), sizeBytes: 5 };
  const objectId = await ports.objects.prepareFile(planned);
  await expect(ports.objects.dropPreparedFile(objectId)).resolves.toBeUndefined();
  expect(listStates(world)).toEqual(["a.csv planned"]);
});

test("a request without its parts is refused and changes nothing", async () => {
  const world = await openTestWorld();
  await world.ports.objects.adopt(world.lake.id, [found("a.csv")]);
  const request = { lakeId: world.lake.id, key: "a.csv" } as RemoveRequest;
  const removing = world.database.write((query) => beginRemoval(query, request, world.clock.now()));
  await expect(removing).rejects.toMatchObject({ code: "USAGE" });
  expect(listStates(world)).toEqual(["a.csv committed"]);
});
