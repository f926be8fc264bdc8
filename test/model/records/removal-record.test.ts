/** The record of a removal in the lake: what is written is what is read, and nothing else is taken for a record. */
import { expect, test } from "vitest";
import { isManifestKey } from "../../../model/records/manifest-name.ts";
import {
  isRemovalRecord,
  makeRemovalUid,
  nameRemovalRecord,
  parseRemovalRecord,
  writeRemovalRecord,
  type Removal,
} from "../../../model/records/removal-record.ts";

const AT = "2026-11-23T09:00:00.000Z";
const KEY = "Raw/Titles/2026/11/23/titles-00001.json";
const SHA256 = "a".repeat(64);
const RECORDS: Removal = {
  uid: makeRemovalUid(KEY, SHA256, AT),
  key: KEY,
  kind: "records",
  dataset: "titles",
  sha256: SHA256,
  sizeBytes: 12,
  logicalDate: AT,
  why: 'the "wrong" language\n',
  requestedBy: "ana@host",
  requestedAt: AT,
  answers: { questionHash: "h", generation: "0", askedIds: ["tt1", "tt2"] },
};
const FILE: Removal = { ...RECORDS, kind: "file", answers: null };

test.each([
  ["records", RECORDS],
  ["a file", FILE],
  [
    "records of which no id is known",
    { ...RECORDS, answers: { questionHash: "", generation: "0", askedIds: [] } },
  ],
])("the record of %s is read as it was written", (_, removal) => {
  const key = nameRemovalRecord(removal);
  expect(key).toMatch(/^Raw\/Titles\/2026\/11\/23\/\.removed-20261123T090000000Z-[0-9a-f]{16}\.lake$/);
  expect(parseRemovalRecord(writeRemovalRecord(removal), key)).toEqual(removal);
  expect([isRemovalRecord(key), isManifestKey(key)]).toEqual([true, false]);
});

test("a key without a folder has its record in the lake's root", () => {
  expect(nameRemovalRecord({ ...FILE, key: "movies.csv" })).toMatch(/^\.removed-/);
});

const text = writeRemovalRecord(RECORDS);
test.each([
  ["no JSON", "x", nameRemovalRecord(RECORDS)],
  ["a record without a reason", text.replace('"why"', '"because"'), nameRemovalRecord(RECORDS)],
  [
    "a record of another key",
    text.replace(`"key": "${KEY}"`, '"key": "Raw/other.json"'),
    nameRemovalRecord(RECORDS),
  ],
  ["a record of other bytes", text.replace(SHA256, "b".repeat(64)), nameRemovalRecord(RECORDS)],
  [
    "records without what they answered",
    text.replace(/"answers": {[^}]*}/, '"answers": null'),
    nameRemovalRecord(RECORDS),
  ],
  ["a record that was copied elsewhere", text, `Raw/${nameRemovalRecord(RECORDS)}`],
])("%s proves no removal", (_, content, key) => {
  expect(parseRemovalRecord(content, key)).toBeUndefined();
});
