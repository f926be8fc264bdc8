/** Which metadata makes an object one of ours: all of it, and only as it was written. */
import { expect, test } from "vitest";
import {
  claimsToBeOurs,
  describeBatch,
  describeTable,
  interpretFound,
} from "../../lake/protocol/identity-metadata.ts";
import { computeBatchUid } from "../../model/records/batch-identity.ts";

const SHA256 = "5".repeat(64);
const content = {
  questionHash: "q",
  generation: "0",
  logicalDate: "2026-11-23T09:00:00.000Z",
  askedIds: ["tt0000001", "tt0000002"],
  sha256: SHA256,
};
const identity = { ...content, dataset: "titles", batchUid: computeBatchUid(content) };
const batch = {
  batchId: 1,
  kind: "records",
  key: "k",
  sha256: SHA256,
  sizeBytes: 2,
  recordCount: 2,
} as const;
const whole = { ...describeBatch({ ...batch, identity }), sha256: SHA256 };
const kindOf = (metadata: Readonly<Record<string, string>>, bytesSha256: string | null = SHA256) =>
  interpretFound({ key: "k", sizeBytes: 2, etag: "e", modifiedAt: new Date(0), metadata }, bytesSha256).kind;

test("an object of records is ours with its ids, whether its bytes were read or not", () => {
  expect([kindOf(whole), kindOf(whole, null)]).toEqual(["records", "records"]);
  const found = interpretFound(
    { key: "k", sizeBytes: 2, etag: "e", modifiedAt: new Date(0), metadata: whole },
    null,
  );
  expect(found.answers?.askedIds).toEqual(content.askedIds);
});

test("only a kind and a hash together claim that an object is ours", () => {
  expect(claimsToBeOurs(whole)).toBe(true);
  expect(claimsToBeOurs({ "dagmar-kind": "file", sha256: SHA256 })).toBe(true);
  for (const less of [{}, { "dagmar-kind": "file" }, { sha256: SHA256 }])
    expect(claimsToBeOurs(less)).toBe(false);
});

test.each(Object.keys(whole))("without %s it is foreign", (name) => {
  expect(kindOf(Object.fromEntries(Object.entries(whole).filter(([other]) => other !== name)))).toBe(
    "foreign",
  );
});

test.each(["sha256", "dagmar-dataset", "dagmar-logical-date"])("a file without %s is foreign", (name) => {
  const file = { ...whole, "dagmar-kind": "file" };
  expect(kindOf(file)).toBe("file");
  expect(kindOf(Object.fromEntries(Object.entries(file).filter(([other]) => other !== name)))).toBe(
    "foreign",
  );
});

// A batch's identity is not computed from the dataset alone.
test.each(Object.keys(whole).filter((name) => name !== "dagmar-dataset"))(
  "with another %s it is foreign",
  (name) => {
    expect(kindOf({ ...whole, [name]: "another" })).toBe("foreign");
  },
);

test.each(["file", "manifest"])("a %s is ours by its hash, dataset and date", (kind) => {
  const told = { "dagmar-kind": kind, "dagmar-dataset": "d", "dagmar-logical-date": "l", sha256: SHA256 };
  expect(kindOf(told)).toBe(kind);
  expect(kindOf(told, "6".repeat(64))).toBe("foreign");
});

test("a file is a table if its metadata says all that a table's does", () => {
  const table = { fingerprint: "f", inputsDate: "i", rowCount: 3, engine: "e" };
  const told: Readonly<Record<string, string>> = { ...describeTable("d", "l", table), sha256: SHA256 };
  const read = (metadata: Readonly<Record<string, string>>) =>
    interpretFound({ key: "k", sizeBytes: 2, etag: "e", modifiedAt: new Date(0), metadata }, SHA256);
  expect(read(told)).toMatchObject({ kind: "file", dataset: "d", table });
  const names = ["dagmar-fingerprint", "dagmar-inputs-date", "dagmar-rows", "dagmar-engine"];
  for (const name of names) {
    const found = read(Object.fromEntries(Object.entries(told).filter(([other]) => other !== name)));
    expect([found.kind, found.table], name).toEqual(["file", undefined]);
  }
  expect(read({ ...told, "dagmar-rows": "1.5" }).table).toBeUndefined();
});
