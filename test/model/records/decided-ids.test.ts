/** Ids without a stored answer in a manifest: what is written is read again, and nothing else is. */
import { expect, test } from "vitest";
import {
  hashDecided,
  readDecided,
  writeDecided,
  type ListedDecision,
} from "../../../model/records/decided-ids.ts";

const DECISIONS: readonly ListedDecision[] = [
  {
    askedId: "tt1",
    outcome: "not_found",
    reason: "unknown",
    isPermanent: true,
    generation: "0",
    logicalDate: "2026-11-23T09:00:00.000Z",
    fetchedAt: "2026-11-23T09:00:01.000Z",
  },
  {
    askedId: "tt2",
    outcome: "failed",
    reason: "timed_out",
    isPermanent: false,
    generation: "1",
    logicalDate: "2026-11-24T09:00:00.000Z",
    fetchedAt: "2026-11-24T09:00:01.000Z",
  },
];
const ROW: readonly unknown[] = ["tt1", "failed", "r", false, "0", "2026-11-23", "2026-11-23"];

/** With the hash of what is listed, as a manifest has it. */
const read = (rows: readonly unknown[]): unknown =>
  readDecided(rows, hashDecided(rows.map((row) => JSON.stringify(row))));

test("what is written is read again", () => {
  const texts = writeDecided(DECISIONS);
  expect(texts[0]).toBe(
    '["tt1","not_found","unknown",true,"0","2026-11-23T09:00:00.000Z","2026-11-23T09:00:01.000Z"]',
  );
  const rows = texts.map((text) => JSON.parse(text) as unknown);
  expect(readDecided(rows, hashDecided(texts))).toEqual(DECISIONS);
  expect(readDecided([], hashDecided([]))).toEqual([]);
});

test("a manifest of before has no such list", () => {
  expect(readDecided(undefined, undefined)).toEqual([]);
});

test("a list that is not what was written says nothing of any id", () => {
  const texts = writeDecided(DECISIONS);
  const rows = texts.map((text) => JSON.parse(text) as unknown);
  expect(readDecided(rows.slice(1), hashDecided(texts))).toBeUndefined();
  expect(readDecided(rows.toReversed(), hashDecided(texts))).toBeUndefined();
  expect(readDecided(rows, undefined)).toBeUndefined();
  expect(readDecided({ length: 0 }, hashDecided([]))).toBeUndefined();
});

test.each([
  ["no list", "tt1"],
  ["an id that is no text", ROW.with(0, 1)],
  ["another outcome", ROW.with(1, "stored")],
  ["a reason that is no text", ROW.with(2, null)],
  ["a permanence that is neither true nor false", ROW.with(3, 1)],
  ["a generation that is no text", ROW.with(4, 0)],
  ["a day that is none", ROW.with(5, "someday")],
  ["a day that is no text", ROW.with(5, 2026)],
  ["a time that is none", ROW.with(6, "soon")],
])("a row with %s spoils the list", (_what, row) => {
  expect(read([ROW])).toHaveLength(1);
  expect(read([row])).toBeUndefined();
  expect(read([ROW, row])).toBeUndefined();
  expect(readDecided([ROW, row], hashDecided([JSON.stringify(ROW)]))).toBeUndefined();
});
