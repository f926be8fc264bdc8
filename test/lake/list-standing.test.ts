/** What is listed of a dataset: its prefix, and the folder of objects that were stored elsewhere once. */
import { expect, test } from "vitest";
import { confirmAbsent, findCommonFolder, listStanding } from "../../lake/protocol/list-standing.ts";
import { openTestWorld } from "../support/test-world.ts";
import { planBytes } from "./lake-tools.ts";

const SIGNAL = new AbortController().signal;

test.each([
  [[], ""],
  [["a.csv"], ""],
  [["Raw/a.csv"], "Raw/"],
  [["Raw/2026/a.csv", "Raw/2026/b.csv"], "Raw/2026/"],
  [["Raw/2026/a.csv", "Raw/2025/a.csv"], "Raw/"],
  [["Raw/a/b/c.csv", "Raw/ab/c.csv", "Raw/a/b/d.csv"], "Raw/"],
  [["Raw/a.csv", "Trusted/a.csv"], ""],
  [["Raw/a", "Raw/a/b"], "Raw/"],
])("the common folder of %j is %j", (keys, folder) => {
  expect(findCommonFolder(keys)).toBe(folder);
});

test("a listing has all below the prefix, and elsewhere what is known, with one listing more", async () => {
  const { lake } = await openTestWorld();
  for (const key of ["Raw/new/a.csv", "Raw/new/b.csv", "Raw/old/a.csv", "Raw/old/foreign.csv", "Other/a.csv"])
    await lake.putBytes(planBytes(key, key));
  const listed: string[] = [];
  const list = async (prefix: string, known: readonly string[]) => {
    listed.length = 0;
    const watched = {
      list: (below: string) => {
        listed.push(below);
        return lake.list(below);
      },
    };
    const standing = await listStanding(
      watched as never,
      prefix,
      new Map(known.map((key) => [key, true])),
      SIGNAL,
    );
    return [...standing.keys()];
  };
  expect(await list("Raw/new/", [])).toEqual(["Raw/new/a.csv", "Raw/new/b.csv"]);
  expect(await list("Raw/new/", ["Raw/new/a.csv", "Raw/new/gone.csv"])).toEqual([
    "Raw/new/a.csv",
    "Raw/new/b.csv",
  ]);
  expect(listed).toEqual(["Raw/new/"]);
  expect(await list("Raw/new/", ["Raw/old/a.csv", "Raw/old/gone.csv", "Raw/new/a.csv"])).toEqual([
    "Raw/new/a.csv",
    "Raw/new/b.csv",
    "Raw/old/a.csv",
  ]);
  expect(listed).toEqual(["Raw/new/", "Raw/old/"]);
});

test("absent is only what the store does not have by its key either", async () => {
  const { lake } = await openTestWorld();
  await lake.putBytes(planBytes("Raw/there.csv", "x"));
  const absent = ["Raw/gone.csv", "Raw/there.csv", "Raw/also gone.csv"].map((key) => ({ key }) as never);
  expect(await confirmAbsent(lake, absent, SIGNAL)).toEqual([absent[0], absent[2]]);
});
