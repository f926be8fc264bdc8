/** Statements about batches and manifests: each touches its own batch, ask, dataset and lake only. */
import { describe, expect, test } from "vitest";
import type { SealedBatch, SpooledRecord } from "../../../model/ports/batch-store.ts";
import {
  commitBatch,
  findLastNumber,
  listSealed,
  readBody,
  readSealed,
  rekeyBatch,
  sealBatch,
} from "../../../state/records/batches.ts";
import { fixManifest, listAsksToManifest } from "../../../state/records/manifests.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { AT, HERE, NOW, openRows, THEN, THERE, type Reading } from "../rows.ts";

const sealed = {
  ask_id: 1,
  lake: HERE,
  dataset: "titles",
  kind: "records",
  state: "sealed",
  asked_ids: '["b","a"]',
};
const manifest = { ...sealed, kind: "manifest", asked_ids: "[]" };
const answer = { ask_id: 1, question_id: 1, generation: "0", fetched_at: AT };

describe("batches", () => {
  const id = { generation: "0", is_permanent: 0, outcome: "failed", reason: "r", detail: "d", facts: "{}" };
  const rows = openRows({
    asks: [{ ask_id: 4, dag_run_id: 3, question_id: 1, task_id: "u", key_template: "k-${seq}" }],
    objects: [
      { object_id: 1, lake: HERE, key: "taken" },
      { object_id: 2, lake: THERE, key: "k", commit_order: 6 },
      { object_id: 3, lake: HERE, key: "k-00007" },
      { object_id: 4, lake: HERE, key: "held", kind: "records" },
    ],
    batches: [
      {
        batch_id: 1,
        ...sealed,
        key: "k",
        record_count: 2,
        generation: "0",
        sealed_at: AT,
        body: Buffer.from("x"),
      },
      { batch_id: 2, ...sealed, key: "other", dataset: "people" },
      { batch_id: 3, ...sealed, key: "k", lake: THERE, ask_id: 2 },
      { batch_id: 4, ...sealed, key: "done", state: "committed" },
      { batch_id: 5, ...manifest, key: "m", body: Buffer.from("manifest") },
      { batch_id: 6, ...sealed, ask_id: 4, key: "k-00004", seq: 4 },
      { batch_id: 7, ...sealed, ask_id: 4, key: "k-00005", seq: 5, lake: THERE },
      { batch_id: 8, ...manifest, ask_id: 4, key: "n", seq: 9 },
      { batch_id: 9, ...sealed, ask_id: 3, key: "k-00006", seq: 6, record_count: 2, generation: "0" },
    ],
    spool: [
      { spool_id: 1, ...answer, asked_id: "b", batch_id: 1, body: Buffer.from("2"), facts: '{"n":2}' },
      { spool_id: 2, ...answer, asked_id: "a", batch_id: 1, body: Buffer.from("1"), facts: '{"n":1}' },
      { spool_id: 3, ...answer, asked_id: "c", batch_id: 4 },
      { spool_id: 4, ...answer, ask_id: 4, asked_id: "d" },
      { spool_id: 5, ...answer, ask_id: 4, asked_id: "e" },
      { spool_id: 6, ...answer, ask_id: 4, asked_id: "f", generation: "1" },
    ],
    processed_ids: [
      { ...id, question_id: 1, asked_id: "a", ask_id: 4 },
      { ...id, question_id: 1, asked_id: "a", generation: "1" },
      { ...id, question_id: 2, asked_id: "a" },
      { ...id, question_id: 3, asked_id: "a", outcome: "stored", object_id: 4 },
      { ...id, question_id: 3, asked_id: "b" },
    ],
  });
  const commit = (query: Query, batchId: number) => commitBatch(query, readSealed(query, batchId), "e", NOW);
  const numberAfter = (query: Query, lake: string) =>
    query.one(findLastNumber({ lake, keyTemplate: "k-${seq}" }));

  test.each<Reading>([
    [
      "sealed ones of a lake and dataset",
      (q) => listSealed(q, HERE, "titles").map(({ batchId }) => batchId),
      [1, 5, 6, 8, 9],
    ],
    ["one", (q) => [readSealed(q, 3).key, readSealed(q, 3).identity.questionHash], ["k", "q"]],
    ["a manifest has a body of its own", (q) => Buffer.from(readBody(q, 5)).toString(), "manifest"],
    ["records have those of the spool, in its order", (q) => Buffer.from(readBody(q, 1)).toString(), "[2,1]"],
    [
      "the last number of a template in a lake",
      (q) => [numberAfter(q, HERE), numberAfter(q, THERE)],
      [{ seq: 4 }, { seq: 5 }],
    ],
  ])("%s", (_does, read, result) => {
    const text = read(rows.database);
    expect(typeof text === "string" ? text.replaceAll(/\s/g, "") : text).toEqual(result);
  });

  test("a commit stores the object and its ids, and empties the spool of them", async () => {
    const decided = {
      outcome: "stored",
      is_permanent: 1,
      fetched_at: AT,
      logical_date: AT,
      decided_at: THEN,
    };
    expect(await rows.watch((query) => expect(commit(query, 1)).toBe(1))).toEqual({
      "batches 1": { state: "committed", committed_at: THEN, body: null },
      "objects 5": "added",
      "processed_ids 1 b 0": "added",
      "processed_ids 1 a 0": {
        ...decided,
        reason: null,
        detail: null,
        ask_id: 1,
        object_id: 5,
        batch_id: 1,
        facts: '{"n":1}',
      },
      "spool 1": "deleted",
      "spool 2": "deleted",
    });
    const stored = sql`SELECT * FROM processed_ids JOIN objects USING (object_id) WHERE asked_id = 'b' AND question_id = 1`;
    expect(rows.database.get(stored)).toMatchObject({
      ...decided,
      batch_id: 1,
      facts: '{"n":2}',
      lake: HERE,
      key: "k",
      commit_order: 7,
      dag_run_id: 1,
      task_id: "t",
      missing_since: null,
    });
  });

  test("ids whose rows in the spool are gone are known from the sealed batch; stored ones stay", async () => {
    const changes = await rows.watch((query) => commit(query, 9));
    expect(changes).toEqual({
      "batches 9": { state: "committed", committed_at: THEN },
      "objects 5": "added",
      "processed_ids 3 b 0": {
        outcome: "stored",
        reason: null,
        detail: null,
        is_permanent: 1,
        ask_id: 3,
        object_id: 5,
        batch_id: 9,
        logical_date: AT,
        decided_at: THEN,
      },
    });
  });

  test("an id that another object holds by then is kept as a pair", async () => {
    await rows.put({
      spool: [{ spool_id: 9, ask_id: 3, question_id: 3, generation: "0", asked_id: "a", batch_id: 9 }],
      processed_ids: [
        { ...id, question_id: 3, asked_id: "a", generation: "1", outcome: "stored", object_id: 4 },
      ],
    });
    const changes = await rows.watch((query) => commit(query, 9));
    expect(Object.keys(changes).filter((name) => name.startsWith("doubled"))).toEqual([
      "doubled_ids 3 a 0 4",
    ]);
  });

  test("a commit is of a sealed batch", async () => {
    const batch = { ...readSealed(rows.database, 1), batchId: 4 } as SealedBatch;
    expect(() => commitBatch(rows.database, batch, "e", NOW)).toThrow("no longer sealed");
    expect(() => rekeyBatch(rows.database, 4)).toThrow("is not sealed");
  });

  test("records are sealed under the next free number of their lake", async () => {
    const records = [4, 5].map((spoolId) => ({ spoolId, askId: 4 })) as unknown as readonly SpooledRecord[];
    const changes = await rows.watch((query) =>
      expect(sealBatch(query, records, NOW)).toMatchObject({ key: "k-00005", recordCount: 2, batchId: 10 }),
    );
    expect(changes).toEqual({
      "batches 10": "added",
      "spool 4": { batch_id: 10 },
      "spool 5": { batch_id: 10 },
    });
    const others = [...records, { spoolId: 3, askId: 1 }] as unknown as readonly SpooledRecord[];
    expect(() => sealBatch(rows.database, others, NOW)).toThrow("to seal 0 are there");
  });

  test("a batch whose key is taken gets the next free one", async () => {
    expect(await rows.watch((query) => rekeyBatch(query, 6))).toEqual({
      "batches 6": { key: "k-00005", seq: 5 },
    });
    expect(await rows.watch((query) => rekeyBatch(query, 6))).toEqual({
      "batches 6": { key: "k-00008", seq: 8 },
    });
  });
});

