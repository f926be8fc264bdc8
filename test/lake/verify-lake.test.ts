/** What `lake verify` finds after another program has changed the lake: four objects, each changed differently. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { isFault, verifyLake } from "../../lake/protocol/verify-lake.ts";
import { changeSilently } from "../support/change-silently.ts";
import { openTestWorld } from "../support/test-world.ts";
import { addAll, makeIds, record, startAsking } from "./asking.ts";

const BODY = Buffer.from("four bytes and more");
const SHA256 = createHash("sha256").update(BODY).digest("hex");

test("objects that are gone, differ or are not recorded are listed; a recorded foreign object is not", async () => {
  const { lake, folder } = await openTestWorld();
  const keys = ["gone", "longer", "other", "whole"];
  for (const key of keys) {
    await lake.putBytes({ key, body: BODY, sha256: SHA256, metadata: {}, contentType: "text/plain" });
  }
  rmSync(join(folder, "lake/gone"));
  writeFileSync(join(folder, "lake/longer"), `${BODY.toString()}!`);
  changeSilently(join(folder, "lake/other"), Buffer.from(BODY.toString().toUpperCase()));
  for (const key of ["foreign", "stranger"]) writeFileSync(join(folder, "lake", key), "theirs");

  let details = new Map<string, string>();
  const verify = async (isDeep: boolean) => {
    const deviations = await verifyLake(
      lake,
      keys.map((key) => ({ key, sha256: SHA256, sizeBytes: BODY.length })),
      {
        prefix: "",
        isDeep,
        signal: new AbortController().signal,
        foreignKeys: new Set(["foreign"]),
        removals: new Map(),
        begun: new Map(),
        doubles: [],
        countStored: () => 0,
      },
    );
    details = new Map(deviations.map(({ key, detail }) => [key, detail]));
    return deviations.map(({ key, verdict }) => `${key} ${verdict}`);
  };
  expect(await verify(false)).toEqual(["gone missing", "longer differs", "stranger unknown"]);
  expect(details.get("stranger")).toBe("6 bytes that no run recorded");
  rmSync(join(folder, "lake/.meta-whole.lake"));
  expect(await verify(false)).toContain("whole no_metadata");
  expect(await verify(true)).toEqual(["gone missing", "longer differs", "other differs", "stranger unknown"]);
});

test("ids that two objects hold are listed while both exist; an object outside the prefix was not listed and counts", async () => {
  const { lake } = await openTestWorld();
  for (const key of ["Raw/a", "Raw/b"]) {
    await lake.putBytes({ key, body: BODY, sha256: SHA256, metadata: {}, contentType: "text/plain" });
  }
  const pair = (key: string, otherKey: string) => ({ key, otherKey, ids: 2, example: "tt0000001" });
  const deviations = await verifyLake(
    lake,
    ["Raw/a", "Raw/b"].map((key) => ({ key, sha256: SHA256, sizeBytes: BODY.length })),
    {
      prefix: "Raw/",
      isDeep: false,
      signal: new AbortController().signal,
      foreignKeys: new Set(),
      removals: new Map(),
      begun: new Map(),
      doubles: [pair("Raw/a", "Raw/b"), pair("Raw/a", "Raw/gone"), pair("Raw/b", "Old/elsewhere")],
      countStored: () => 0,
    },
  );
  expect(deviations).toEqual([
    { key: "Raw/a", verdict: "doubled", detail: "2 ids that Raw/b holds too, such as tt0000001" },
    { key: "Raw/b", verdict: "doubled", detail: "2 ids that Old/elsewhere holds too, such as tt0000001" },
  ]);
  expect(deviations.every(isFault)).toBe(true);
});

test("an object that no run recorded is a fault only if other objects hold ids of it", async () => {
  const world = await openTestWorld();
  const ids = makeIds(3);
  const { ask, sink } = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
  await addAll(
    sink,
    ids.map((id) => record(ask, id)),
  );
  await sink.finish();
  const verify = async (stored: number) => {
    const deviations = await verifyLake(world.lake, [], {
      prefix: "",
      isDeep: false,
      signal: new AbortController().signal,
      foreignKeys: new Set(),
      removals: new Map(),
      begun: new Map(),
      doubles: [],
      countStored: (_key, { askedIds }) => (askedIds.length === 3 ? stored : 99),
    });
    expect(deviations[0]?.detail).toMatch(
      /bytes that no run recorded; the next run of its dataset records it$/,
    );
    return deviations.map((deviation) => `${deviation.verdict} ${isFault(deviation)}`);
  };
  expect(await verify(2)).toEqual(["unknown false", "doubled true"]);
  expect(await verify(0)).toEqual(["unknown false", "unknown false"]);
});

test.each([
  ["missing", true],
  ["differs", true],
  ["unreadable", true],
  ["doubled", true],
  ["no_metadata", false],
  ["unknown", false],
  ["removed", false],
  ["unfinished", false],
] as const)("%s is a fault: %s", (verdict, expected) => {
  expect(isFault({ key: "a", verdict, detail: "" })).toBe(expected);
});
