/** An object is replaced where it is the recorded one, and nowhere else, in every store. */
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SweepableLake } from "../../lake/sweepable-lake.ts";
import { armFailpoints } from "../../model/failpoint.ts";
import type { ObjectHead, PutFile } from "../../model/ports/lake.ts";
import { makeScratch, sha256, type Scratch } from "./lake-tools.ts";
import { startS3World } from "./s3-world.ts";
import { BARE_TAGS, STORES, type OpenStore } from "./stores.ts";

const MEBIBYTE = 1024 * 1024;
const KEY = "Trusted/movies.parquet";

/** A table whose bytes and metadata both name its version. */
async function planTable(scratch: Scratch, version: number, sizeBytes = 64): Promise<PutFile> {
  const bytes = Buffer.alloc(sizeBytes, `${version};`);
  return await scratch.plan(KEY, bytes, { metadata: { version: String(version) } });
}

async function putFirst(lake: SweepableLake, plan: PutFile): Promise<string> {
  const result = await lake.putFile(plan);
  if (result.outcome !== "created") throw new Error("the key was taken");
  return result.etag;
}

async function readHash(lake: SweepableLake, key = KEY): Promise<string> {
  return sha256(await buffer((await lake.get(key)).body));
}

for (const store of [...STORES, BARE_TAGS]) {
  describe.skipIf(store.skippedBecause !== undefined)(`a table in ${store.name}`, () => {
    let open: OpenStore;
    let scratch: Scratch;
    let lake: SweepableLake;
    beforeAll(async () => {
      [open, scratch] = await Promise.all([store.open(), makeScratch()]);
    });
    afterAll(async () => {
      await scratch.remove();
      await open.close();
    });
    beforeEach(() => {
      lake = open.openLake({ multipartThresholdBytes: 8 * MEBIBYTE, partSizeBytes: 5 * MEBIBYTE });
      return async () => await lake.close();
    });

    test.each([
      ["in one request", 64],
      ["in parts", 9 * MEBIBYTE],
    ])("is replaced %s, with its metadata", async (_name, sizeBytes) => {
      const etag = await putFirst(lake, await planTable(scratch, 1, sizeBytes));
      const next = await planTable(scratch, 2, sizeBytes);
      const result = await lake.replaceFile({ ...next, replaces: etag });
      const head = await lake.head(KEY);
      expect(result).toEqual({ outcome: "created", etag: head?.etag });
      expect(head?.metadata).toEqual({ version: "2", sha256: next.sha256 });
      expect(await readHash(lake)).toBe(next.sha256);
      const leftovers = await lake.sweepLeftovers("", new Date("2100-01-01T00:00:00Z"));
      expect(leftovers, "no draft and no unfinished upload is left").toBe(0);
    });

    test("stays as it is for a process that knows an older version", async () => {
      const first = await putFirst(lake, await planTable(scratch, 1));
      const second = await lake.replaceFile({ ...(await planTable(scratch, 2)), replaces: first });
      const late = await lake.replaceFile({ ...(await planTable(scratch, 3)), replaces: first });
      const head = await lake.head(KEY);
      expect(late).toEqual({ outcome: "exists", head });
      expect(second).toEqual({ outcome: "created", etag: head?.etag });
      expect(head?.metadata["version"]).toBe("2");
    });

    test("that was replaced already, by a try whose process died, is replaced", async () => {
      const first = await putFirst(lake, await planTable(scratch, 1));
      const next = await planTable(scratch, 2);
      const once = await lake.replaceFile({ ...next, replaces: first });
      expect(await lake.replaceFile({ ...next, replaces: first })).toEqual(once);
    });

    test("that is gone is not made by a replacement", async () => {
      const etag = await putFirst(lake, await planTable(scratch, 1));
      await lake.remove(KEY, { etag, sha256: "" });
      const replacing = lake.replaceFile({ ...(await planTable(scratch, 2)), replaces: etag });
      await expect(replacing).rejects.toMatchObject({ code: "LAKE_UNAVAILABLE", retryable: true });
      expect(await lake.head(KEY)).toBeUndefined();
    });

    test("of ten writers that know the same version is replaced by one", async () => {
      const etag = await putFirst(lake, await planTable(scratch, 0));
      const plans = await Promise.all(
        Array.from({ length: 10 }, (_, index) => planTable(scratch, index + 1)),
      );
      const results = await Promise.all(plans.map((plan) => lake.replaceFile({ ...plan, replaces: etag })));
      const winners = plans.filter((_, index) => results[index]?.outcome === "created");
      expect(winners.map((plan) => plan.sha256)).toEqual([await readHash(lake)]);
    });

    test("is never seen half: a reader loops over 100 replacements", async () => {
      let etag = await putFirst(lake, await planTable(scratch, 0));
      let isOver = false;
      const seen: ObjectHead[] = [];
      const reading = (async () => {
        while (!isOver) {
          const { head, body } = await lake.get(KEY);
          expect(sha256(await buffer(body))).toBe(head.metadata["sha256"]);
          seen.push(head, (await lake.head(KEY)) ?? head);
        }
      })();
      for (let version = 1; version <= 100; version += 1) {
        // Another size each time: a mixture of two versions would differ in its size too.
        const plan = await planTable(scratch, version, 64 + version);
        const result = await lake.replaceFile({ ...plan, replaces: etag });
        etag = result.outcome === "created" ? result.etag : "";
      }
      isOver = true;
      await reading;
      expect(seen.length).toBeGreaterThan(0);
      for (const { sizeBytes, metadata } of seen) expect(sizeBytes).toBe(64 + Number(metadata["version"]));
      expect((await lake.head(KEY))?.metadata["version"]).toBe("100");
    });
  });
}