describe("manifests", () => {
  const done = { ...sealed, state: "committed", asked_ids: '["a"]' };
  const id = { generation: "0", is_permanent: 1, outcome: "stored", fetched_at: AT };
  const rows = openRows({
    asks: [
      { ask_id: 4, dag_run_id: 3, question_id: 1, task_id: "u", key_template: "x/k-${seq}", source: "{}" },
      { ask_id: 5, dag_run_id: 1, question_id: 1, task_id: "u" },
    ],
    batches: [
      { batch_id: 1, ...done, ask_id: 4, key: "b" },
      { batch_id: 2, ...done, ask_id: 4, key: "a" },
      { batch_id: 3, ...done, ask_id: 1 },
      { batch_id: 4, ...done, ask_id: 2, lake: THERE },
      { batch_id: 5, ...done, ask_id: 3, dataset: "people" },
      { batch_id: 6, ...manifest, ask_id: 5, state: "committed" },
      { batch_id: 7, ...done, ask_id: 5, manifest_batch_id: 6 },
      { batch_id: 8, ...done, ask_id: 5, manifest_key: "m" },
      { batch_id: 9, ...done, ask_id: 5, state: "lost" },
      { batch_id: 10, ...done, ask_id: 4, key: "c", manifest_key: "m" },
      { batch_id: 11, ...done, ask_id: 4, key: "d", manifest_batch_id: 6 },
      { batch_id: 12, ...done, ask_id: 4, key: "e", state: "lost" },
      { batch_id: 13, ...manifest, ask_id: 4, key: "f", state: "sealed" },
      { batch_id: 14, ...sealed, ask_id: 3, key: "g" },
      { batch_id: 15, ...manifest, ask_id: 4, key: "h", state: "committed" },
    ],
    spool: [{ spool_id: 1, ...answer, asked_id: "z" }],
    processed_ids: [
      { ...id, question_id: 1, asked_id: "a", batch_id: 1, facts: '{"n":1}' },
      { ...id, question_id: 3, asked_id: "a", batch_id: 2, facts: '{"n":2}' },
    ],
  });

  test.each<Reading>([
    ["asks with batches that no manifest lists", (q) => listAsksToManifest(q, HERE, "titles"), [1, 4]],
    ["of another lake", (q) => listAsksToManifest(q, THERE, "titles"), [2]],
    ["of another dataset", (q) => listAsksToManifest(q, HERE, "people"), [3]],
    ["none is made while records are in the spool", (q) => fixManifest(q, 1, NOW), []],
    ["nor while a batch is on its way", (q) => fixManifest(q, 3, NOW), []],
    ["nor for what is listed or lost", (q) => fixManifest(q, 5, NOW), []],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });

  test("one lists the ask's committed batches that none lists, with their records", async () => {
    await rows.database.write((query) => query.run(sql`UPDATE questions SET source = '{}', facets = '{}'`));
    const changes = await rows.watch((query) => {
      const [made, ...others] = fixManifest(query, 4, NOW);
      expect(others).toEqual([]);
      const text = Buffer.from(readBody(query, made?.batchId ?? 0)).toString();
      const { objects, run_id: runId } = JSON.parse(text) as {
        objects: { key: string; records: unknown[] }[];
        run_id: string;
      };
      expect([runId, ...objects.map(({ key, records }) => [key, records])]).toEqual([
        "three",
        ["b", [["a", 1, AT]]],
        ["a", [["a", 2, AT]]],
      ]);
    });
    expect(changes).toEqual({
      "batches 1": { manifest_batch_id: 16 },
      "batches 2": { manifest_batch_id: 16 },
      "batches 16": "added",
    });
  });
});
