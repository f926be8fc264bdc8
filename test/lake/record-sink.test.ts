/**
 * How records become objects, how an interrupted task recovers, and what a database that knows less than the lake does.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sql } from "../../state/sqlite/statement.ts";
import { openTestWorld } from "../support/test-world.ts";
import { addAll, learn, listKeys, makeIds, POLICY, readObject, record, startAsking } from "./asking.ts";
import { listPlanned } from "../support/candidates.ts";

describe("storing records", () => {
  test("250 records become objects of 100, 100 and 50 and one manifest that lists them", async () => {
    const world = await openTestWorld();
    const ids = makeIds(250);
    const { ask, sink } = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
    await addAll(
      sink,
      ids.map((id) => record(ask, id)),
    );
    await sink.finish();

    const folder = "Raw/Titles/2026/11/23";
    expect(await listKeys(world)).toEqual([
      `${folder}/.manifest-20261123T090000000Z-test_dag-movies-1.lake`,
      `${folder}/titles-20261123T090000000Z-00001.json`,
      `${folder}/titles-20261123T090000000Z-00002.json`,
      `${folder}/titles-20261123T090000000Z-00003.json`,
    ]);
    const stored = [1, 2, 3].flatMap(
      (seq) =>
        readObject(world, `${folder}/titles-20261123T090000000Z-0000${seq}.json`) as { imdb_id: string }[],
    );
    expect(stored.map((item) => item.imdb_id).toSorted()).toEqual(ids);
    const manifest = readObject(world, `${folder}/.manifest-20261123T090000000Z-test_dag-movies-1.lake`);
    expect(manifest).toMatchObject({
      dataset: "titles",
      source: { key: "Raw/CSV/movies.csv" },
      reconciliation: { asked: 250, stored: 250, already_stored: 0, not_found: 0, failed: 0, remaining: 0 },
      object_count: 3,
      record_count: 250,
      objects: [{ record_count: 100 }, { record_count: 100 }, { record_count: 50 }],
    });
    expect(await world.ports.batches.reconcile(ask)).toMatchObject({ asked: 250, stored: 250, remaining: 0 });
  });

  test("records of two structures never share an object", async () => {
    const world = await openTestWorld();
    const ids = makeIds(40);
    const { ask, sink } = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
    await addAll(
      sink,
      ids.map((id, index) => record(ask, id, { structure: index % 2 === 0 ? "one" : "two" })),
    );
    await sink.finish();
    const counts = world.database.all<{ structure: string; record_count: number }>(
      sql`SELECT structure, record_count FROM batches WHERE kind = 'records' ORDER BY structure`,
    );
    expect(counts).toEqual([
      { structure: "one", record_count: 20 },
      { structure: "two", record_count: 20 },
    ]);
  });

  test("no object is larger than 10,000,000 bytes, and each holds as much as fits", async () => {
    const world = await openTestWorld();
    const ids = makeIds(7);
    const { ask, sink } = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
    const body = Buffer.from(`{"text":"${"x".repeat(2_999_980)}"}`);
    await addAll(
      sink,
      ids.map((id) => record(ask, id, { body })),
    );
    await sink.finish();
    const sizes = world.database.all<{ size_bytes: number; record_count: number }>(
      sql`SELECT size_bytes, record_count FROM objects WHERE kind = 'records' ORDER BY key`,
    );
    expect(sizes.map((row) => row.record_count)).toEqual([3, 3, 1]);
    for (const { size_bytes } of sizes) expect(size_bytes).toBeLessThanOrEqual(10_000_000);
  });

  test("the provider's bytes are in the object as received", async () => {
    const world = await openTestWorld();
    const { ask, sink } = await startAsking(
      world,
      ["tt0000001"],
      await world.makeRunFacts("2026-11-23T09:00:00Z"),
    );
    const body = Buffer.from('{ "b" : 1.50, "a":"\\u00e9", "n": 12345678901234567890 }');
    await sink.add(record(ask, "tt0000001", { body }));
    await sink.finish();
    const [, key] = await listKeys(world);
    expect(readFileSync(join(world.folder, "lake", key ?? ""))).toEqual(
      Buffer.concat([Buffer.from("[\n"), body, Buffer.from("\n]\n")]),
    );
  });

  test("a foreign object on the planned key is not changed and reported, and the next number is used", async () => {
    const world = await openTestWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const { ask, sink } = await startAsking(world, ["tt0000001"], run);
    const key = "Raw/Titles/2026/11/23/titles-20261123T090000000Z-00001.json";
    const foreign = Buffer.from("not ours");
    const sha256 = "0".repeat(64);
    await sink.add(record(ask, "tt0000001"));
    const { mkdirSync, writeFileSync } = await import("node:fs");
    mkdirSync(join(world.folder, "lake/Raw/Titles/2026/11/23"), { recursive: true });
    writeFileSync(join(world.folder, "lake", key), foreign);
    await sink.finish();
    expect(readFileSync(join(world.folder, "lake", key))).toEqual(foreign);
    expect(sha256).toHaveLength(64);
    expect(await listKeys(world)).toContain(key.replace("00001", "00002"));
    const [event] = world.database.all<{ message: string; data: string }>(
      sql`SELECT message, data FROM events WHERE kind = 'foreign_object'`,
    );
    expect(event?.message).toMatch(
      /is taken by an object that is not Dagmar's\. It was not changed; the next number is used\.$/,
    );
    expect(JSON.parse(event?.data ?? "")).toEqual({
      lake: world.lake.id,
      key: expect.stringContaining("-00001.json") as string,
      size_bytes: expect.any(Number) as number,
      modified_at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    });
  });
});

test.each([
  ["come at once", 0],
  ["an earlier attempt left in it", 12],
])("the spool never holds much more than its cap, however many records %s", async (_, left) => {
  const world = await openTestWorld();
  const ids = makeIds(24);
  const { ask, sink } = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
  const body = Buffer.from(`{"text":"${"x".repeat(4_999_000)}"}`);
  for (const id of ids.slice(0, left)) await world.ports.batches.spool(record(ask, id, { body }));
  const put = world.lake.putBytes.bind(world.lake);
  const held: number[] = [];
  world.lake.putBytes = (request) => {
    const row = world.database.get<{ bytes: number }>(sql`SELECT sum(size_bytes) AS bytes FROM spool`);
    held.push(row?.bytes ?? 0);
    return put(request);
  };
  await sink.recover();
  await addAll(
    sink,
    ids.slice(left).map((id) => record(ask, id, { body })),
  );
  await sink.finish();
  expect(await world.ports.batches.reconcile(ask)).toMatchObject({ stored: 24 });
  expect(Math.max(...held)).toBeLessThanOrEqual(64 * 1024 * 1024);
});

describe("recovery", () => {
  test("what was spooled and not sealed is finished without being asked again", async () => {
    const world = await openTestWorld();
    const ids = makeIds(30);
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const first = await startAsking(world, ids, run);
    await addAll(
      first.sink,
      ids.slice(0, 20).map((id) => record(first.ask, id)),
    );
    // The process dies here: nothing is sealed.
    const second = await startAsking(world, ids, run);
    await second.sink.recover();
    const planned = await listPlanned(world.ports.batches.plan(second.ask, POLICY));
    expect(planned.map((id) => id.askedId)).toEqual(ids.slice(20));
    await addAll(
      second.sink,
      planned.map((id) => record(second.ask, id.askedId)),
    );
    await second.sink.finish();
    expect(await world.ports.batches.reconcile(second.ask)).toMatchObject({
      asked: 30,
      stored: 30,
      alreadyStored: 0,
    });
    expect(world.database.all(sql`SELECT count(*) AS objects FROM objects WHERE kind = 'records'`)).toEqual([
      { objects: 1 },
    ]);
  });

  test("what an earlier run left is finished first, in its own partition, with a manifest of its own", async () => {
    const world = await openTestWorld();
    const ids = makeIds(10);
    const first = await startAsking(world, ids, await world.makeRunFacts("2026-11-22T09:00:00Z"));
    await addAll(
      first.sink,
      ids.slice(0, 4).map((id) => record(first.ask, id)),
    );
    await first.sink.abandon();
    const second = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
    await second.sink.recover();
    expect(await listKeys(world)).toEqual([
      "Raw/Titles/2026/11/22/.manifest-20261122T090000000Z-test_dag-movies-1.lake",
      "Raw/Titles/2026/11/22/titles-20261122T090000000Z-00001.json",
    ]);
    expect(await world.ports.batches.reconcile(second.ask)).toMatchObject({ alreadyStored: 4, remaining: 6 });
  });

  test("an object that was put before its commit was lost is committed, not written again", async () => {
    const world = await openTestWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const first = await startAsking(world, ["tt0000001"], run);
    await first.sink.add(record(first.ask, "tt0000001"));
    await first.sink.abandon();
    const [sealed] = await world.ports.batches.listSealed(world.lake.id, "titles");
    if (sealed === undefined) throw new Error("nothing is sealed");
    const { describeBatch } = await import("../../lake/protocol/identity-metadata.ts");
    await world.lake.putBytes({
      key: sealed.key,
      body: await world.ports.batches.readBody(sealed.batchId),
      sha256: sealed.sha256,
      metadata: describeBatch(sealed),
      contentType: "application/json",
    });
    const second = await startAsking(world, ["tt0000001"], run);
    await learn(world, run);
    await second.sink.recover();
    expect(await world.ports.batches.reconcile(second.ask)).toMatchObject({ stored: 1 });
    const records = (await listKeys(world)).filter((key) => !key.includes(".manifest-"));
    expect(records).toEqual([sealed.key]);
  });
});

describe("a database that knows less than the lake", () => {
  test("a lost database learns from the lake what it holds and asks for none of it", async () => {
    const world = await openTestWorld();
    const ids = makeIds(130);
    const first = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
    await addAll(
      first.sink,
      ids.slice(0, 120).map((id) => record(first.ask, id)),
    );
    await first.sink.finish();

    const reborn = await openTestWorld({ folder: world.folder, databaseFile: join(world.folder, "new.db") });
    const run = await reborn.makeRunFacts("2026-11-23T09:00:00Z");
    const second = await startAsking(reborn, ids, run);
    expect(await learn(reborn, run)).toMatchObject({ objects: 3, ids: 120, doubledIds: 0 });
    await second.sink.recover();
    const planned = await listPlanned(reborn.ports.batches.plan(second.ask, POLICY));
    expect(planned.map((id) => id.askedId)).toEqual(ids.slice(120));
    await addAll(
      second.sink,
      planned.map((id) => record(second.ask, id.askedId)),
    );
    await second.sink.finish();
    expect(await reborn.ports.batches.reconcile(second.ask)).toMatchObject({
      asked: 130,
      stored: 10,
      alreadyStored: 120,
    });
    expect((await listKeys(reborn)).filter((key) => !key.includes(".manifest-"))).toHaveLength(3);
    expect(await learn(reborn, run)).toMatchObject({ objects: 0, ids: 0, doubledIds: 0 });
  });

  test("an older copy that still holds records in its spool does not store them a second time", async () => {
    const world = await openTestWorld();
    const ids = makeIds(60);
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const first = await startAsking(world, ids, run);
    await addAll(
      first.sink,
      ids.slice(0, 50).map((id) => record(first.ask, id)),
    );
    await world.database.backup(join(world.folder, "older.db"));
    await addAll(
      first.sink,
      ids.slice(50).map((id) => record(first.ask, id)),
    );
    await first.sink.finish();

    const restored = await openTestWorld({
      folder: world.folder,
      databaseFile: join(world.folder, "older.db"),
    });
    const second = await startAsking(restored, ids, run);
    expect(await learn(restored, run)).toMatchObject({ ids: 60, doubledIds: 0 });
    await second.sink.recover();
    await second.sink.finish();
    expect((await listKeys(restored)).filter((key) => !key.includes(".manifest-"))).toHaveLength(1);
    expect(await restored.ports.batches.reconcile(second.ask)).toMatchObject({
      alreadyStored: 60,
      remaining: 0,
    });
  });

  test("an object whose metadata does not agree with its bytes is foreign, and its ids are asked", async () => {
    const world = await openTestWorld();
    const first = await startAsking(world, ["tt0000001"], await world.makeRunFacts("2026-11-23T09:00:00Z"));
    await first.sink.add(record(first.ask, "tt0000001"));
    await first.sink.finish();
    const key = "Raw/Titles/2026/11/23/titles-20261123T090000000Z-00001.json";
    const { writeFileSync } = await import("node:fs");
    writeFileSync(join(world.folder, "lake", key), '[\n{"imdb_id":"tt0000009"}\n]\n');
    const reborn = await openTestWorld({ folder: world.folder, databaseFile: join(world.folder, "new.db") });
    const run = await reborn.makeRunFacts("2026-11-23T09:00:00Z");
    const second = await startAsking(reborn, ["tt0000001"], run);
    expect(await learn(reborn, run)).toMatchObject({ ids: 0 });
    expect(await listPlanned(reborn.ports.batches.plan(second.ask, POLICY))).toHaveLength(1);
  });
});
