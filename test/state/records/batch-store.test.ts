/** The database side of the record protocol, beyond the sink's own tests (test/lake/record-sink.test.ts). */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { AskPolicy } from "../../../model/records/ask-policy.ts";
import type { Ask, AskRequest, FetchedRecord, SealedBatch } from "../../../model/ports/batch-store.ts";
import type { RunFacts } from "../../../model/ports/task-type.ts";
import { findLastNumber } from "../../../state/records/batches.ts";
import { sql, Sql } from "../../../state/sqlite/statement.ts";
import { openTestWorld, sealAll, type TestWorld } from "../../support/test-world.ts";
import { renameKeysAsBefore } from "../../lake/old-names.ts";
import { listPlanned, saveCandidates } from "../../support/candidates.ts";

const FOLDER = "Raw/Titles/2026/11/23";
const POLICY: AskPolicy = {
  logicalDate: "2026-11-23T09:00:00.000Z",
  runStamp: "20261123T090000000Z",
  recheckAfterSeconds: 604_800,
  refreshAfterSeconds: null,
  refetchGeneration: null,
};

interface Asking extends TestWorld {
  readonly run: RunFacts;
  readonly ask: Ask;
  readonly openAsk: (changes?: Partial<AskRequest>) => Promise<Ask>;
  readonly seal: (...askedIds: readonly string[]) => Promise<SealedBatch>;
}

function makeIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `tt${String(index + 1).padStart(7, "0")}`);
}

function record(ask: Ask, askedId: string, changes: Partial<FetchedRecord> = {}): FetchedRecord {
  return {
    askId: ask.askId,
    generation: "0",
    askedId,
    structure: "one",
    body: Buffer.from(`{"imdb_id":"${askedId}"}`),
    facts: { provider_id: 1, endpoint: "/movie/{imdb_id}" },
    fetchedAt: "2026-11-23T09:00:01.000Z",
    ...changes,
  };
}

async function openAsking(ids: readonly string[] = makeIds(10)): Promise<Asking> {
  const world = await openTestWorld();
  const { candidates, batches } = world.ports;
  const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
  const key = { lakeId: world.lake.id, sha256: "a".repeat(64), conditions: {} };
  const counts = { rows: ids.length, matchedRows: ids.length, faultyRows: {} };
  const { candidateSetId } = await saveCandidates(candidates, key, "csv", ids, counts);
  const openAsk = (changes: Partial<AskRequest> = {}) =>
    batches.openAsk({
      lakeId: world.lake.id,
      question: {
        dataset: "titles",
        source: { base_url: "http://127.0.0.1:1/3" },
        facets: { entity: "movie", language: "en-US", append: [] },
      },
      run,
      taskId: "movies",
      candidateSetId,
      keyTemplate: `${FOLDER}/titles-\${seq}.json`,
      limit: null,
      source: { key: "Raw/CSV/movies.csv" },
      ...changes,
    });
  const ask = await openAsk();
  return {
    ...world,
    run,
    ask,
    openAsk,
    seal: async (...askedIds) => {
      const spooled = await Promise.all(askedIds.map((id) => batches.spool(record(ask, id))));
      return sealAll(batches, spooled);
    },
  };
}

describe("an ask", () => {
  test("is the same for the same task, question and generation, and takes a new limit", async () => {
    const { ask, openAsk, database } = await openAsking();
    expect(await openAsk({ limit: 3 })).toEqual(ask);
    expect(database.all(sql`SELECT limit_ids FROM asks`)).toEqual([{ limit_ids: 3 }]);
  });

  test("with another language or in a refetch is a different one", async () => {
    const { ask, openAsk, run } = await openAsking();
    const question = { dataset: "titles", source: { base_url: "http://127.0.0.1:1/3" } };
    const other = await openAsk({
      question: { ...question, facets: { entity: "movie", language: "pt-BR", append: [] } },
    });
    const refetch = await openAsk({ run: { ...run, refetchGeneration: "20261123T090000000Z" } });
    expect(new Set([ask.askId, other.askId, refetch.askId]).size).toBe(3);
    expect(refetch.questionHash).toBe(ask.questionHash);
  });

  test("under a limit continues where it stopped: spooled, missing and permanently failed ids count", async () => {
    const { openAsk, ports } = await openAsking(makeIds(10));
    const ask = await openAsk({ limit: 5 });
    // Ids of another ask of the question count only against that ask's limit.
    const other = await openAsk({ taskId: "other" });
    const planIds = async () =>
      (await listPlanned(ports.batches.plan(ask, POLICY))).map(({ askedId }) => askedId);
    expect(await planIds()).toEqual(makeIds(5));
    const decided = { askId: ask.askId, generation: "0", detail: "", fetchedAt: "2026-11-23T09:00:01.000Z" };
    await Promise.all([
      ports.batches.spool(record(ask, "tt0000001")),
      ports.batches.spool(record(other, "tt0000009")),
      ports.batches.decide({
        ...decided,
        askId: other.askId,
        askedId: "tt0000010",
        outcome: "not_found",
        reason: "unknown",
        isPermanent: true,
      }),
      ports.batches.decide({
        ...decided,
        askedId: "tt0000002",
        outcome: "not_found",
        reason: "unknown",
        isPermanent: true,
      }),
      ports.batches.decide({
        ...decided,
        askedId: "tt0000003",
        outcome: "failed",
        reason: "http_500",
        isPermanent: false,
      }),
      ports.batches.decide({
        ...decided,
        askedId: "tt0000004",
        outcome: "failed",
        reason: "wrong_title",
        isPermanent: true,
      }),
    ]);
    expect(await planIds()).toEqual(["tt0000005", "tt0000003"]);
  });
});

