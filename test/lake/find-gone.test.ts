/** What one listing shows about recorded objects: which of them the store no longer holds as recorded. */
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findGone } from "../../lake/protocol/find-gone.ts";
import { openTestWorld } from "../support/test-world.ts";
import { planBytes, sha256 } from "./lake-tools.ts";

test("what is gone, longer or replaced is named; what was only touched, or lost its metadata alone, is not", async () => {
  const { lake, folder } = await openTestWorld();
  const names = ["bare", "gone", "longer", "replaced", "intact", "touched"];
  const keys = names.map((name) => `Raw/Titles/${name}.json`);
  const etags: string[] = [];
  for (const key of keys) {
    const result = await lake.putBytes(planBytes(key, key));
    etags.push(result.outcome === "created" ? result.etag : "");
  }
  const pathOf = (name: string) => join(folder, "lake/Raw/Titles", name);
  rmSync(pathOf("gone.json"));
  writeFileSync(pathOf("longer.json"), "other bytes, and more of them than before");
  writeFileSync(pathOf("replaced.json"), "Raw/Titles/REPLACED.json");
  for (const name of ["bare", "replaced"]) rmSync(pathOf(`.meta-${name}.json.lake`));
  for (const name of ["bare", "touched"]) utimesSync(pathOf(`${name}.json`), 1, 1);

  const recorded = keys.map((key, index) => ({
    objectId: index,
    key,
    sha256: sha256(key),
    sizeBytes: key.length,
    etag: etags[index] ?? "",
    isCommitted: true,
    kind: "file" as const,
  }));
  const signal = new AbortController().signal;
  expect(await findGone(lake, recorded as never, signal)).toEqual([
    { objectId: 1, key: "Raw/Titles/gone.json", verdict: "missing" },
    { objectId: 2, key: "Raw/Titles/longer.json", verdict: "differs" },
    { objectId: 3, key: "Raw/Titles/replaced.json", verdict: "differs" },
  ]);
  expect(await findGone(lake, [], signal)).toEqual([]);
});

test("what goes between the listing and the look at it is missing", async () => {
  const { lake } = await openTestWorld();
  const put = await lake.putBytes(planBytes("Raw/Titles/a.json", "a"));
  expect(put.outcome).toBe("created");
  const recorded = {
    objectId: 7,
    key: "Raw/Titles/a.json",
    sha256: sha256("a"),
    sizeBytes: 1,
    etag: "another write",
    isCommitted: true,
    kind: "file" as const,
  };
  const find = (one: object) => findGone(one as never, [recorded] as never, new AbortController().signal);
  const listing = {
    list: (prefix: string) => lake.list(prefix),
    get: (key: string) => lake.get(key),
    head: (key: string) => lake.head(key),
  };
  expect(await find(listing), "the same bytes").toEqual([]);
  const emptied = { ...listing, head: () => Promise.resolve(undefined) };
  expect(await find(emptied)).toEqual([{ objectId: 7, key: "Raw/Titles/a.json", verdict: "missing" }]);
});
