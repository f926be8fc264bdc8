/** What a listing of the store says about the recorded objects. */
import { expect, test } from "vitest";
import { compareListing } from "../../lake/protocol/compare-listing.ts";
import type { ObjectSummary } from "../../model/ports/lake.ts";
import type { KnownObject } from "../../model/ports/object-store.ts";

const KNOWN: KnownObject = {
  objectId: 1,
  key: "k",
  kind: "file",
  dataset: "d",
  sha256: "1",
  sizeBytes: 7,
  etag: "e",
  isCommitted: true,
  isAdopted: false,
};
const STANDING: ObjectSummary = { key: "k", sizeBytes: 7, etag: "e", modifiedAt: new Date(0) };

test.each<readonly [string, Partial<KnownObject> | null, Partial<ObjectSummary> | null, string]>([
  ["as recorded", {}, {}, ""],
  ["not recorded", null, {}, "unknown"],
  ["only planned", { isCommitted: false }, {}, "unknown"],
  ["of another size", {}, { sizeBytes: 8 }, "unknown"],
  ["written again", {}, { etag: "f" }, "touched"],
  ["recorded without an etag", { etag: null }, { etag: "f" }, ""],
  ["recorded with an empty etag", { etag: "" }, { etag: "f" }, ""],
  ["listed without an etag", {}, { etag: "" }, ""],
  ["foreign and unchanged", { kind: "foreign" }, {}, "foreign"],
  ["foreign and changed", { kind: "foreign" }, { etag: "f" }, "unknown"],
  ["gone", {}, null, "absent"],
  ["planned and not there", { isCommitted: false }, null, ""],
])("an object that is %s", (_what, known, standing, expected) => {
  const comparison = compareListing(
    new Map(known === null ? [] : [["k", { ...KNOWN, ...known }]]),
    new Map(standing === null ? [] : [["k", { ...STANDING, ...standing }]]),
  );
  const named = Object.entries(comparison).filter(([, found]) => (found as readonly unknown[]).length > 0);
  expect(named.map(([name]) => name).join()).toBe(expected);
});
