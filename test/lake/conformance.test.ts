/** One behaviour for every lake: what the port promises, tested on each store. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SweepableLake } from "../../lake/sweepable-lake.ts";
import { TaskFailure, type ErrorCode } from "../../model/errors.ts";
import type { ObjectSummary, PutFile } from "../../model/ports/lake.ts";
import { makeScratch, planBytes, sha256, type Scratch } from "./lake-tools.ts";
import { STORES, type OpenStore } from "./stores.ts";

const MEBIBYTE = 1024 * 1024;
const PART_BYTES = 5 * MEBIBYTE;
const NOTHING_LEFT = {
  code: "INPUT_CHANGED" as ErrorCode,
  retryable: true,
  objects: [] as readonly string[],
  unfinished: 0,
};
const FAR_FUTURE = new Date("2100-01-01T00:00:00Z");

async function listAll(lake: SweepableLake, prefix = ""): Promise<readonly ObjectSummary[]> {
  const found: ObjectSummary[] = [];
  for await (const summary of lake.list(prefix)) found.push(summary);
  return found;
}

async function listKeys(lake: SweepableLake, prefix = ""): Promise<readonly string[]> {
  return (await listAll(lake, prefix)).map(({ key }) => key);
}

for (const store of STORES) {
  if (store.skippedBecause !== undefined) {
    process.stderr.write(
      `The conformance suite against ${store.name} is SKIPPED: ${store.skippedBecause}.\n`,
    );
  }

  describe.skipIf(store.skippedBecause !== undefined)(`a lake in ${store.name}`, () => {
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
      lake = open.openLake({ multipartThresholdBytes: 8 * MEBIBYTE, partSizeBytes: PART_BYTES });
      return async () => await lake.close();
    });

    it("can do exactly what its entry in the table says", async () => {
      expect(await lake.capabilities()).toEqual(store.capabilities);
      expect(await listKeys(lake), "the probe is no object").toEqual([]);
    });

    it("gives back the bytes and the metadata of what was put, our sha256 among them", async () => {
      const request = planBytes("Raw/TMDB/2026/11/23/movies-1.json", '[{"título":"É"}]', {
        metadata: { "batch-id": "b 1", "asked-ids": "tt1,tt2" },
      });
      const result = await lake.putBytes(request);
      expect(result.outcome).toBe("created");

      const { head, body } = await lake.get(request.key);
      expect(await text(body)).toBe('[{"título":"É"}]');
      expect(head).toEqual(await lake.head(request.key));
      expect(head.metadata).toEqual({ "batch-id": "b 1", "asked-ids": "tt1,tt2", sha256: request.sha256 });
      expect(head.sizeBytes).toBe(request.body.byteLength);
      expect(result).toEqual({ outcome: "created", etag: head.etag });
      expect(Number.isFinite(head.modifiedAt.getTime())).toBe(true);
    });

    it("does not change an existing object, and returns it", async () => {
      await lake.putBytes(planBytes("a/b.json", "first"));
      const result = await lake.putBytes(planBytes("a/b.json", "second", { metadata: { "batch-id": "b2" } }));
      const standing = await lake.head("a/b.json");
      expect(result).toEqual({ outcome: "exists", head: standing });
      expect(standing?.metadata).toEqual({ "batch-id": "b1", sha256: sha256("first") });
      expect(await text((await lake.get("a/b.json")).body)).toBe("first");
    });

    it("recognises its own object of an earlier call `exists`, not `created`", async () => {
      await lake.putBytes(planBytes("same.json", "same"));
      const again = await lake.putBytes(planBytes("same.json", "same"));
      expect(again.outcome).toBe("exists");
      expect(again.outcome === "exists" && again.head.metadata["sha256"]).toBe(sha256("same"));
    });

    it("lets one of many writers of a key win, and its metadata with it", async () => {
      const writers = Array.from({ length: 12 }, (_, index) => `writer ${index}`);
      const results = await Promise.all(
        writers.map(async (name) =>
          lake.putBytes(planBytes("race/x.json", name, { metadata: { writer: name.replace(" ", "-") } })),
        ),
      );
      const winners = writers.filter((_, index) => results[index]?.outcome === "created");
      expect(winners).toHaveLength(1);
      const { head, body } = await lake.get("race/x.json");
      expect(await text(body)).toBe(winners[0]);
      expect(head.metadata).toEqual({
        writer: winners[0]?.replace(" ", "-"),
        sha256: sha256(winners[0] ?? ""),
      });
    });

    it("refuses bytes that are not the planned ones and stores nothing", async () => {
      const request = planBytes("wrong.json", "right", { sha256: sha256("other") });
      await expect(lake.putBytes(request)).rejects.toMatchObject({ code: "LAKE_CORRUPT", retryable: false });
      expect(await lake.head("wrong.json")).toBeUndefined();
    });

    it.each([
      ["an empty file", Buffer.alloc(0)],
      ["a byte order mark and CRLF", Buffer.from("\ufeffid|título\r\ntt0000001|É\r\n")],
      ["latin-1", Buffer.from("título|ação", "latin1")],
      ["NULs and no final newline", Buffer.from("a\0b\n\0")],
    ])("stores a file byte for byte: %s", async (name, bytes) => {
      const request = await scratch.plan(`files/${name.replaceAll(" ", "-")}.csv`, bytes);
      expect(await lake.putFile(request)).toMatchObject({ outcome: "created" });
      const { head, body } = await lake.get(request.key);
      expect((await buffer(body)).equals(bytes)).toBe(true);
      expect(head.metadata).toEqual({ dataset: "movies", sha256: sha256(bytes) });
    });

    it.each([
      ["in one piece", 3 * MEBIBYTE + 17],
      ["above the threshold for parts", 2 * PART_BYTES + 17],
    ])("stores a larger file %s and tells how far it is", async (_name, sizeBytes) => {
      const told: number[] = [];
      const request = await scratch.plan("large/movies.csv", sizeBytes, {
        onProgress: (sent) => told.push(sent),
      });
      const result = await lake.putFile(request);
      const { head, body } = await lake.get(request.key);
      expect(result).toEqual({ outcome: "created", etag: head.etag });
      expect(sha256(await buffer(body))).toBe(request.sha256);
      expect(head.metadata).toEqual({ dataset: "movies", sha256: request.sha256 });
      expect(told.at(-1)).toBe(sizeBytes);

      const other = await scratch.plan("large/movies.csv", sizeBytes + 1);
      expect(await lake.putFile(other)).toEqual({ outcome: "exists", head });
      expect(sha256(await buffer((await lake.get(request.key)).body))).toBe(request.sha256);
    });

    it.each([
      ["an empty one", 0],
      ["a small one", 17],
      ["one that ends where a piece ends", MEBIBYTE],
      ["one of many pieces", 3 * MEBIBYTE + 17],
    ])("brings an object into a file of this machine: %s", async (name, sizeBytes) => {
      const request = await scratch.plan(`get/${sizeBytes}.csv`, sizeBytes);
      await lake.putFile(request);
      const path = join(scratch.path, `fetched ${name}`);
      const told: number[] = [];
      const fetched = await lake.getFile({ key: request.key, path, onProgress: (got) => told.push(got) });
      expect(fetched).toEqual({ head: await lake.head(request.key), sha256: request.sha256 });
      expect(sha256(readFileSync(path))).toBe(request.sha256);
      expect(statSync(path).mode & 0o777, "for this user only").toBe(0o600);
      expect(told.at(-1)).toBe(sizeBytes === 0 ? undefined : sizeBytes);
      expect(told).toEqual(told.toSorted((one, other) => one - other));
    });

    it("brings many objects at once, each into its own file", async () => {
      const requests = await Promise.all(
        Array.from({ length: 24 }, (_, index) => scratch.plan(`many/${index}.csv`, index * 50_000)),
      );
      for (const request of requests) await lake.putFile(request);
      for (const turn of [1, 2]) {
        const fetched = await Promise.all(
          requests.map(async ({ key, sha256: planned }) => {
            const path = join(scratch.path, `${turn} ${key.replaceAll("/", " ")}`);
            const { sha256: found } = await lake.getFile({ key, path });
            return [found, sha256(readFileSync(path))].every((one) => one === planned);
          }),
        );
        expect(fetched.every((isPlanned) => isPlanned)).toBe(true);
      }
    });

    it("makes no file over another, for a missing object, or after an abort", async () => {
      const request = await scratch.plan("get/refused.csv", 3 * MEBIBYTE);
      await lake.putFile(request);
      const path = join(scratch.path, "taken");
      writeFileSync(path, "mine");
      await expect(lake.getFile({ key: request.key, path })).rejects.toMatchObject({ code: "EEXIST" });
      expect(readFileSync(path, "utf8")).toBe("mine");

      const free = join(scratch.path, "free");
      await expect(lake.getFile({ key: "get/none.csv", path: free })).rejects.toMatchObject({
        code: "LAKE_CORRUPT",
      });
      const signal = AbortSignal.abort();
      await expect(lake.getFile({ key: request.key, path: free, signal })).rejects.toMatchObject({
        name: "AbortError",
      });
      expect(existsSync(free)).toBe(false);
    });

    it("ends a fetch that is aborted on the way", async () => {
      const request = await scratch.plan("get/aborted.csv", 3 * MEBIBYTE);
      await lake.putFile(request);
      const cancel = new AbortController();
      const path = join(scratch.path, "aborted");
      const onProgress = (): void => cancel.abort();
      const fetching = lake.getFile({ key: request.key, path, signal: cancel.signal, onProgress });
      await expect(fetching).rejects.toMatchObject({ name: "AbortError" });
      expect(statSync(path, { throwIfNoEntry: false })?.size ?? 0).toBeLessThan(request.sizeBytes);
    });

    // Five parts: the last is read when the first has been reported.
    for (const [size, sizeBytes] of [
      ["in one piece", 6 * MEBIBYTE],
      ["in parts", 4 * PART_BYTES + MEBIBYTE],
    ] as const) {
      it.each<[string, (path: string) => void]>([
        ["has grown", (path) => appendFileSync(path, "!")],
        ["holds other bytes of the same length", (path) => writeFileSync(path, Buffer.alloc(sizeBytes, "x"))],
      ])(`leaves nothing when a file (${size}) %s since it was planned`, async (_name, edit) => {
        const request = await scratch.plan("changed.csv", sizeBytes);
        edit(request.path);
        expect(await putInVain(request)).toEqual(NOTHING_LEFT);
      });

      it.each<[string, (path: string) => void]>([
        ["is touched", (path) => utimesSync(path, 1, 1)],
        ["grows", (path) => appendFileSync(path, "!")],
        ["is cut short", (path) => truncateSync(path, sizeBytes - 1)],
        ["is removed", (path) => rmSync(path)],
        ["is replaced by a copy with the same time", replaceByCopy],
      ])(`leaves nothing when a file (${size}) %s during the upload`, async (_name, edit) => {
        let isEdited = false;
        const request: PutFile = await scratch.plan("edited.csv", sizeBytes, {
          onProgress: () => {
            if (!isEdited) edit(request.path);
            isEdited = true;
          },
        });
        expect(await putInVain(request)).toEqual(NOTHING_LEFT);
        expect(isEdited).toBe(true);
      });
    }

    async function putInVain(request: PutFile): Promise<typeof NOTHING_LEFT> {
      const fault = await lake.putFile(request).catch((error: unknown) => error);
      if (!(fault instanceof TaskFailure)) throw fault;
      const { code, retryable } = fault;
      const objects = await listKeys(lake);
      return { code, retryable, objects, unfinished: await lake.sweepLeftovers("", FAR_FUTURE) };
    }

    it("answers a missing object with nothing to head and with an error to get", async () => {
      expect(await lake.head("not/there.json")).toBeUndefined();
      await expect(lake.get("not/there.json")).rejects.toMatchObject({ code: "LAKE_CORRUPT" });
    });

    it("lists in the order of the keys' bytes, by prefix, over pages and nested folders", async () => {
      const keys = [
        "a-b.json",
        "a.json",
        "a/b/c.json",
        "a/b.json",
        "a/é.json",
        "a0.json",
        "B.json",
        "_manifest-1.json",
      ];
      for (const key of keys) await lake.putBytes(planBytes(key, key));
      const sorted = keys.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
      expect(await listKeys(lake)).toEqual(sorted);
      expect(await listKeys(lake, "a/")).toEqual(["a/b.json", "a/b/c.json", "a/é.json"]);
      expect(await listKeys(lake, "a/b")).toEqual(["a/b.json", "a/b/c.json"]);
      expect(await listKeys(lake, "a")).toEqual(sorted.filter((key) => key.startsWith("a")));
      expect(await listKeys(lake, "none/")).toEqual([]);
    });

    it("lists the same facts as head", async () => {
      await lake.putBytes(planBytes(".manifest-20261123T090000000Z-d-t-1.lake", "{}"));
      const [summary] = await listAll(lake);
      const head = await lake.head(".manifest-20261123T090000000Z-d-t-1.lake");
      expect(head?.metadata).toEqual({ "batch-id": "b1", sha256: sha256("{}") });
      expect(head).toMatchObject({ key: summary?.key, sizeBytes: summary?.sizeBytes, etag: summary?.etag });
    });

    it.each([
      ["nothing", ""],
      ["an absolute path", "/a.json"],
      ["a way up", "a/../b.json"],
      ["a dot", "a/./b.json"],
      ["an empty part", "a//b.json"],
      ["a slash at the end", "a/"],
      ["a backslash", "a\\b.json"],
      ["a control character", "a\nb.json"],
      ["half a character", "a\ud800.json"],
      ["a part that no file name holds", `${"x".repeat(250)}.json`],
      ["more than S3 holds", "abcdefg/".repeat(130).concat("x")],
      ["the name of metadata", "a/.meta-b.json.lake"],
      ["the name of metadata before 0.2", "a/_b.json.meta.json"],
      ["the lake's own folder", "_dagmar/x.json"],
    ])("refuses a key that is %s", async (_name, key) => {
      const refused = { code: "LAKE_KEY_REFUSED", retryable: false };
      await expect(lake.putBytes(planBytes(key, "x"))).rejects.toMatchObject(refused);
      await expect(lake.putFile(await scratch.plan(key, 1))).rejects.toMatchObject(refused);
      expect(await listKeys(lake)).toEqual([]);
    });

    it.each([
      ["a name in capitals", { "Batch-Id": "x" }],
      ["a line break", { name: "a\nb" }],
      ["a letter beyond ASCII", { name: "é" }],
      ["more than 2,048 bytes", { name: "x".repeat(2048) }],
    ])("refuses metadata with %s", async (_name, metadata) => {
      const request = planBytes("x.json", "x", { metadata });
      await expect(lake.putBytes(request)).rejects.toMatchObject({ code: "LAKE_UNSUPPORTED" });
    });

    it("keeps metadata up to S3's limit", async () => {
      const metadata = { name: "x".repeat(2048 - "name".length - "sha256".length - 64) };
      await lake.putBytes(planBytes("x.json", "x", { metadata }));
      expect((await lake.head("x.json"))?.metadata).toEqual({ ...metadata, sha256: sha256("x") });
    });

    it("removes an object that is still the one that was meant, and its key is free again", async () => {
      await lake.putBytes(planBytes("a/x.json", "x"));
      const etag = (await lake.head("a/x.json"))?.etag ?? "";
      const object = { etag, sha256: sha256("x") };
      expect(await lake.remove("a/x.json", object)).toEqual({ outcome: "removed", isKept: false });
      expect(await listKeys(lake)).toEqual([]);
      expect(await lake.head("a/x.json")).toBeUndefined();
      // Absent, also with the folder: as if this call had removed it.
      expect(await lake.remove("a/x.json", object)).toMatchObject({ outcome: "removed" });
      expect(await lake.remove("b/y.json", { etag: "", sha256: "" })).toMatchObject({ outcome: "removed" });
      expect(await lake.putBytes(planBytes("a/x.json", "other"))).toMatchObject({ outcome: "created" });
      expect((await lake.head("a/x.json"))?.metadata["sha256"]).toBe(sha256("other"));
    });

    it.skipIf(!store.conditionalDelete)(
      "does not remove another object than the one that was meant",
      async () => {
        await lake.putBytes(planBytes("x.json", "x"));
        const object = { etag: '"another"', sha256: sha256("y") };
        expect(await lake.remove("x.json", object)).toEqual({ outcome: "changed", isKept: false });
        expect((await lake.head("x.json"))?.metadata["sha256"]).toBe(sha256("x"));
      },
    );

    it("does nothing once it is aborted, and raises the reason", async () => {
      const signal = AbortSignal.abort(new Error("the task was cancelled"));
      await expect(lake.putBytes(planBytes("x.json", "x", { signal }))).rejects.toThrow(
        "the task was cancelled",
      );
      await expect(lake.putFile(await scratch.plan("y.csv", 10, { signal }))).rejects.toThrow(
        "the task was cancelled",
      );
      await expect(lake.head("x.json", signal)).rejects.toThrow("the task was cancelled");
      await expect(lake.remove("x.json", { etag: "", sha256: "" }, signal)).rejects.toThrow(
        "the task was cancelled",
      );
      expect(await listKeys(lake)).toEqual([]);
    });

    it("stops in the middle of a file when it is aborted and leaves nothing", async () => {
      const cancel = new AbortController();
      const request = await scratch.plan("big.csv", 4 * PART_BYTES, {
        signal: cancel.signal,
        onProgress: () => cancel.abort(new Error("the task was cancelled")),
      });
      await expect(lake.putFile(request)).rejects.toThrow("the task was cancelled");
      expect(await listKeys(lake)).toEqual([]);
      expect(await lake.sweepLeftovers("", FAR_FUTURE)).toBe(0);
    });
  });
}

function replaceByCopy(path: string): void {
  cpSync(path, `${path}.new`, { preserveTimestamps: true });
  renameSync(`${path}.new`, path);
}
