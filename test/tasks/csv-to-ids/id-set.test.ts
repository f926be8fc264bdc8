/** The table of ids keeps similar ids apart. */
import { expect, test } from "vitest";
import { createIdSet } from "../../../tasks/csv-to-ids/scan/id-set.ts";

test.each([
  ["titles", (index: number) => `tt${1_000_000 + index}`],
  [
    "titles with zeros in front and the same number",
    (index: number) => `tt${"0".repeat(index % 4)}${1_000_000 + Math.floor(index / 4)}`,
  ],
  [
    "titles whose numbers lie 2^32 apart",
    (index: number) => `tt${String((index % 3) * 2 ** 32 + index).padStart(10, "0")}`,
  ],
  ["titles whose numbers lie 1024 apart", (index: number) => `tt${String(index * 1024).padStart(10, "0")}`],
  ["other texts", (index: number) => `nm${index}`],
])("of %s each is new once", (_, nameId) => {
  const set = createIdSet();
  const ids = Array.from({ length: 30_000 }, (_unused, index) => nameId(index));
  expect(new Set(ids).size).toBe(30_000);
  expect(ids.filter((id) => set.add(id))).toEqual(ids);
  expect(ids.filter((id) => set.add(id))).toEqual([]);
});
