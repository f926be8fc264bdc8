/** Statements about objects that are gone, renamed or still needed: each touches its own lake, key, dataset and kind only. */
import { describe, expect, test } from "vitest";
import { MISSING, REMOVED, loseContent, markMissing } from "../../../state/records/missing-objects.ts";
import {
  countOldManifests,
  isRecordedManifest,
  renameManifest,
} from "../../../state/records/renamed-manifests.ts";
import { filterNeeded, listWrittenDatasets } from "../../../state/records/run-objects.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { AT, HERE, NOW, openRows, THEN, THERE, type Reading } from "../rows.ts";
import { sql } from "../../../state/sqlite/statement.ts";

const ASK_OF_A = sql`SELECT ask_id, is_permanent FROM processed_ids WHERE question_id = 1 AND asked_id = 'a'`;

const [committed, planned] = [{ is_committed: 1 }, { is_committed: 0 }];
const file = { lake: HERE, kind: "file", dataset: "titles", sha256: "1", ...committed };

describe("objects that are gone", () => {
  const stored = { question_id: 1, generation: "0", outcome: "stored", is_permanent: 1, ask_id: 1 };
  const double = { question_id: 1, generation: "0", asked_id: "b" };
  const rows = openRows({
    objects: [
      { object_id: 1, ...file, key: "b", kind: "records" },
      { object_id: 2, ...file, key: "a", kind: "manifest", missing_since: AT },
      { object_id: 3, ...file, key: "f", kind: "foreign" },
      { object_id: 4, ...file, key: "g", kind: "foreign" },
      { object_id: 5, ...file, key: "h", kind: "foreign" },
      { object_id: 6, ...file, key: "b", kind: "records", lake: THERE },
      { object_id: 7, ...file, key: "z", kind: "records" },
      { object_id: 8, ...file, key: "r", kind: "records", ...planned, sha256: "8" },
      { object_id: 9, ...file, key: "i", kind: "foreign" },
      { object_id: 10, ...file, key: "s", kind: "records", ...planned, sha256: "8" },
    ],
    processed_ids: [
      { ...stored, asked_id: "a", object_id: 1 },
      { ...stored, asked_id: "b", object_id: 1 },
      { ...stored, asked_id: "c", object_id: 7 },
      { ...stored, asked_id: "d", object_id: 1, outcome: "failed" },
      { ...stored, asked_id: "b", object_id: 1, generation: "1" },
      { ...stored, asked_id: "e", object_id: 4 },
      { ...stored, asked_id: "b", object_id: 7, question_id: 3, ask_id: 3 },
    ],
    doubled_ids: [
      { ...double, object_id: 10 },
      { ...double, object_id: 7 },
      { ...double, object_id: 1 },
      { ...double, object_id: 8, question_id: 3 },
    ],
    dataset_writes: [{ dataset_write_id: 1, lake: HERE, dataset: "titles", object_id: 5, task_id: "t" }],
    removals: [
      { lake: HERE, key: "r", sha256: "8" },
      { lake: HERE, key: "s", sha256: "8", undone_at: AT },
      { lake: THERE, key: "s", sha256: "8" },
      { lake: HERE, key: "s", sha256: "7" },
      { lake: HERE, key: "t", sha256: "8" },
      { lake: HERE, key: "b", sha256: "1" },
    ],
    batches: [
      { batch_id: 1, lake: HERE, key: "b", kind: "records", state: "committed" },
      { batch_id: 2, lake: THERE, key: "b", kind: "records", state: "committed" },
      { batch_id: 3, lake: HERE, key: "a", kind: "manifest", state: "committed" },
      { batch_id: 4, lake: HERE, key: "z", kind: "records", state: "committed", manifest_batch_id: 3 },
      { batch_id: 5, lake: HERE, key: "y", kind: "records", state: "committed", manifest_key: "a" },
      { batch_id: 6, lake: THERE, key: "y", kind: "records", state: "committed", manifest_key: "a" },
      { batch_id: 7, lake: HERE, key: "w", kind: "manifest", state: "committed" },
      { batch_id: 8, lake: HERE, key: "x", kind: "records", state: "committed", manifest_batch_id: 7 },
      { batch_id: 9, lake: HERE, key: "r", kind: "records", state: "sealed" },
      { batch_id: 10, lake: HERE, key: "s", kind: "records", state: "sealed" },
    ],
  });
  const LOST = {
    outcome: "failed",
    reason: "object_missing",
    detail: "b",
    decided_at: THEN,
    is_permanent: 0,
    ask_id: null,
  };

  test("are marked with their ids and batches, except those that were removed by hand", async () => {
    const mark = (query: Query) =>
      expect(markMissing(query, [1, 2, 3, 4, 5, 8, 10], NOW)).toEqual({ keys: ["a", "b", "s"], ids: 3 });
    expect(await rows.watch(mark)).toEqual({
      "objects 1": { is_committed: 0, missing_since: THEN },
      "objects 2": { is_committed: 0 },
      "objects 3": "deleted",
      "objects 4": { is_committed: 0, missing_since: THEN },
      "objects 5": { is_committed: 0, missing_since: THEN },
      "objects 10": { missing_since: THEN },
      "processed_ids 1 a 0": LOST,
      "processed_ids 1 b 0": { object_id: 7, ask_id: null },
      "processed_ids 1 b 1": LOST,
      "processed_ids 1 e 0": { ...LOST, detail: "g" },
      "doubled_ids 1 b 0 1": "deleted",
      "doubled_ids 1 b 0 7": "deleted",
      "doubled_ids 1 b 0 10": "deleted",
      "batches 1": { state: "lost" },
      "batches 4": { manifest_batch_id: null },
      "batches 5": { manifest_key: null },
    });
  });

  test("by a removal, their ids count against the limit of their ask", async () => {
    const removed = { ...LOST, reason: "object_removed", is_permanent: undefined, ask_id: undefined };
    const lose = (query: Query) => expect(loseContent(query, "[1]", NOW, REMOVED)).toBe(2);
    expect(await rows.watch(lose)).toMatchObject({
      "processed_ids 1 a 0": JSON.parse(JSON.stringify(removed)) as object,
    });
    expect(rows.database.all(ASK_OF_A)).toEqual([{ ask_id: 1, is_permanent: 1 }]);
    expect(await rows.watch((query) => loseContent(query, "[4]", NOW, MISSING))).toMatchObject({
      "processed_ids 1 e 0": { ask_id: null },
    });
  });
});