describe("a sealed batch", () => {
  test("has its records in spool order, its key from the run, and a sha256 over what is written", async () => {
    const { seal, ports } = await openAsking();
    const batch = await seal("tt0000002", "tt0000001");
    expect(batch).toMatchObject({ kind: "records", key: `${FOLDER}/titles-00001.json`, recordCount: 2 });
    expect(batch.identity.askedIds).toEqual(["tt0000002", "tt0000001"]);
    const body = await ports.batches.readBody(batch.batchId);
    expect(JSON.parse(Buffer.from(body).toString())).toEqual([
      { imdb_id: "tt0000002" },
      { imdb_id: "tt0000001" },
    ]);
    expect(createHash("sha256").update(body).digest("hex")).toBe(batch.sha256);
    expect(body.byteLength).toBe(batch.sizeBytes);
  });

  test("takes no record that another batch already has; then nothing is sealed", async () => {
    const { ask, ports, lake } = await openAsking();
    const spooled = await Promise.all(
      ["tt0000001", "tt0000002"].map((id) => ports.batches.spool(record(ask, id))),
    );
    const first = await ports.batches.seal(spooled.slice(0, 1));
    await expect(ports.batches.seal(spooled)).rejects.toThrow("of 2 spooled records to seal 1 are there");
    expect(await ports.batches.listSealed(lake.id, "titles")).toEqual([first]);
    expect(await ports.batches.listUnsealed(lake.id, "titles")).toEqual(spooled.slice(1));
  });

  test("gets a number after those of other batches and known objects of the lake", async () => {
    const { seal, ports, lake } = await openAsking();
    const foreign = (seq: string) => ({
      key: `${FOLDER}/titles-${seq}.json`,
      kind: "foreign" as const,
      dataset: null,
      sha256: null,
      sizeBytes: 1,
      etag: "x",
      logicalDate: null,
      answers: null,
    });
    await ports.objects.adopt(lake.id, [foreign("00001"), foreign("00003")]);
    const keys = [(await seal("tt0000001")).key, (await seal("tt0000002")).key];
    expect(keys).toEqual([`${FOLDER}/titles-00002.json`, `${FOLDER}/titles-00004.json`]);
  });

  test("takes the next number when it is rekeyed, without other changes", async () => {
    const { seal, ports, lake } = await openAsking();
    const [first, second] = [await seal("tt0000001"), await seal("tt0000002")];
    const rekeyed = await ports.batches.rekey(first);
    expect(rekeyed).toEqual({ ...first, key: `${FOLDER}/titles-00003.json` });
    expect(await ports.batches.rekey(rekeyed)).toMatchObject({ key: `${FOLDER}/titles-00004.json` });
    expect(second.key).toBe(`${FOLDER}/titles-00002.json`);
    expect((await ports.batches.listSealed(lake.id, "titles")).map(({ key }) => key)).toEqual([
      `${FOLDER}/titles-00004.json`,
      second.key,
    ]);
  });

  test("is committed once; a second commit and a rekey are errors", async () => {
    const { seal, ports, database } = await openAsking();
    const batch = await seal("tt0000001");
    await ports.batches.commit(batch, "etag", { isClosing: false });
    await expect(ports.batches.commit(batch, "etag", { isClosing: false })).rejects.toThrow(
      "no longer sealed",
    );
    await expect(ports.batches.rekey(batch)).rejects.toThrow("not sealed");
    expect(database.all(sql`SELECT count(*) AS count FROM spool`)).toEqual([{ count: 0 }]);
    expect(database.all(sql`SELECT key FROM v_ids WHERE outcome = 'stored'`)).toEqual([{ key: batch.key }]);
  });

  test("that is stored replaces an earlier failure", async () => {
    const { ask, seal, ports } = await openAsking();
    const failed = { askId: ask.askId, generation: "0", askedId: "tt0000001", outcome: "failed" as const };
    await ports.batches.decide({
      ...failed,
      reason: "http_500",
      detail: "",
      isPermanent: false,
      fetchedAt: "x",
    });
    expect(await ports.batches.reconcile(ask)).toMatchObject({ failed: 1, freshFailed: 1, stored: 0 });
    await ports.batches.commit(await seal("tt0000001"), "etag", { isClosing: false });
    expect(await ports.batches.reconcile(ask)).toMatchObject({
      failed: 0,
      freshFailed: 0,
      stored: 1,
      remaining: 9,
    });
    await ports.batches.decide({ ...failed, reason: "late", detail: "", isPermanent: true, fetchedAt: "x" });
    expect(await ports.batches.reconcile(ask)).toMatchObject({ failed: 0, stored: 1 });
  });
});

