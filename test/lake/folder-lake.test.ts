/** What only a folder lake has to get right: names on a real disk, links, crashes, and a full disk. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, truncateSync } from "node:fs";
import { cp, mkdir, readdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeFolderFault } from "../../lake/folder/folder-faults.ts";
import { openLake } from "../../lake/open-lake.ts";
import type { SweepableLake } from "../../lake/sweepable-lake.ts";
import {
  makeEagerClock,
  makeKeptLogger,
  makeScratch,
  planBytes,
  sha256,
  type Scratch,
} from "./lake-tools.ts";

let scratch: Scratch;
let root: string;
let lake: SweepableLake;

beforeEach(async () => {
  scratch = await makeScratch();
  root = join(scratch.path, "deep", "lake");
  lake = openLake(root, { clock: makeEagerClock(), log: makeKeptLogger() });
});
afterEach(async () => {
  await lake.close();
  await scratch.remove();
});

describe("a folder lake", () => {
  it("does not exist until something is put, and can be listed nevertheless", async () => {
    for await (const summary of lake.list("")) expect.fail(summary.key);
    expect(await lake.head("x.json")).toBeUndefined();
    expect(existsSync(root)).toBe(false);
    await lake.putBytes(planBytes("a/x.json", "x"));
    expect(readFileSync(join(root, "a/x.json"), "utf8")).toBe("x");
  });

  it("keeps readable metadata next to its object, and no temporary file", async () => {
    await lake.putBytes(planBytes("a/.manifest-1.lake", "{}"));
    expect((await readdir(join(root, "a"))).toSorted()).toEqual([
      ".manifest-1.lake",
      ".meta-.manifest-1.lake.lake",
    ]);
    expect(JSON.parse(readFileSync(join(root, "a/.meta-.manifest-1.lake.lake"), "utf8"))).toEqual({
      contentType: "application/json",
      file: expect.stringMatching(/^\d+-2-\d+$/) as unknown,
      metadata: { "batch-id": "b1", sha256: sha256("{}") },
    });
    expect(await readdir(join(root, "_dagmar/tmp"))).toEqual([]);
  });

  it("notices that an object is cut short while it is fetched", async () => {
    await lake.putFile(await scratch.plan("a/x.csv", 2_000_000));
    const fetching = lake.getFile({
      key: "a/x.csv",
      path: join(scratch.path, "fetched"),
      onProgress: () => truncateSync(join(root, "a/x.csv"), 1_000_000),
    });
    await expect(fetching).rejects.toMatchObject({ code: "LAKE_UNAVAILABLE", retryable: true });
    await expect(fetching).rejects.toThrow("The object a/x.csv was cut short");
  });

  it.each([
    ["an object that differs in case only", "a/X.json", "a/x.json"],
    ["a folder that differs in case only", "Raw/x.json", "raw/y.json"],
    ["an object written with another kind of accent", "a/\u00e9.json", "a/e\u0301.json"],
    ["an object where it needs a folder", "a/b", "a/b/c"],
    ["a folder at its own path", "a/b/c", "a/b"],
  ])("refuses a key that finds %s", async (_name, first, second) => {
    await lake.putBytes(planBytes(first, "first"));
    await expect(lake.putBytes(planBytes(second, "second"))).rejects.toMatchObject({
      code: "LAKE_KEY_REFUSED",
    });
    await expect(lake.putFile(await scratch.plan(second, 5))).rejects.toMatchObject({
      code: "LAKE_KEY_REFUSED",
    });
    expect(await text((await lake.get(first)).body)).toBe("first");
    expect(await lake.head(second)).toBeUndefined();
  });

  it("follows no symbolic link out of the lake, to write or to read", async () => {
    const outside = join(scratch.path, "outside");
    await mkdir(outside);
    await writeFile(join(outside, "secret"), "secret");
    await mkdir(root, { recursive: true });
    await symlink(outside, join(root, "link"));
    await symlink(join(outside, "secret"), join(root, "file"));
    const refused = { code: "LAKE_KEY_REFUSED" };
    await expect(lake.putBytes(planBytes("link/x.json", "x"))).rejects.toMatchObject(refused);
    await expect(lake.putBytes(planBytes("file", "x"))).rejects.toMatchObject(refused);
    await expect(lake.get("link/secret")).rejects.toMatchObject(refused);
    await expect(lake.get("file")).rejects.toMatchObject(refused);
    expect(await readdir(outside)).toEqual(["secret"]);
    for await (const summary of lake.list("")) expect.fail(summary.key);
  });

  it.each(["../secret", "a/../../secret", "/etc/passwd", ""])("reads nothing by the key %j", async (key) => {
    await mkdir(root, { recursive: true });
    await writeFile(join(root, "../secret"), "secret");
    expect(await lake.head(key)).toBeUndefined();
  });

  it("writes over metadata that a crash left without its object", async () => {
    await mkdir(join(root, "a"), { recursive: true });
    await writeFile(join(root, "a/.meta-x.json.lake"), '{"metadata":{"sha256":"old"}}');
    expect((await lake.putBytes(planBytes("a/x.json", "new"))).outcome).toBe("created");
    expect((await lake.head("a/x.json"))?.metadata).toEqual({ "batch-id": "b1", sha256: sha256("new") });
    expect(await readdir(join(root, "_dagmar/tmp"))).toEqual([]);
  });

  it("does not take another writer's metadata for an object's; putting the same bytes again repairs it", async () => {
    await lake.putBytes(planBytes("a/x.json", "left"));
    const [meta, object] = [join(root, "a/.meta-x.json.lake"), join(root, "a/x.json")];
    const theirs = readFileSync(meta);
    await rm(object);
    await rm(meta);
    // Of the same length, and put by a process that was killed before it could restore its metadata; so was the other.
    await lake.putBytes(planBytes("a/x.json", "kept"));
    await writeFile(meta, theirs);
    expect((await lake.head("a/x.json"))?.metadata).toEqual({});
    expect(await lake.putBytes(planBytes("a/x.json", "left"))).toMatchObject({
      outcome: "exists",
      head: { metadata: {} },
    });
    const own = { "batch-id": "b1", sha256: sha256("kept") };
    expect(await lake.putBytes(planBytes("a/x.json", "kept"))).toMatchObject({
      outcome: "exists",
      head: { metadata: own },
    });
    expect((await lake.head("a/x.json"))?.metadata).toEqual(own);
    expect(await readdir(join(root, "_dagmar/tmp"))).toEqual([]);
  });

  it("gives the metadata of objects that were copied here, or put by 0.1, if it matches their bytes", async () => {
    await lake.putBytes(planBytes("a/x.json", "x"));
    const [meta, object] = [join(root, "a/.meta-x.json.lake"), join(root, "a/x.json")];
    const own = { "batch-id": "b1", sha256: sha256("x") };
    await cp(object, `${object}.copy`);
    await rm(object);
    await cp(`${object}.copy`, object);
    expect((await lake.head("a/x.json"))?.metadata).toEqual(own);
    await writeFile(meta, JSON.stringify({ contentType: "application/json", metadata: own }));
    expect((await lake.head("a/x.json"))?.metadata).toEqual(own);
    await writeFile(object, "y");
    expect((await lake.head("a/x.json"))?.metadata).toEqual({});
  });

  it("gives metadata whose file has the name of before 0.2, and writes the present name", async () => {
    await lake.putBytes(planBytes("a/x.json", "x"));
    const [meta, old] = [join(root, "a/.meta-x.json.lake"), join(root, "a/_x.json.meta.json")];
    await rename(meta, old);
    const own = { "batch-id": "b1", sha256: sha256("x") };
    expect((await lake.head("a/x.json"))?.metadata).toEqual(own);
    for await (const { key } of lake.list("")) expect(key).toBe("a/x.json");
    expect(await lake.head("a/_x.json.meta.json")).toBeUndefined();
    // Left by a crash before 0.2; the put's own metadata is the object's.
    await rm(join(root, "a/x.json"));
    expect((await lake.putBytes(planBytes("a/x.json", "y"))).outcome).toBe("created");
    expect((await lake.head("a/x.json"))?.metadata).toEqual({ ...own, sha256: sha256("y") });
    // Metadata of other bytes under the present name does not hide the object's own.
    await rename(meta, old);
    await writeFile(meta, '{"metadata":{"sha256":"other"}}');
    expect((await lake.head("a/x.json"))?.metadata).toEqual({ ...own, sha256: sha256("y") });
  });

  it("gives an object without metadata, or with broken metadata, as it is", async () => {
    await mkdir(root, { recursive: true });
    await writeFile(join(root, "foreign.json"), "foreign");
    await writeFile(join(root, "broken.json"), "broken");
    await writeFile(join(root, ".meta-broken.json.lake"), "{");
    expect((await lake.head("foreign.json"))?.metadata).toEqual({});
    expect((await lake.head("broken.json"))?.metadata).toEqual({});
    expect(await lake.putBytes(planBytes("foreign.json", "ours"))).toMatchObject({ outcome: "exists" });
    expect(await readdir(root)).not.toContain(".meta-foreign.json.lake");
  });

  it("sweeps old temporary files and keeps younger ones and objects", async () => {
    await lake.putBytes(planBytes("x.json", "x"));
    const folder = join(root, "_dagmar/tmp");
    await writeFile(join(folder, "old.tmp"), "");
    await writeFile(join(folder, "young.tmp"), "");
    await utimes(join(folder, "old.tmp"), 1_000, 1_000);
    await utimes(join(folder, "young.tmp"), 3_000, 3_000);
    expect(await lake.sweepLeftovers("", new Date(2_000_000))).toBe(1);
    expect(await readdir(folder)).toEqual(["young.tmp"]);
    expect(await lake.head("x.json")).toBeDefined();
  });

  it("is one lake whatever path names its folder", async () => {
    await mkdir(root, { recursive: true });
    await symlink(root, join(scratch.path, "by-link"));
    const names = [
      root,
      `${root}/`,
      `file://${root}`,
      `file:${root}`,
      `${root}/../lake`,
      join(scratch.path, "by-link"),
    ];
    const ids = names.map((name) => openLake(name, { clock: makeEagerClock(), log: makeKeptLogger() }).id);
    expect(new Set(ids)).toEqual(new Set([`file://${root}`]));
  });

  it.each([
    ["ENOSPC", false, "LAKE_FULL", true],
    ["EDQUOT", false, "LAKE_FULL", true],
    ["EROFS", false, "LAKE_DENIED", false],
    ["EACCES", false, "LAKE_DENIED", false],
    ["EPERM", false, "LAKE_DENIED", false],
    ["EPERM", true, "LAKE_UNSUPPORTED", false],
    ["ENOTSUP", true, "LAKE_UNSUPPORTED", false],
    ["EXDEV", true, "LAKE_UNSUPPORTED", false],
    ["EIO", false, "LAKE_UNAVAILABLE", true],
  ])("calls %s (linking: %s) %s", (errno, wasLinking, code, retryable) => {
    const fault = describeFolderFault(Object.assign(new Error("x"), { code: errno }), "a/b", wasLinking);
    expect(fault).toMatchObject({ code, retryable });
  });

  it("says that the disk is full, leaves nothing, and works again when there is space", async (context) => {
    await mkdir(root, { recursive: true });
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", root], { stdio: "ignore" });
    } catch {
      context.skip("a small file system cannot be mounted here");
    }
    try {
      const full = { code: "LAKE_FULL", retryable: true };
      await expect(lake.putFile(await scratch.plan("big.csv", 500_000))).rejects.toMatchObject(full);
      await expect(lake.putBytes(planBytes("big.json", "x".repeat(500_000)))).rejects.toMatchObject(full);
      expect(await lake.head("big.csv")).toBeUndefined();
      expect(await readdir(join(root, "_dagmar/tmp"))).toEqual([]);
      expect((await lake.putBytes(planBytes("small.json", "x"))).outcome).toBe("created");
    } finally {
      execFileSync("umount", [root]);
    }
  });
});
