/** The store's side of a removal, step by step: the record first, then the object, and only the one that was recorded. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, afterAll, describe, expect, onTestFinished, test } from "vitest";
import {
  assertMayRemove,
  carryOutRemoval,
  lookForRemoved,
  withdrawRecord,
  type RemovalOrder,
} from "../../lake/protocol/carry-out-removal.ts";
import type { SweepableLake } from "../../lake/sweepable-lake.ts";
import { openLake } from "../../lake/open-lake.ts";
import { startS3Server } from "../support/s3-server/server.ts";
import { makeEagerClock, makeKeptLogger, makeScratch, planBytes, sha256 } from "./lake-tools.ts";
import { STORES, type OpenStore } from "./stores.ts";

const { signal } = new AbortController();
const KEY = "Raw/2026/11/23/movies.csv";
const RECORD = "Raw/2026/11/23/.removed-1.json";
const TEXT = "tconst|titulo\n";
const ORDER: RemovalOrder = {
  key: KEY,
  sha256: sha256(TEXT),
  sizeBytes: TEXT.length,
  dataset: "movies",
  logicalDate: "2026-11-23T03:00:00.000Z",
  recordKey: RECORD,
  recordBody: `{"why":"a mistake"}\n`,
};

async function put(lake: SweepableLake, key: string, text: string): Promise<string> {
  const plan = planBytes(key, text);
  const result = await lake.putBytes({ ...plan, metadata: { ...plan.metadata, sha256: plan.sha256 } });
  if (result.outcome !== "created") throw new Error(`${key} is taken`);
  return result.etag;
}

async function listKeys(lake: SweepableLake): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of lake.list("", signal)) keys.push(key);
  return keys.toSorted();
}

describe.each(STORES.filter(({ skippedBecause }) => skippedBecause === undefined))("$name", (tested) => {
  let store: OpenStore;
  let lake: SweepableLake;
  beforeAll(async () => {
    store = await tested.open();
  });
  afterAll(async () => await store.close());
  const begin = async (): Promise<SweepableLake> => {
    lake = store.openLake();
    await put(lake, KEY, TEXT);
    return lake;
  };

  test("the object goes, and its record says so, however often it is carried out", async () => {
    await begin();
    const first = await carryOutRemoval(lake, ORDER, signal);
    expect(first).toMatchObject({ outcome: "removed", isKept: false });
    expect(await listKeys(lake)).toEqual([RECORD]);
    const record = await lake.head(RECORD, signal);
    expect(record).toMatchObject({
      etag: first.recordEtag,
      sizeBytes: ORDER.recordBody.length,
      metadata: {
        "dagmar-kind": "manifest",
        "dagmar-dataset": "movies",
        "dagmar-logical-date": ORDER.logicalDate,
      },
    });
    const again = await carryOutRemoval(lake, ORDER, signal);
    expect(again).toEqual({ outcome: "absent", isKept: false, recordEtag: first.recordEtag });
    expect(await listKeys(lake)).toEqual([RECORD]);
  });

  test.each([
    ["of the same size", TEXT.toUpperCase()],
    ["of another size", `${TEXT}more`],
  ])("another object at the key stays: bytes %s", async (_what, other) => {
    lake = store.openLake();
    const etag = await put(lake, KEY, other);
    expect(await lookForRemoved(lake, ORDER, signal)).toEqual({ is: "changed" });
    expect(await carryOutRemoval(lake, ORDER, signal)).toMatchObject({ outcome: "changed", isKept: false });
    expect(await lake.head(KEY, signal)).toMatchObject({ etag });
  });

  test("what stands at the key is found out before anything is done", async () => {
    await begin();
    const head = await lake.head(KEY, signal);
    expect(await lookForRemoved(lake, ORDER, signal)).toEqual({ is: "there", etag: head?.etag });
    expect(await lookForRemoved(lake, { ...ORDER, key: "Raw/none" }, signal)).toEqual({ is: "absent" });
    await assertMayRemove(lake, KEY, signal);
    expect(await listKeys(lake)).toEqual([KEY]);
  });

  test.each([
    ["of the same size", ORDER.recordBody.toUpperCase()],
    ["of another size", "theirs"],
  ])("nothing is removed when the record's key is taken by bytes %s", async (_what, theirs) => {
    await begin();
    await put(lake, RECORD, theirs);
    await expect(carryOutRemoval(lake, ORDER, signal)).rejects.toMatchObject({
      code: "LAKE_CORRUPT",
      message: expect.stringContaining(`${RECORD} is taken by an object`) as string,
      retryable: false,
    });
    expect(await listKeys(lake)).toEqual([RECORD, KEY].toSorted());
  });

  test("a withdrawn record is gone, also the second time, and nothing else is", async () => {
    await begin();
    await carryOutRemoval(lake, ORDER, signal);
    await put(lake, KEY, TEXT);
    await withdrawRecord(lake, ORDER, signal);
    expect(await listKeys(lake)).toEqual([KEY]);
    await withdrawRecord(lake, ORDER, signal);
    expect(await listKeys(lake)).toEqual([KEY]);
  });
});

test("metadata that a crash left next to where the object was goes too", async () => {
  const scratch = await makeScratch();
  onTestFinished(() => scratch.remove());
  const lake = openLake(join(scratch.path, "lake"), { clock: makeEagerClock(), log: makeKeptLogger() });
  await put(lake, "a/x.csv", TEXT);
  const left = join(scratch.path, "lake/a/.meta-x.csv.lake");
  const kept = readFileSync(left);
  const order = { ...ORDER, key: "a/x.csv", recordKey: "a/.removed-1.json" };
  await carryOutRemoval(lake, order, signal);
  expect(existsSync(left)).toBe(false);
  writeFileSync(left, kept);
  expect(await carryOutRemoval(lake, order, signal)).toMatchObject({ outcome: "absent" });
  expect(existsSync(left)).toBe(false);
});

test("a store that keeps versions says so, and one without the permission refuses before anything is done", async () => {
  const server = await startS3Server({ isVersioned: true });
  onTestFinished(() => server.close());
  const lake = openLake(`s3://${server.bucket}/zone`, {
    clock: makeEagerClock(),
    log: makeKeptLogger(),
    s3: { endpoint: server.endpoint, region: server.region, credentials: server.credentials },
  });
  await put(lake, KEY, TEXT);
  server.faults.push({
    when: { operation: "DeleteObject" },
    fault: { kind: "error", status: 403, code: "AccessDenied" },
  });
  const permission = assertMayRemove(lake, KEY, signal);
  await expect(permission).rejects.toMatchObject({ code: "LAKE_DENIED" });
  expect(server.faults.leftCount).toBe(0);
  expect(server.requests.at(-1)?.key).not.toContain(KEY);
  expect(await carryOutRemoval(lake, ORDER, signal)).toMatchObject({ outcome: "removed", isKept: true });
});