describe("failures", () => {
  test("are listed by reason, the most frequent first, with an example", async () => {
    const { ask, ports } = await openAsking();
    const fail = (askedId: string, reason: string, isPermanent: boolean) =>
      ports.batches.decide({
        askId: ask.askId,
        generation: "0",
        askedId,
        outcome: "failed",
        reason,
        detail: "",
        isPermanent,
        fetchedAt: "2026-11-23T09:00:01.000Z",
      });
    await Promise.all([
      fail("tt0000003", "http_500", false),
      fail("tt0000002", "http_500", false),
      fail("tt0000001", "wrong_title", true),
    ]);
    expect(await ports.batches.listFailures(ask)).toEqual([
      { reason: "http_500", count: 2, example: "tt0000002", isPermanent: false },
      { reason: "wrong_title", count: 1, example: "tt0000001", isPermanent: true },
    ]);
  });
});

describe("manifests", () => {
  const manifestKey = (seq: number) => `${FOLDER}/.manifest-20261123T090000000Z-test_dag-movies-${seq}.lake`;

  test("are created with the last commit of a closing ask, and not before", async () => {
    const { seal, ports } = await openAsking();
    const [first, second] = [await seal("tt0000001"), await seal("tt0000002")];
    expect(await ports.batches.commit(first, "etag", { isClosing: true })).toEqual([]);
    const [manifest, ...more] = await ports.batches.commit(second, "etag", { isClosing: true });
    expect(more).toEqual([]);
    expect(manifest).toMatchObject({ kind: "manifest", key: manifestKey(1) });
    const body = JSON.parse(
      Buffer.from(await ports.batches.readBody(manifest?.batchId ?? 0)).toString(),
    ) as unknown;
    expect(body).toMatchObject({
      run_id: "manual__2026-11-23T09:00:00.000Z",
      source: { key: "Raw/CSV/movies.csv" },
      reconciliation: { asked: 10, stored: 2, remaining: 8 },
      objects: [
        {
          key: first.key,
          sha256: first.sha256,
          records: [["tt0000001", 1, "/movie/{imdb_id}", "2026-11-23T09:00:01.000Z"]],
        },
        { key: second.key },
      ],
    });
  });

  test("are not created while the ask still has records in the spool", async () => {
    const { ask, seal, ports } = await openAsking();
    const batch = await seal("tt0000001");
    await ports.batches.spool(record(ask, "tt0000002"));
    expect(await ports.batches.commit(batch, "etag", { isClosing: true })).toEqual([]);
  });

  test("are numbered from 1, and each lists objects that no earlier one lists", async () => {
    const { seal, ports } = await openAsking();
    const keys: string[][] = [];
    for (const id of ["tt0000001", "tt0000002"]) {
      const [manifest] = await ports.batches.commit(await seal(id), "etag", { isClosing: true });
      if (manifest === undefined) throw new Error("no manifest was fixed");
      const body = JSON.parse(Buffer.from(await ports.batches.readBody(manifest.batchId)).toString()) as {
        objects: { key: string }[];
      };
      keys.push([manifest.key, ...body.objects.map(({ key }) => key)]);
    }
    expect(keys).toEqual([
      [manifestKey(1), `${FOLDER}/titles-00001.json`],
      [manifestKey(2), `${FOLDER}/titles-00002.json`],
    ]);
  });

  test("take the next number if a foreign object has their key", async () => {
    const { seal, ports } = await openAsking();
    const [manifest] = await ports.batches.commit(await seal("tt0000001"), "etag", { isClosing: true });
    if (manifest === undefined) throw new Error("no manifest was fixed");
    expect((await ports.batches.rekey(manifest)).key).toBe(manifestKey(2));
  });

  test("that were sealed under a name of before 0.2 keep it: their bytes may be in the lake already", async () => {
    const { seal, ports, lake, database } = await openAsking();
    await ports.batches.commit(await seal("tt0000001"), "etag", { isClosing: true });
    renameKeysAsBefore(database.path);
    const [manifest] = await ports.batches.listSealed(lake.id, "titles");
    const before = (seq: number) => manifestKey(seq).replace("/.", "/_").replace(".lake", ".json");
    if (manifest?.key !== before(1)) throw new Error("the manifest has another key");
    expect((await ports.batches.rekey(manifest)).key).toBe(before(2));
  });

  test("do not take the number of one of before 0.2, which may get the present name", async () => {
    const { seal, ports, database } = await openAsking();
    await ports.batches.commit(await seal("tt0000001"), "etag", { isClosing: true });
    renameKeysAsBefore(database.path);
    const [next] = await ports.batches.commit(await seal("tt0000002"), "etag", { isClosing: true });
    expect(next?.key).toBe(manifestKey(2));
  });

  test("of more than 500 objects are several, and every object is in exactly one", async () => {
    const ids = makeIds(503);
    const { ask, ports, lake } = await openAsking(ids);
    const spooled = await Promise.all(ids.map((id) => ports.batches.spool(record(ask, id))));
    const batches = await Promise.all(spooled.map((item) => sealAll(ports.batches, [item])));
    await Promise.all(batches.map((batch) => ports.batches.commit(batch, "etag", { isClosing: false })));
    const manifests = await ports.batches.fixManifests(lake.id, "titles");
    expect(manifests.map(({ key }) => key)).toEqual([manifestKey(1), manifestKey(2)]);
    const bodies = await Promise.all(manifests.map(({ batchId }) => ports.batches.readBody(batchId)));
    const listed = bodies.map((body) => {
      const text = Buffer.from(body).toString();
      return (JSON.parse(text) as { objects: { key: string }[] }).objects.map(({ key }) => key);
    });
    expect(listed.map((keys) => keys.length)).toEqual([500, 3]);
    expect(listed.flat().toSorted()).toEqual(batches.map(({ key }) => key).toSorted());
    expect(await ports.batches.fixManifests(lake.id, "titles")).toEqual([]);
  });
});

