/** What a user removed by hand, learned from its record in the lake: also by a database that knew nothing of it. */
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { verifyLake, type VerifyOptions } from "../../lake/protocol/verify-lake.ts";
import { describeFile } from "../../lake/protocol/identity-metadata.ts";
import type { ObjectMetadata } from "../../model/ports/lake.ts";
import type { RunFacts } from "../../model/ports/task-type.ts";
import { makeRemovalUid, nameRemovalRecord, writeRemovalRecord } from "../../model/records/removal-record.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { listPlanned } from "../support/candidates.ts";
import { openTestWorld, type TestWorld } from "../support/test-world.ts";
import { addAll, learn, makeIds, POLICY, record, startAsking } from "./asking.ts";

const AT = "2026-11-23T09:00:00Z";
const FOLDER = "Raw/Titles/2026/11/23";
const FIRST = `${FOLDER}/titles-20261123T090000000Z-00001.json`;
const IDS = makeIds(150);
const { signal } = new AbortController();

/** The first of two objects is removed, and its record stands next to it. */
async function removeFirst() {
  const world = await openTestWorld();
  const { ask, run, sink } = await startAsking(world, IDS, await world.makeRunFacts(AT));
  await addAll(
    sink,
    IDS.map((id) => record(ask, id)),
  );
  await sink.finish();
  const path = join(world.folder, "lake", FIRST);
  const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
  const requestedAt = "2026-11-24T10:00:00.000Z";
  const removal = {
    uid: makeRemovalUid(FIRST, sha256, requestedAt),
    key: FIRST,
    kind: "records" as const,
    dataset: "titles",
    sha256,
    sizeBytes: readFileSync(path).byteLength,
    logicalDate: "2026-11-23T09:00:00.000Z",
    why: "a mistake",
    requestedBy: "ana",
    requestedAt,
    answers: { questionHash: ask.questionHash, generation: "0", askedIds: IDS.slice(0, 100) },
  };
  const recordKey = nameRemovalRecord(removal);
  await putText(world, recordKey, writeRemovalRecord(removal));
  rmSync(path);
  return { world, run, recordKey, removal };
}

async function putText(
  { lake }: TestWorld,
  key: string,
  text: string,
  metadata: ObjectMetadata = {},
): Promise<void> {
  const body = Buffer.from(text);
  const sha256 = createHash("sha256").update(body).digest("hex");
  await lake.putBytes({ key, body, sha256, metadata, contentType: "application/json" });
}

const listKinds = ({ database }: TestWorld): readonly string[] =>
  database.all<{ kind: string }>(sql`SELECT kind FROM events`).map(({ kind }) => kind);

/** How many ids are to be asked. */
async function countPlanned(world: TestWorld, run: RunFacts): Promise<number> {
  const { ask } = await startAsking(world, IDS, run);
  return (await listPlanned(world.ports.batches.plan(ask, POLICY))).length;
}

test("a removed object is not missing, and its ids are left out", async () => {
  const { world, run } = await removeFirst();
  expect(await learn(world, run)).toMatchObject({ learntKeys: [FIRST], missingKeys: [], lostIds: 0 });
  expect(listKinds(world)).not.toContain("objects_missing");
  expect(await countPlanned(world, run)).toBe(0);
  expect(await learn(world, run)).toMatchObject({ learntKeys: [], missingKeys: [], lostIds: 0 });
});

test("an empty database learns it too, and asks for nothing", async () => {
  const { world } = await removeFirst();
  const second = await openTestWorld({ folder: world.folder, databaseFile: join(world.folder, "new.db") });
  const run = await second.makeRunFacts(AT);
  expect(await learn(second, run)).toMatchObject({ learntKeys: [FIRST], missingKeys: [], ids: 50 });
  expect(await countPlanned(second, run)).toBe(0);
});

test("a prefix that ends inside a file's name finds the record next to the objects", async () => {
  const { world, run } = await removeFirst();
  const prefix = `${FOLDER}/titles-`;
  expect(await learn(world, run, { prefix })).toMatchObject({ learntKeys: [FIRST], missingKeys: [] });
});

test.each([
  ["text that is none", () => "{"],
  ["another removal's text", (text: string) => text.replace("2026-11-24", "2026-11-25")],
])("a record with %s proves nothing", async (_what, change) => {
  const { world, run, recordKey, removal } = await removeFirst();
  rmSync(join(world.folder, "lake", recordKey));
  await putText(world, recordKey, change(writeRemovalRecord(removal)));
  expect(await learn(world, run)).toMatchObject({ learntKeys: [], missingKeys: [FIRST], lostIds: 100 });
});

