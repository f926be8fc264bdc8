/**
 * Guards of the record protocol, each of which fails when it is removed: two lakes, two runs, sizes as well as hashes.
 */
import { mkdirSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLake } from "../../lake/open-lake.ts";
import { holdsContent, lookAt } from "../../lake/protocol/look-at.ts";
import { openTestWorld, sealAll, silentLog, type TestWorld } from "../support/test-world.ts";
import { describeBatch } from "../../lake/protocol/identity-metadata.ts";
import type { RunFacts } from "../../model/ports/task-type.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { addAll, listKeys, makeIds, POLICY, record, startAsking } from "./asking.ts";
import { planBytes } from "./lake-tools.ts";
import { listPlanned } from "../support/candidates.ts";

const ids = makeIds(6);

/** The same database with another folder lake. */
function moveToOtherLake(world: TestWorld): TestWorld {
  const folder = join(world.folder, "elsewhere");
  mkdirSync(folder);
  return { ...world, lake: openLake(join(folder, "lake"), { clock: world.clock, log: silentLog }) };
}

describe("what one lake has does not count in another", () => {
  test("answers that are spooled for it are neither put nor planned there", async () => {
    const world = await openTestWorld();
    const other = moveToOtherLake(world);
    const first = await startAsking(world, ids, await world.makeRunFacts("2026-11-22T09:00:00Z"));
    await addAll(
      first.sink,
      ids.slice(0, 3).map((id) => record(first.ask, id)),
    );
    const second = await startAsking(other, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
    expect(await world.ports.batches.listUnsealed(world.lake.id, "titles")).toHaveLength(3);
    expect(await world.ports.batches.listUnsealed(other.lake.id, "titles")).toEqual([]);
    await second.sink.recover();
    expect(await listKeys(other)).toEqual([]);
    expect(await listPlanned(world.ports.batches.plan(second.ask, POLICY))).toHaveLength(6);
  });

  test("sealed batches and manifests of it stay its own", async () => {
    const world = await openTestWorld();
    const other = moveToOtherLake(world);
    const first = await startAsking(world, ids, await world.makeRunFacts("2026-11-22T09:00:00Z"));
    await addAll(
      first.sink,
      ids.map((id) => record(first.ask, id)),
    );
    await first.sink.abandon();
    expect(await world.ports.batches.listSealed(other.lake.id, "titles")).toEqual([]);
    const [sealed] = await world.ports.batches.listSealed(world.lake.id, "titles");
    if (sealed === undefined) throw new Error("nothing is sealed");
    await world.ports.batches.commit(sealed, "etag", { isClosing: false });
    expect(await world.ports.batches.fixManifests(other.lake.id, "titles")).toEqual([]);
    const second = await startAsking(other, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
    expect(await world.ports.batches.reconcile(second.ask)).toMatchObject({ alreadyStored: 0, remaining: 6 });
  });
});

describe("two runs of one dataset", () => {
  test("what a dead run spooled is taken over: put in its own partition, never packed with the next run's", async () => {
    const world = await openTestWorld();
    const first = await startAsking(world, ids, await world.makeRunFacts("2026-11-22T09:00:00Z"));
    await addAll(
      first.sink,
      ids.slice(0, 3).map((id) => record(first.ask, id)),
    );
    // The process dies here: nothing is sealed.
    const second = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
    await second.sink.recover();
    await addAll(
      second.sink,
      ids.slice(3).map((id) => record(second.ask, id)),
    );
    await second.sink.finish();
    const records = (await listKeys(world)).filter((key) => !key.includes(".manifest-"));
    expect(records).toEqual([
      "Raw/Titles/2026/11/22/titles-20261122T090000000Z-00001.json",
      "Raw/Titles/2026/11/23/titles-20261123T090000000Z-00001.json",
    ]);
    expect(await world.ports.batches.reconcile(second.ask)).toMatchObject({ stored: 3, alreadyStored: 3 });
  });

  test("a task that stops before it has taken up what another left seals only its own answers", async () => {
    const world = await openTestWorld();
    const { batches } = world.ports;
    const first = await startAsking(world, ids, await world.makeRunFacts("2026-11-22T09:00:00Z"));
    const second = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
    const theirs = await batches.spool(record(first.ask, "tt0000001"));
    await batches.spool(record(second.ask, "tt0000002"));
    await second.sink.abandon();
    expect(await batches.listUnsealed(world.lake.id, "titles")).toEqual([theirs]);
    const sealed = await batches.listSealed(world.lake.id, "titles");
    expect(sealed.map(({ identity }) => identity.askedIds)).toEqual([["tt0000002"]]);
  });

  test("a batch takes no record of another ask, nor one that another run has sealed", async () => {
    const world = await openTestWorld();
    const { batches } = world.ports;
    const first = await startAsking(world, ids, await world.makeRunFacts("2026-11-22T09:00:00Z"));
    const second = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
    const theirs = await batches.spool(record(first.ask, "tt0000001"));
    const own = await batches.spool(record(second.ask, "tt0000002"));
    await expect(batches.seal([own, theirs])).rejects.toThrow("of 2 spooled records to seal 1 are there");
    await sealAll(batches, [theirs]);
    await expect(batches.seal([theirs])).rejects.toThrow("of 1 spooled records to seal 0 are there");
    expect(await batches.listUnsealed(world.lake.id, "titles")).toEqual([own]);
  });
});

test("an object that is cut short is not ours by the sha256 in its metadata alone", async () => {
  const { lake, folder } = await openTestWorld();
  const plan = planBytes("Raw/cut.json", '[\n{"imdb_id":"tt0000001"}\n]\n');
  await lake.putBytes(plan);
  const content = { sha256: plan.sha256, sizeBytes: plan.body.byteLength };
  const signal = new AbortController().signal;
  const check = async () => {
    const head = await lake.head(plan.key);
    return head === undefined ? undefined : holdsContent(lake, head, content, signal);
  };
  expect(await check()).toBe(true);
  truncateSync(join(folder, "lake", plan.key), 10);
  expect(await check()).toBe(false);
});

test("an object's own metadata describes its bytes, which are not read then", async () => {
  const { lake } = await openTestWorld();
  const plan = planBytes("Raw/one.json", "one");
  await lake.putBytes(plan);
  const head = await lake.head(plan.key);
  if (head === undefined) throw new Error("nothing stands there");
  lake.get = () => Promise.reject(new Error("its bytes are read"));
  const signal = new AbortController().signal;
  expect(await holdsContent(lake, head, { sha256: plan.sha256, sizeBytes: 3 }, signal)).toBe(true);
  expect(await holdsContent(lake, head, { sha256: "other", sizeBytes: 3 }, signal)).toBe(false);
});

test.each([
  ["file", 0],
  ["manifest", 1],
])("what is found with the metadata of a %s has its bytes read %i times", async (kind, reads) => {
  const { lake } = await openTestWorld();
  const metadata = { "dagmar-kind": kind, "dagmar-dataset": "d", "dagmar-logical-date": "l" };
  await lake.putBytes({ ...planBytes("Raw/one.json", "one"), metadata });
  const get = lake.get.bind(lake);
  let count = 0;
  lake.get = (...asked) => {
    count += 1;
    return get(...asked);
  };
  for await (const summary of lake.list("Raw/")) {
    expect(await lookAt(lake, summary, new AbortController().signal)).toMatchObject({ kind });
  }
  expect(count).toBe(reads);
});

test.each(["before its metadata is read", "before its bytes are read"])(
  "an object that is removed %s is not taken for another program's",
  async (moment) => {
    const { lake, folder } = await openTestWorld();
    const metadata = { "dagmar-kind": "manifest", "dagmar-dataset": "d", "dagmar-logical-date": "l" };
    await lake.putBytes({ ...planBytes("Raw/one.json", "one"), metadata });
    const signal = new AbortController().signal;
    for await (const summary of lake.list("Raw/")) {
      const remove = (): void => rmSync(join(folder, "lake", summary.key));
      const get = lake.get.bind(lake);
      lake.get = (...asked) => {
        remove();
        return get(...asked);
      };
      if (moment === "before its metadata is read") remove();
      expect(await lookAt(lake, summary, signal)).toBeUndefined();
    }
  },
);

test("at most four objects are put at once", async () => {
  const world = await openTestWorld();
  const many = makeIds(900);
  const { ask, sink } = await startAsking(world, many, await world.makeRunFacts("2026-11-23T09:00:00Z"));
  const put = world.lake.putBytes.bind(world.lake);
  const counts: number[] = [];
  let underWay = 0;
  world.lake.putBytes = async (request) => {
    underWay += 1;
    counts.push(underWay);
    const result = await put(request);
    underWay -= 1;
    return result;
  };
  await addAll(
    sink,
    many.map((id) => record(ask, id)),
  );
  await sink.finish();
  expect(Math.max(...counts)).toBe(4);
});

describe("a sealed batch whose body is damaged in the database", () => {
  async function sealAndDamage(): Promise<{ world: TestWorld; run: RunFacts }> {
    const world = await openTestWorld();
    const run = await world.makeRunFacts("2026-11-22T09:00:00Z");
    const { ask, sink } = await startAsking(world, ids, run);
    await addAll(
      sink,
      ids.map((id) => record(ask, id)),
    );
    await sink.abandon();
    return { world, run };
  }
  const damage = (world: TestWorld): Promise<unknown> =>
    world.database.write((query) => query.run(sql`UPDATE spool SET body = x'7b7d' WHERE spool_id = 1`));

  test("is given up, with an event, and all of its ids are asked again and stored", async () => {
    const { world, run } = await sealAndDamage();
    await damage(world);
    const second = await startAsking(world, ids, run);
    await second.sink.recover();
    expect(await listKeys(world)).toEqual([]);
    expect(world.database.all(sql`SELECT kind, level FROM events`)).toEqual([
      { kind: "batch_discarded", level: "error" },
    ]);
    const planned = await listPlanned(world.ports.batches.plan(second.ask, POLICY));
    expect(planned.map(({ askedId }) => askedId)).toEqual(ids);
    await addAll(
      second.sink,
      planned.map(({ askedId }) => record(second.ask, askedId)),
    );
    await second.sink.finish();
    expect(await world.ports.batches.reconcile(second.ask)).toMatchObject({ stored: 6, remaining: 0 });
  });

  const lose = (world: TestWorld): Promise<unknown> =>
    world.database.write((query) => query.run(sql`DELETE FROM spool WHERE spool_id = 1`));

  test.each([
    ["changed", damage],
    ["gone", lose],
  ])(
    "a row of it being %s, and whose object exists already, is committed with all of its ids",
    async (_, harm) => {
      const { world, run } = await sealAndDamage();
      const [sealed] = await world.ports.batches.listSealed(world.lake.id, "titles");
      if (sealed === undefined) throw new Error("nothing is sealed");
      await world.lake.putBytes({
        key: sealed.key,
        body: await world.ports.batches.readBody(sealed.batchId),
        sha256: sealed.sha256,
        metadata: describeBatch(sealed),
        contentType: "application/json",
      });
      await harm(world);
      const second = await startAsking(world, ids, run);
      await second.sink.recover();
      expect(await world.ports.batches.reconcile(second.ask)).toMatchObject({ stored: 6, remaining: 0 });
      expect(world.database.all(sql`SELECT kind FROM events`)).toEqual([]);
    },
  );
});
