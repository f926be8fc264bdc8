/** What may be removed, what is recorded of it before and after, and how it is taken back. */
import { expect, test } from "vitest";
import type { FoundObject } from "../../../model/ports/object-store.ts";
import {
  beginRemoval,
  beginUndo,
  endRemoval,
  endUndo,
  findRemovable,
  type RemovalReport,
} from "../../../scheduler/commands/remove-object.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { addAll, makeIds, record, startAsking } from "../../lake/asking.ts";
import { openTestWorld } from "../../support/test-world.ts";

const SHA256 = "f".repeat(64);
const AT = new Date("2026-11-24T10:00:00.000Z");

function found(key: string, changes: Partial<FoundObject> = {}): FoundObject {
  return {
    key,
    kind: "file",
    dataset: "titles",
    sha256: SHA256,
    sizeBytes: 5,
    etag: "found",
    logicalDate: "2026-11-20T09:00:00.000Z",
    answers: null,
    ...changes,
  };
}

async function openRemovals() {
  const world = await openTestWorld();
  const { database, lake, ports } = world;
  const asked = (key: string) => ({
    lakeId: lake.id,
    key,
    why: "a mistake",
    by: "ana@host",
    timezone: "UTC",
  });
  const end = (removalId: number, changes: Partial<RemovalReport> = {}) => {
    const logicalDate = "2026-11-20T09:00:00.000Z";
    const outcome = "removed" as const;
    const report = { removalId, lakeId: lake.id, logicalDate, recordEtag: "e", outcome, isKept: false };
    return database.write((query) => endRemoval(query, { ...report, timezone: "UTC", ...changes }, AT));
  };
  return {
    world,
    adopt: (...objects: readonly FoundObject[]) => ports.objects.adopt(lake.id, objects),
    find: (key: string, lakeId = lake.id) => findRemovable(database, lakeId, key),
    begin: (key: string) => database.write((query) => beginRemoval(query, asked(key), AT)),
    beginWith: (changes: object) =>
      database.write((query) => beginRemoval(query, { ...asked("a.csv"), ...changes }, AT)),
    end,
    undo: (key: string) => database.write((query) => beginUndo(query, asked(key), AT)),
    endUndo: (removalId: number) =>
      database.write((query) => endUndo(query, { lakeId: lake.id, removalId }, AT)),
    events: () =>
      database
        .all<{ kind: string; message: string }>(sql`SELECT kind, message FROM events ORDER BY event_id`)
        .map(({ kind, message }) => `${kind}: ${message}`),
    objects: () =>
      database
        .all<{ key: string; state: string }>(sql`SELECT key, state FROM v_objects ORDER BY key`)
        .map(({ key, state }) => `${key} ${state}`),
  };
}

const refusal = (code: string, message: string, hint: string) => ({
  code,
  message: expect.stringContaining(message) as string,
  hint: expect.stringContaining(hint) as string,
});

