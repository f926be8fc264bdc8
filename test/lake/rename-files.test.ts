/** Old names become present ones in a folder: what is linked, kept, replaced and refused, and what a reader sees meanwhile. */
import { execFileSync } from "node:child_process";
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openLake } from "../../lake/open-lake.ts";
import type { LakeRenaming, SweepableLake } from "../../lake/sweepable-lake.ts";
import { makeTempFolder } from "../support/test-world.ts";
import { makeEagerClock, makeKeptLogger, planBytes, sha256 } from "./lake-tools.ts";

const OLD = "a/_manifest-1.json";
const PRESENT = "a/.manifest-1.lake";
const { signal } = new AbortController();
let root: string;
let lake: SweepableLake;
let names: LakeRenaming;

beforeEach(async () => {
  root = join(makeTempFolder(), "lake");
  lake = openLake(root, { clock: makeEagerClock(), log: makeKeptLogger() });
  if (lake.renaming === null) throw new Error("a folder lake renames");
  names = lake.renaming;
  await lake.putBytes(planBytes(OLD, "{}"));
});
afterEach(() => lake.close());

const path = (key: string): string => join(root, key);
const listFolder = (): readonly string[] => readdirSync(path("a")).toSorted();
const META = "a/.meta-x.json.lake";
const OLD_META = "a/_x.json.meta.json";

/** An object whose metadata has its old name. */
async function putWithOldMeta(text: string): Promise<void> {
  await lake.putBytes(planBytes("a/x.json", text));
  renameSync(path(META), path(OLD_META));
}

describe("metadata", () => {
  const own = { "batch-id": "b1", sha256: sha256("x") };
  const cases: readonly (readonly [string, () => void])[] = [
    ["with its old name alone", () => undefined],
    ["with both names after a kill", () => linkSync(path(OLD_META), path(META))],
    ["next to metadata of other bytes", () => writeFileSync(path(META), '{"metadata":{"sha256":"other"}}')],
  ];
  test.each(cases)("%s has its present name afterwards, and is the object's", async (_name, prepare) => {
    await putWithOldMeta("x");
    prepare();
    expect(await names.renameMetadata({ isDryRun: true }, signal)).toBe(1);
    expect(listFolder()).toContain("_x.json.meta.json");
    expect(await names.renameMetadata({ isDryRun: false }, signal)).toBe(1);
    expect(listFolder().filter((name) => name.includes("x.json"))).toEqual([".meta-x.json.lake", "x.json"]);
    expect((await lake.head("a/x.json"))?.metadata).toEqual(own);
  });

  test("of other bytes does not replace the object's own", async () => {
    await lake.putBytes(planBytes("a/x.json", "x"));
    writeFileSync(path(OLD_META), '{"metadata":{"sha256":"other"}}');
    await names.renameMetadata({ isDryRun: false }, signal);
    expect((await lake.head("a/x.json"))?.metadata).toEqual(own);
  });

  test.each(["", "{", '{"theirs": true}', '{"metadata":{"theirs":"1"}}'])(
    "a file with such a name and the content %j is another program's and keeps its name",
    async (text) => {
      writeFileSync(path(OLD_META), text);
      expect(await names.renameMetadata({ isDryRun: false }, signal)).toBe(0);
      expect(readFileSync(path(OLD_META), "utf8")).toBe(text);
    },
  );

  test("is found by a reader that looked for the present name before the rename, and for the old one after it", async () => {
    await putWithOldMeta("x");
    const text = readFileSync(path(OLD_META), "utf8");
    // A reader of the old name waits here until the pipe is closed.
    rmSync(path(OLD_META));
    execFileSync("mkfifo", [path(OLD_META)]);
    const reading = lake.head("a/x.json");
    const pipe = await open(path(OLD_META), "w");
    writeFileSync(path(META), text);
    await pipe.close();
    expect((await reading)?.metadata).toEqual(own);
  });
});

describe("a manifest", () => {
  test("has both names, with metadata, until the old one is dropped", async () => {
    expect(await names.addName(OLD, PRESENT)).toBe(true);
    expect(await lake.head(PRESENT)).toEqual({ ...(await lake.head(OLD)), key: PRESENT });
    // After a kill.
    expect(await names.addName(OLD, PRESENT)).toBe(true);
    await names.dropName(OLD, PRESENT);
    await names.dropName(OLD, PRESENT);
    expect(listFolder()).toEqual([".manifest-1.lake", ".meta-.manifest-1.lake.lake"]);
    expect((await lake.head(PRESENT))?.metadata).toEqual({ "batch-id": "b1", sha256: sha256("{}") });
    expect(readdirSync(path("_dagmar/tmp"))).toEqual([]);
  });

  test("whose present name another object has keeps the old one", async () => {
    await lake.putBytes(planBytes(PRESENT, "[]"));
    expect(await names.addName(OLD, PRESENT)).toBe(false);
    await expect(names.dropName(OLD, PRESENT)).rejects.toThrow("is not what");
    expect((await lake.head(PRESENT))?.metadata).toEqual({ "batch-id": "b1", sha256: sha256("[]") });
    expect((await lake.head(OLD))?.metadata).toEqual({ "batch-id": "b1", sha256: sha256("{}") });
  });

  test("is never dropped without its present name", async () => {
    await names.addName(OLD, PRESENT);
    rmSync(path(PRESENT));
    await expect(names.dropName(OLD, PRESENT)).rejects.toThrow("is not what");
    expect(await lake.head(OLD)).toBeDefined();
  });

  test("that was killed between its metadata and itself is completed", async () => {
    linkSync(path("a/.meta-_manifest-1.json.lake"), path("a/.meta-.manifest-1.lake.lake"));
    expect(await names.addName(OLD, PRESENT)).toBe(true);
    expect((await lake.head(PRESENT))?.metadata).toEqual({ "batch-id": "b1", sha256: sha256("{}") });
    expect(readdirSync(path("_dagmar/tmp"))).toEqual([]);
  });
});