test("a record that is too large to be one is not read", async () => {
  const { world, run, recordKey, removal } = await removeFirst();
  rmSync(join(world.folder, "lake", recordKey));
  await putText(world, recordKey, writeRemovalRecord(removal) + " ".repeat(21_000_000));
  expect(await learn(world, run)).toMatchObject({ learntKeys: [], missingKeys: [FIRST] });
});

function verify(
  { lake }: TestWorld,
  booked: Parameters<typeof verifyLake>[1],
  options: Partial<VerifyOptions>,
) {
  const nothing = { foreignKeys: new Set<string>(), removals: new Map(), begun: new Map(), doubles: [] };
  return verifyLake(lake, booked, {
    prefix: FOLDER,
    isDeep: false,
    countStored: () => 0,
    signal,
    ...nothing,
    ...options,
  });
}

test("verify says of an object that another database removed who removed it and why", async () => {
  const { world, removal } = await removeFirst();
  const find = async (sha256: string) =>
    (await verify(world, [{ key: FIRST, sha256, sizeBytes: removal.sizeBytes }], {})).find(
      ({ key }) => key === FIRST,
    );
  expect(await find(removal.sha256)).toMatchObject({
    verdict: "removed",
    detail: expect.stringContaining(`ana removed it (reason: "a mistake")`) as string,
  });
  expect(await find("0".repeat(64))).toMatchObject({ verdict: "missing" });
});

test.each([
  [true, "it was removed, and is in the store again: it is left out (a mistake)"],
  [false, "its removal has not ended: give the same command again (a mistake)"],
])("verify says of a removed object that stands in the store: finished %s", async (isFinished, detail) => {
  const { world } = await removeFirst();
  const key = `${FOLDER}/again.csv`;
  await putText(world, key, "content");
  const sha256 = createHash("sha256").update("content").digest("hex");
  const find = async (changes: object, foreignKeys: readonly string[] = [key]) => {
    const removals = new Map([[key, { sha256, sizeBytes: 7, why: "a mistake", isFinished, ...changes }]]);
    const found = await verify(world, [], { removals, foreignKeys: new Set(foreignKeys) });
    return found.find((deviation) => deviation.key === key);
  };
  expect(await find({})).toEqual({ key, verdict: "removed", detail });
  expect(await find({}, [])).toEqual({ key, verdict: "removed", detail });
  expect(await find({ sha256: "0".repeat(64) })).toMatchObject({ verdict: "unknown" });
  expect(await find({ sizeBytes: 8 })).toMatchObject({ verdict: "unknown" });
});

test("verify says of a table that a run has put and not recorded that it is unfinished", async () => {
  const { world } = await removeFirst();
  const key = `${FOLDER}/table.parquet`;
  await putText(world, key, "new rows", describeFile("titles", AT));
  const [sha256, old] = ["new rows", "old"].map((text) => createHash("sha256").update(text).digest("hex"));
  const begun = new Map([
    [key, { sha256: sha256 ?? "", sizeBytes: 8, dagId: "trusted", runId: "scheduled__1" }],
  ]);
  const unfinished = {
    key,
    verdict: "unfinished",
    detail:
      "run scheduled__1 of trusted put it and was interrupted, or is at work; the next run of trusted records it",
  };
  const booked = [{ key, sha256: old ?? "", sizeBytes: 3 }];
  for (const isDeep of [false, true]) {
    const find = async (...[objects, begunNow]: [typeof booked, typeof begun]) =>
      (await verify(world, objects, { begun: begunNow, isDeep })).find((deviation) => deviation.key === key);
    expect(await find(booked, begun)).toEqual(unfinished);
    expect(await find([], begun)).toEqual(unfinished);
    expect(await find(booked, new Map())).toMatchObject({
      verdict: "differs",
      detail: "8 bytes instead of 3",
    });
    const other = new Map([[key, { ...begun.get(key), sha256: "0".repeat(64) } as never]]);
    expect(await find(booked, other)).toMatchObject({ verdict: "differs", detail: "8 bytes instead of 3" });
    expect(await find([], other)).toMatchObject({ verdict: "unknown" });
  }
});