function caught(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

test("a key without an object is unknown, with the other lakes that have it", async () => {
  const { adopt, find, world } = await openRemovals();
  await adopt(found("a.csv"));
  expect(caught(() => find("none.csv"))).toMatchObject({
    ...refusal("OBJECT_UNKNOWN", `No object none.csv is recorded in ${world.lake.id}.`, "dagmar lake ls"),
    message: `No object none.csv is recorded in ${world.lake.id}.`,
  });
  expect(caught(() => find("a.csv", "s3://other"))).toMatchObject({
    message: `No object a.csv is recorded in s3://other. It is recorded in ${world.lake.id}: see DAGMAR_LAKE.`,
  });
});

test.each([
  ["foreign", found("x.csv", { kind: "foreign" }), "is not Dagmar's object", "Dagmar never changes"],
  ["a manifest", found("m.lake", { kind: "manifest" }), "is a manifest", "Name one of the objects"],
  [
    "the record of a removal",
    found("Raw/.removed-20261124T100000000Z-0123456789abcdef.lake", { kind: "manifest" }),
    "is the record of a removal",
    "--undo",
  ],
])("an object that is %s is refused", async (_what, object, message, hint) => {
  const { adopt, find } = await openRemovals();
  await adopt(object);
  expect(caught(() => find(object.key))).toMatchObject(refusal("REMOVAL_REFUSED", message, hint));
});

test("a key whose answers are on their way to it is refused until they are there", async () => {
  const { find, world } = await openRemovals();
  const ids = makeIds(2);
  const { ask, sink } = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
  await addAll(
    sink,
    ids.map((id) => record(ask, id)),
  );
  await sink.finish();
  const key = await world.database.write((query) => {
    // As a kill leaves it between the seal and the put.
    query.run(sql`UPDATE batches SET state = 'sealed' WHERE kind = 'records'`);
    query.run(sql`DELETE FROM processed_ids`);
    query.run(sql`DELETE FROM objects`);
    return query.all<{ key: string }>(sql`SELECT key FROM batches WHERE kind = 'records'`)[0]?.key ?? "";
  });
  expect(caught(() => find(key))).toMatchObject({
    code: "REMOVAL_REFUSED",
    message: `${key} is not stored yet: its answers are not uploaded.`,
    hint: "Let the run that stores it end, then give the same command again.",
  });
  expect(caught(() => find(key, "s3://other"))).toMatchObject({ code: "OBJECT_UNKNOWN" });
});

test("an object that is not stored yet is refused, and one that is missing is not", async () => {
  const { adopt, find, world } = await openRemovals();
  await adopt(found("a.csv"));
  const set = (isCommitted: number, missingSince: string | null) =>
    world.database.write((query) =>
      query.run(sql`UPDATE objects SET is_committed = ${isCommitted}, missing_since = ${missingSince}`),
    );
  await set(0, null);
  expect(caught(() => find("a.csv"))).toMatchObject(
    refusal("REMOVAL_REFUSED", "a.csv is not stored yet.", "Let the run"),
  );
  await set(0, AT.toISOString());
  expect(find("a.csv")).toMatchObject({ object: { kind: "file" }, removal: undefined });
});

test("an object that a running task reads is refused with that task's name", async () => {
  const { adopt, find, world } = await openRemovals();
  await adopt(found("a.csv"));
  const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
  const set = (state: string) =>
    world.database.write((query) => {
      query.run(sql`DELETE FROM task_inputs`);
      query.run(sql`DELETE FROM task_instances`);
      query.run(
        sql`INSERT INTO task_instances (dag_run_id, task_id, type, state, pool) SELECT dag_run_id, 'reader', 'noop', ${state}, 'default' FROM dag_runs`,
      );
      query.run(
        sql`INSERT INTO task_inputs (task_instance_id, dataset, object_id, source, resolved_at) SELECT task_instance_id, 'titles', object_id, 'same_date', '2026-11-23' FROM task_instances, objects`,
      );
    });
  await set("running");
  expect(caught(() => find("a.csv"))).toMatchObject(
    refusal("TASK_RUNNING", `${run.dagId}/${run.runId} reader is reading a.csv.`, "cancel its run"),
  );
  await set("success");
  expect(find("a.csv").object).toBeDefined();
});

test("a removal whose object is not recorded any more is resumed with the date of the request", async () => {
  const { adopt, begin, world } = await openRemovals();
  await adopt(found("a.csv"));
  expect(await begin("a.csv")).toMatchObject({ how: "new", logicalDate: "2026-11-20T09:00:00.000Z" });
  await world.database.write((query) => query.run(sql`DELETE FROM objects`));
  expect(await begin("a.csv")).toMatchObject({ how: "resumed", logicalDate: AT.toISOString() });
});

test.each(["lakeId", "key", "why", "by", "timezone"])("a request without %s is refused", async (name) => {
  const { beginWith } = await openRemovals();
  for (const value of [undefined, 7, null])
    await expect(beginWith({ [name]: value })).rejects.toMatchObject({ code: "USAGE" });
});

test("records are removed with the ids that they answered, once", async () => {
  const { world, begin, end, events, objects } = await openRemovals();
  const ids = makeIds(3);
  const { ask, sink } = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
  await addAll(
    sink,
    ids.map((id) => record(ask, id)),
  );
  await sink.finish();
  const key = "Raw/Titles/2026/11/23/titles-20261123T090000000Z-00001.json";
  const begun = await begin(key);
  expect(begun).toMatchObject({
    how: "new",
    logicalDate: "2026-11-23T09:00:00.000Z",
    removal: { key, kind: "records", dataset: "titles", leftOutIds: 3, finishedAt: null, why: "a mistake" },
  });
  expect(JSON.parse(begun.removal.recordBody)).toMatchObject({
    logical_date: "2026-11-23T09:00:00.000Z",
    by: "ana@host",
    at: AT.toISOString(),
    answers: { question: ask.questionHash, generation: "0", ids },
  });
  expect(await begin(key)).toMatchObject({ how: "resumed", removal: { removalId: begun.removal.removalId } });
  const before = events().length;
  expect(await end(begun.removal.removalId, { isKept: true })).toBe(true);
  expect(events().slice(before)).toEqual([
    `object_removed: ${key} was removed from the lake, as ana@host asked (reason: "a mistake"). Ids left out: 3. The store keeps it as an earlier version.`,
  ]);
  expect(await begin(key)).toMatchObject({ how: "again" });
  // Nothing was removed this time.
  expect(await end(begun.removal.removalId, { outcome: "absent" })).toBe(false);
  expect(await end(begun.removal.removalId, { outcome: "removed" })).toBe(true);
  expect(objects()).toContain(`${key} removed`);
});

test.each([
  ["absent", "is removed; the lake no longer held it"],
  ["changed", "is removed; its key holds another object by now, which was not changed"],
] as const)("the end of a removal says what the store had: %s", async (outcome, words) => {
  const { adopt, begin, end, events } = await openRemovals();
  await adopt(found("a.csv"));
  const { removal } = await begin("a.csv");
  expect(await end(removal.removalId, { outcome })).toBe(true);
  expect(events()).toEqual([`object_removed: a.csv ${words}, as ana@host asked (reason: "a mistake").`]);
});

test("a later object at the key of a removed one is what is meant", async () => {
  const { adopt, begin, end, find } = await openRemovals();
  await adopt(found("a.csv"));
  const { removal } = await begin("a.csv");
  await end(removal.removalId);
  expect(find("a.csv").removal?.removalId).toBe(removal.removalId);
  await adopt(found("a.csv", { sha256: "e".repeat(64) }));
  expect(find("a.csv")).toMatchObject({ object: { sha256: "e".repeat(64) }, removal: undefined });
  const later = await begin("a.csv");
  expect(later.how).toBe("new");
  expect(later.removal.removalId).not.toBe(removal.removalId);
});

test("a foreign object at the key of a removed one is not", async () => {
  const { adopt, begin, end, find, world } = await openRemovals();
  await adopt(found("a.csv"));
  const { removal } = await begin("a.csv");
  await end(removal.removalId);
  await world.database.write((query) =>
    query.run(sql`UPDATE objects SET kind = 'foreign', is_committed = 1 WHERE key = 'a.csv'`),
  );
  expect(find("a.csv").removal?.removalId).toBe(removal.removalId);
});

test("an undone removal leaves a missing object, and its record is forgotten when it is gone", async () => {
  const { adopt, begin, end, undo, endUndo: finish, events, objects } = await openRemovals();
  await adopt(found("a.csv"));
  const { removal } = await begin("a.csv");
  await end(removal.removalId);
  expect(objects()).toHaveLength(2);
  expect(await undo("a.csv")).toMatchObject({ removalId: removal.removalId, undoneAt: AT.toISOString() });
  expect(events().at(-1)).toBe(
    `removal_undone: The removal of a.csv was undone by ana@host (reason: "a mistake"). The next run adopts the object if the lake holds it.`,
  );
  const count = events().length;
  // Again, while the record still stands.
  expect(await undo("a.csv")).toMatchObject({ removalId: removal.removalId });
  expect(events()).toHaveLength(count);
  expect(await end(removal.removalId)).toBe(false);
  await finish(removal.removalId);
  expect(objects()).toEqual(["a.csv missing"]);
  await expect(undo("a.csv")).rejects.toMatchObject(
    refusal("OBJECT_UNKNOWN", "No removal of a.csv is recorded", "--removed"),
  );
});