test("the newest generation decides an id's outcome, and an older one does not return", async () => {
  const { ask, openAsk, ports, run } = await openAsking(["tt0000001"]);
  const decide = (askId: number, generation: string, outcome: "not_found" | "failed") =>
    ports.batches.decide({
      askId,
      generation,
      askedId: "tt0000001",
      outcome,
      reason: "x",
      detail: "",
      isPermanent: true,
      fetchedAt: "2026-11-23T09:00:01.000Z",
    });
  const generation = "20261123T090000000Z";
  const refetch = await openAsk({ run: { ...run, refetchGeneration: generation } });
  await decide(ask.askId, "0", "failed");
  await decide(refetch.askId, generation, "not_found");
  expect(await ports.batches.reconcile(ask)).toMatchObject({ notFound: 1, failed: 0 });
  expect(await ports.batches.reconcile(refetch)).toMatchObject({ notFound: 1, failed: 0 });
  const nothingYet = await openAsk({ run: { ...run, refetchGeneration: `${generation}-0002` } });
  expect(await ports.batches.reconcile(nothingYet)).toMatchObject({ notFound: 0, remaining: 1 });
});

test("a batch's number is found at the end of an index, however many batches and asks there are", async () => {
  const { database, lake } = await openAsking();
  const { text, values } = findLastNumber({ lake: lake.id, keyTemplate: "k" });
  const plan = database.all<{ detail: string }>(new Sql(`EXPLAIN QUERY PLAN ${text}`, values));
  expect(plan.map(({ detail }) => detail)).toEqual([
    expect.stringMatching(/^SEARCH a USING (?:COVERING )?INDEX asks_by_key \(key_template=\?\)$/),
    expect.stringMatching(/^CORRELATED SCALAR SUBQUERY/),
    "SEARCH b USING COVERING INDEX batches_by_ask (ask_id=? AND kind=? AND lake=?)",
  ]);
});
