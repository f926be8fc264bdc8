/** The name of a batch depends on its content alone and stays stable across releases. */
import { expect, test } from "vitest";
import { computeBatchUid, type BatchContent } from "../../../model/records/batch-identity.ts";

const CONTENT: BatchContent = {
  questionHash: "a".repeat(64),
  generation: "0",
  logicalDate: "2026-11-23T09:00:00.000Z",
  askedIds: ["tt0000001", "tt0000002"],
  sha256: "b".repeat(64),
};

test("a batch's name is 32 hex digits and never changes between releases: objects in lakes carry it", () => {
  expect(computeBatchUid(CONTENT)).toMatch(/^[0-9a-f]{32}$/);
  expect(computeBatchUid(CONTENT)).toMatchInlineSnapshot(`"9b054078821eac2a547d956ed56e9498"`);
});

test.each([
  ["question", { questionHash: "c".repeat(64) }],
  ["generation", { generation: "20261123T090000000Z" }],
  ["logical date", { logicalDate: "2026-11-24T09:00:00.000Z" }],
  ["order of ids", { askedIds: ["tt0000002", "tt0000001"] }],
  ["number of ids", { askedIds: ["tt0000001"] }],
  ["way to cut the ids", { askedIds: ["tt0000001,tt0000002"] }],
  ["body", { sha256: "d".repeat(64) }],
])("a different %s gives a different name", (_, changes) => {
  expect(computeBatchUid({ ...CONTENT, ...changes })).not.toBe(computeBatchUid(CONTENT));
});

test("other properties of an object do not change its name", () => {
  const object = { ...CONTENT, key: "elsewhere" };
  expect(computeBatchUid(object)).toBe(computeBatchUid(CONTENT));
});