describe("manifests with two names", () => {
  const manifest = { ...file, kind: "manifest" };
  const [from, to] = ["d/_manifest-1.json", "d/.manifest-1.lake"];
  const rows = openRows({
    objects: [
      { object_id: 3, ...manifest, key: to, ...planned, is_adopted: 1 },
      { object_id: 2, ...manifest, key: from },
      { object_id: 1, ...manifest, key: from, lake: THERE },
      { object_id: 4, ...manifest, key: "d/_manifest-2.json", sha256: "4" },
      { object_id: 5, ...manifest, key: "d/_manifest-3.json", kind: "file" },
      { object_id: 6, ...manifest, key: "d/_manifest-4.json", ...planned, sha256: "6" },
      { object_id: 7, ...manifest, key: "d/xmanifest-5.json", sha256: "6" },
    ],
    batches: [
      { batch_id: 1, lake: HERE, key: from, kind: "manifest" },
      { batch_id: 2, lake: THERE, key: from, kind: "manifest" },
      { batch_id: 3, lake: HERE, key: "b", kind: "records", manifest_key: from },
      { batch_id: 4, lake: THERE, key: "b", kind: "records", manifest_key: from },
      { batch_id: 5, lake: HERE, key: "c", kind: "manifest", manifest_key: "d/_manifest-2.json" },
      { batch_id: 6, lake: HERE, key: "d/_manifest-3.json", kind: "records" },
    ],
  });

  test("leave one row, under the new key, in their lake only", async () => {
    const rename = (query: Query) => {
      renameManifest(query, HERE, { from, to });
    };
    expect(await rows.watch(rename)).toEqual({
      "objects 2": { key: to },
      "objects 3": "deleted",
      "batches 1": { key: to },
      "batches 3": { manifest_key: to },
    });
  });

  test.each([
    ["what was put before what was adopted", { is_adopted: 1 }, { is_adopted: 0, ...planned }, 21],
    ["the committed one before another", planned, committed, 21],
    ["the older one of equals", committed, committed, 20],
  ] as const)("keep %s", async (_which, first, second, kept) => {
    await rows.put({
      objects: [
        { object_id: 20, ...manifest, key: "old", ...first },
        { object_id: 21, ...manifest, key: "new", ...second },
      ],
    });
    const rename = (query: Query) => {
      renameManifest(query, HERE, { from: "old", to: "new" });
    };
    const gone = kept === 20 ? 21 : 20;
    expect((await rows.watch(rename))[`objects ${gone}`]).toBe("deleted");
  });

  test("a file of that name, or a batch of records, keeps its key", async () => {
    const rename = (query: Query) => {
      renameManifest(query, HERE, { from: "d/_manifest-3.json", to: "d/_manifest-2.json" });
    };
    expect(await rows.watch(rename)).toEqual({});
  });

  test.each([
    ["by both names", HERE, from, to, "1", true],
    ["by its bytes", HERE, from, to, "2", false],
    ["by its lake", THERE, "x", "d/_manifest-2.json", "4", false],
    ["by its key", HERE, "x", "d/_manifest-9.json", "1", false],
    ["by its kind", HERE, "x", "d/_manifest-3.json", "1", false],
    ["only if it is committed", HERE, "x", "d/_manifest-4.json", "6", false],
  ] as const)("a manifest is recorded %s", (_how, lake, old, now, sha256, isRecorded) => {
    expect(isRecordedManifest(rows.database, lake, { from: old, to: now }, sha256)).toBe(isRecorded);
  });

  test("old ones are counted in one lake, if they are committed and named so", () => {
    expect([countOldManifests(rows.database, HERE), countOldManifests(rows.database, THERE)]).toEqual([2, 1]);
  });
});