const FOLDER_POINTS = [
  "folder.draft.before",
  "folder.draft.after",
  "folder.replace.before",
  "folder.replace.meta",
  "folder.replace.object",
  "folder.replace.after",
] as const;

describe("a folder lake", () => {
  test.each(FOLDER_POINTS)("that is stopped at %s has one table whole, and continues", async (point) => {
    const [store] = STORES;
    const [open, scratch] = await Promise.all([store?.open(), makeScratch()]);
    const lake = open?.openLake();
    if (open === undefined || lake === undefined) throw new Error("there is no folder lake");
    const etag = await putFirst(lake, await planTable(scratch, 1));
    const next = await planTable(scratch, 2);
    armFailpoints((name) => {
      if (name === point) throw new Error(`stopped at ${name}`);
    });
    await expect(lake.replaceFile({ ...next, replaces: etag })).rejects.toThrow(`stopped at ${point}`);
    armFailpoints(undefined);
    const head = await lake.head(KEY);
    expect(["1", "2"]).toContain(head?.metadata["version"]);
    expect(await readHash(lake)).toBe(head?.metadata["sha256"]);
    expect((await lake.replaceFile({ ...next, replaces: etag })).outcome).toBe("created");
    expect((await lake.head(KEY))?.metadata).toEqual({ version: "2", sha256: next.sha256 });
    await lake.close();
    await scratch.remove();
    await open.close();
  });
});

describe("an S3 store", () => {
  test("whose answer to a replacement is lost is asked what stands", async () => {
    const world = await startS3World();
    const lake = world.open();
    const etag = await putFirst(lake, await planTable(world.scratch, 1));
    await lake.replaceFile({ ...(await planTable(world.scratch, 2)), replaces: etag });
    const standing = (await lake.head(KEY))?.etag ?? "";
    const next = await planTable(world.scratch, 3);
    world.server.faults.push({
      when: { operation: "PutObject", key: `zone/${KEY}` },
      fault: { kind: "drop-after-store" },
    });
    expect((await lake.replaceFile({ ...next, replaces: standing })).outcome).toBe("created");
    expect(await readHash(lake)).toBe(next.sha256);
    await world.close();
  });

  test.each([{ ignoresConditionalPut: true }, { rejectsConditions: true }])(
    "without If-Match (%o) is looked at before and after, which is logged",
    async (options) => {
      const world = await startS3World(options);
      const lake = world.open();
      const first = await putFirst(lake, await planTable(world.scratch, 1));
      const next = await planTable(world.scratch, 2);
      expect((await lake.replaceFile({ ...next, replaces: first })).outcome).toBe("created");
      const late = await lake.replaceFile({ ...(await planTable(world.scratch, 3)), replaces: first });
      expect(late.outcome).toBe("exists");
      expect(await readHash(lake)).toBe(next.sha256);
      expect(world.log.lines.map(({ message }) => message).join("\n")).toContain(
        "does not honour If-Match on a put",
      );
      await world.close();
    },
  );
});
