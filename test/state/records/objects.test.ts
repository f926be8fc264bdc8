/** The rows of objects: planned, committed and adopted. */
import { describe, expect, test } from "vitest";
import type { FoundObject } from "../../../model/ports/object-store.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { openTestWorld, type TestWorld } from "../../support/test-world.ts";

interface ObjectWorld extends TestWorld {
  plan(key: string, content: string): Promise<number>;
  newest(): Promise<string | undefined>;
}

async function openObjectWorld(): Promise<ObjectWorld> {
  const world = await openTestWorld();
  const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
  return {
    ...world,
    plan: (key, content) =>
      world.ports.objects.prepareFile({
        lakeId: world.lake.id,
        dataset: "movies",
        key,
        sha256: content.repeat(64),
        sizeBytes: 5,
        run,
        taskId: "movies",
      }),
    newest: async () => (await world.ports.objects.findNewestFile(world.lake.id, "movies"))?.key,
  };
}

function foundFile(key: string, changes: Partial<FoundObject> = {}): FoundObject {
  return {
    key,
    kind: "file",
    dataset: "movies",
    sha256: "f".repeat(64),
    sizeBytes: 5,
    etag: "found",
    logicalDate: "2026-11-20T09:00:00.000Z",
    answers: null,
    ...changes,
  };
}

describe("files", () => {
  test("the newest is the one committed last, not the one planned last or named last", async () => {
    const world = await openObjectWorld();
    const [z, a] = [await world.plan("Raw/z.csv", "1"), await world.plan("Raw/a.csv", "2")];
    expect(await world.newest()).toBeUndefined();
    await world.ports.objects.commitFile(a, "e1");
    await world.ports.objects.commitFile(z, "e2");
    expect(await world.newest()).toBe("Raw/z.csv");
  });

  test("a file that is committed again becomes the newest", async () => {
    const world = await openObjectWorld();
    const [a, b] = [await world.plan("Raw/a.csv", "1"), await world.plan("Raw/b.csv", "2")];
    for (const objectId of [a, b, a]) await world.ports.objects.commitFile(objectId, "etag");
    expect(await world.newest()).toBe("Raw/a.csv");
  });

  test("a plan may change until it is committed, and not after", async () => {
    const world = await openObjectWorld();
    const first = await world.plan("Raw/a.csv", "1");
    expect(await world.plan("Raw/a.csv", "2")).toBe(first);
    expect(await world.ports.objects.find(world.lake.id, "Raw/a.csv")).toMatchObject({
      sha256: "2".repeat(64),
      isCommitted: false,
      isAdopted: false,
    });
    await world.ports.objects.commitFile(first, "etag");
    await world.plan("Raw/a.csv", "3");
    expect(await world.ports.objects.find(world.lake.id, "Raw/a.csv")).toMatchObject({
      sha256: "2".repeat(64),
      isCommitted: true,
      etag: "etag",
    });
  });

  test("an unused plan can be deleted, a committed file cannot", async () => {
    const world = await openObjectWorld();
    const [a, b] = [await world.plan("Raw/a.csv", "1"), await world.plan("Raw/b.csv", "2")];
    await world.ports.objects.commitFile(b, "etag");
    for (const objectId of [a, b]) await world.ports.objects.dropPreparedFile(objectId);
    expect(await world.ports.objects.find(world.lake.id, "Raw/a.csv")).toBeUndefined();
    expect(await world.ports.objects.find(world.lake.id, "Raw/b.csv")).toBeDefined();
  });

  test("objects are listed by their exact prefix, in one lake", async () => {
    const world = await openObjectWorld();
    for (const key of ["Raw/a_b.csv", "Raw/aXb.csv", "raw/a_b.csv", "Raw/a%.csv"]) await world.plan(key, "1");
    expect([...(await world.ports.objects.listKnown(world.lake.id, "Raw/a_", "none")).keys()]).toEqual([
      "Raw/a_b.csv",
    ]);
    expect([...(await world.ports.objects.listKnown(world.lake.id, "Raw/a%", "none")).keys()]).toEqual([
      "Raw/a%.csv",
    ]);
    expect((await world.ports.objects.listKnown("s3://other", "", "none")).size).toBe(0);
  });
});

describe("adoption", () => {
  test("makes a found file known, to be confirmed when its bytes are read", async () => {
    const world = await openObjectWorld();
    const adopted = await world.ports.objects.adopt(world.lake.id, [foundFile("Raw/found.csv")]);
    expect(adopted).toMatchObject({ objects: 1, ids: 0, doubledIds: 0 });
    const known = await world.ports.objects.find(world.lake.id, "Raw/found.csv");
    expect(known).toMatchObject({ isCommitted: true, isAdopted: true, etag: "found" });
    await world.ports.objects.confirmAdopted(known?.objectId ?? 0);
    expect((await world.ports.objects.find(world.lake.id, "Raw/found.csv"))?.isAdopted).toBe(false);
    expect(await world.newest()).toBe("Raw/found.csv");
  });

  test("turns a plan that was put before a crash into a committed file", async () => {
    const world = await openObjectWorld();
    const planned = await world.plan("Raw/a.csv", "1");
    await world.ports.objects.adopt(world.lake.id, [foundFile("Raw/a.csv")]);
    expect(await world.ports.objects.find(world.lake.id, "Raw/a.csv")).toMatchObject({
      objectId: planned,
      isCommitted: true,
      sha256: "f".repeat(64),
    });
  });

  test("of a foreign object counts nothing and gives it no dataset", async () => {
    const world = await openObjectWorld();
    const foreign = foundFile("Raw/x.csv", { kind: "foreign", dataset: null });
    expect(await world.ports.objects.adopt(world.lake.id, [foreign])).toMatchObject({
      objects: 0,
      ids: 0,
      doubledIds: 0,
    });
    expect(await world.newest()).toBeUndefined();
    expect((await world.ports.objects.find(world.lake.id, "Raw/x.csv"))?.kind).toBe("foreign");
  });

  test("of two objects with the same id stores it once and reports the other", async () => {
    const world = await openObjectWorld();
    const records = (key: string, askedIds: readonly string[]) =>
      foundFile(key, {
        kind: "records",
        dataset: "titles",
        answers: { batchUid: key, questionHash: "q", generation: "0", askedIds },
      });
    const adopted = await world.ports.objects.adopt(world.lake.id, [
      records("Raw/1.json", ["tt0000001", "tt0000002"]),
      records("Raw/2.json", ["tt0000002", "tt0000003"]),
    ]);
    expect(adopted).toMatchObject({ objects: 2, ids: 3, doubledIds: 1 });
    expect(
      world.database.all(sql`SELECT asked_id, key FROM v_ids WHERE outcome = 'stored' ORDER BY asked_id`),
    ).toEqual([
      { asked_id: "tt0000001", key: "Raw/1.json" },
      { asked_id: "tt0000002", key: "Raw/1.json" },
      { asked_id: "tt0000003", key: "Raw/2.json" },
    ]);
  });
});