describe("the objects that finished tasks depend on", () => {
  const stored = { question_id: 1, generation: "0", outcome: "stored", is_permanent: 1 };
  const rows = openRows({
    task_instances: [{ task_instance_id: 4, dag_run_id: 1, task_id: "u" }],
    asks: [
      { ask_id: 4, dag_run_id: 1, task_id: "t", question_id: 3, closed_at: AT, refetch_generation: "0" },
      { ask_id: 5, dag_run_id: 1, task_id: "u", question_id: 1, limit_ids: 1, refetch_generation: "0" },
    ],
    candidate_ids: [
      { candidate_set_id: 1, position: 0, asked_id: "a" },
      { candidate_set_id: 1, position: 1, asked_id: "b" },
    ],
    objects: [
      { object_id: 1, ...file, key: "old" },
      { object_id: 2, ...file, key: "new" },
      { object_id: 3, ...file, key: "m", kind: "manifest", dag_run_id: 1, task_id: "t" },
      { object_id: 4, ...file, key: "n", kind: "manifest", dag_run_id: 3, task_id: "t" },
      { object_id: 5, ...file, key: "r", kind: "records", dag_run_id: 1, task_id: "t" },
      ...["a", "b", "c", "d", "e", "f"].map((key, index) => ({ ...file, object_id: 6 + index, key })),
    ],
    dataset_writes: [
      { dataset_write_id: 1, lake: HERE, dataset: "people", object_id: 1, dag_run_id: 1, task_id: "t" },
      { dataset_write_id: 2, lake: HERE, dataset: "titles", object_id: 2, dag_run_id: 1, task_id: "t" },
      { dataset_write_id: 3, lake: THERE, dataset: "titles", object_id: 4, dag_run_id: 2, task_id: "t" },
      { dataset_write_id: 4, lake: HERE, dataset: "titles", object_id: 4, dag_run_id: 3, task_id: "t" },
      { dataset_write_id: 5, lake: HERE, dataset: "stars", object_id: 5, dag_run_id: 1, task_id: "u" },
    ],
    processed_ids: [
      { ...stored, question_id: 3, asked_id: "a", object_id: 6 },
      { ...stored, question_id: 3, asked_id: "b", object_id: 7, outcome: "failed", reason: "object_missing" },
      { ...stored, question_id: 3, asked_id: "c", object_id: 8 },
      { ...stored, question_id: 3, asked_id: "d", object_id: 9, ask_id: 4 },
      { ...stored, question_id: 1, asked_id: "a", object_id: 10 },
      { ...stored, question_id: 1, asked_id: "b", object_id: 11, ask_id: 5 },
    ],
  });
  const PAIRS = [
    { question_id: 3, asked_id: "d", generation: "1", object_id: 10 },
    { question_id: 1, asked_id: "d", generation: "0", object_id: 10 },
    { question_id: 3, asked_id: "z", generation: "0", object_id: 10 },
  ];
  const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
  const needed = (query: Query, taskIds: readonly string[] | null, among: readonly number[] = ALL) =>
    [...filterNeeded(query, { dagRunIds: [1], taskIds }, among)].toSorted((a, b) => a - b);

  test.each<Reading>([
    ["a task's last write, manifests and answers", (q) => needed(q, ["t"]), [2, 3, 6, 7, 9]],
    ["of a task with a limit, what it decided", (q) => needed(q, ["u"]), [5, 11]],
    ["of all tasks of the run", (q) => needed(q, null), [2, 3, 5, 6, 7, 9, 11]],
    ["among those that are asked for", (q) => needed(q, null, [1, 3, 6]), [3, 6]],
    [
      "datasets, by name",
      (q) => listWrittenDatasets(q, { dagRunIds: [1], taskIds: null }),
      ["people", "stars", "titles"],
    ],
    [
      "datasets of another run",
      (q) => listWrittenDatasets(q, { dagRunIds: [3], taskIds: ["t"] }),
      ["people", "titles"],
    ],
  ])("%s", (_which, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });

  test("a pair of another id, question or generation makes no object superfluous", async () => {
    await rows.put({ doubled_ids: PAIRS });
    expect(needed(rows.database, ["t"], [9])).toEqual([9]);
  });

  test("an id is needed in its newest generation only, and not if a second object holds it", async () => {
    await rows.put({
      processed_ids: [{ ...stored, question_id: 3, asked_id: "a", generation: "1", object_id: 8 }],
      doubled_ids: [{ question_id: 3, asked_id: "d", generation: "0", object_id: 10 }],
    });
    const read = (among: readonly number[]) => needed(rows.database, ["t"], among);
    expect([read(ALL), read([6, 8, 9])]).toEqual([[2, 3, 7, 8, 9], [8]]);
  });
});
