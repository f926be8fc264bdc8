/** Statements about objects that are stored or adopted: each touches its own lake, key, dataset and kind only. */
import { beforeEach, describe, expect, test } from "vitest";
import type { FoundObject, ObjectStore } from "../../../model/ports/object-store.ts";
import type { RunFacts } from "../../../model/ports/task-type.ts";
import { countStored, ensureQuestion } from "../../../state/records/adoption.ts";
import { createObjectStore, findNewestFile, findObjectById } from "../../../state/records/objects.ts";
import { listDatasetObjects, listNotedMissing } from "../../../state/records/run-objects.ts";
import { createTestClock } from "../../support/test-world.ts";
import { AT, HERE, openRows, THEN, THERE, type Reading } from "../rows.ts";

const [committed, planned] = [{ is_committed: 1 }, { is_committed: 0 }];
const file = { lake: HERE, kind: "file", dataset: "titles", sha256: "1", ...committed };

describe("files", () => {
  const rows = openRows({
    objects: [
      { object_id: 1, ...file, key: "dir/a", commit_order: 9 },
      { object_id: 2, ...file, key: "dir/b", commit_order: 8 },
      { object_id: 3, ...file, key: "dir/a", commit_order: 10, lake: THERE },
      { object_id: 4, ...file, key: "dir/c", commit_order: 11, dataset: "people" },
      { object_id: 5, ...file, key: "dir/d", commit_order: 12, kind: "records" },
      { object_id: 6, ...file, key: "dir/e", ...planned },
      { object_id: 7, ...file, key: "else/f", commit_order: 2, is_adopted: 1 },
      { object_id: 8, ...file, key: "else/g", ...planned, missing_since: AT, commit_order: 20 },
      { object_id: 9, ...file, key: "else/h", commit_order: 1, dataset: "people" },
      { object_id: 10, ...file, key: "dir/i", commit_order: 4, kind: "foreign" },
      { object_id: 11, ...file, key: "else/j", ...planned, kind: "records", missing_since: AT },
      { object_id: 12, ...file, key: "else/k", ...planned, kind: "manifest", missing_since: AT },
      { object_id: 13, ...file, key: "else/l", ...planned, missing_since: AT, dataset: "people" },
      { object_id: 14, ...file, key: "else/m", ...planned, missing_since: AT, lake: THERE },
    ],
    removals: [
      { lake: HERE, key: "dir/e", undone_at: AT },
      { lake: THERE, key: "dir/b" },
    ],
  });
  let store: ObjectStore;
  beforeEach(() => {
    store = createObjectStore(rows.database, createTestClock(THEN), "UTC");
  });

  test.each<Reading>([
    ["the newest file of a dataset in a lake", (q) => findNewestFile(q, HERE, "titles")?.objectId, 1],
    ["that of the other lake", (q) => findNewestFile(q, THERE, "titles")?.objectId, 3],
    ["an object by its number", (q) => findObjectById(q, HERE, 2)?.key, "dir/b"],
    ["not from another lake", (q) => findObjectById(q, HERE, 3), undefined],
    ["not records", (q) => findObjectById(q, HERE, 5), undefined],
    ["not a planned one", (q) => findObjectById(q, HERE, 6), undefined],
    [
      "a dataset's committed objects, without foreign ones",
      (q) => listDatasetObjects(q, HERE, "titles").map(({ objectId }) => objectId),
      [5, 2, 1, 7].toSorted((a, b) => a - b),
    ],
    [
      "a dataset's missing files and records",
      (q) => listNotedMissing(q, HERE, "titles").map(({ objectId }) => objectId),
      [8, 11],
    ],
  ])("read: %s", (_does, read, result) => {
    const list = read(rows.database);
    expect(Array.isArray(list) ? list.toSorted((a, b) => a - b) : list).toEqual(result);
  });

  test("known are the objects under a prefix, and the committed ones of the dataset", async () => {
    const known = await store.listKnown(HERE, "else/", "titles");
    const keys = ["dir/a", "dir/b", "dir/d", "dir/i", "else/f", "else/g", "else/h", "else/j", "else/k"];
    expect([...known.keys()].toSorted()).toEqual([...keys, "else/l"]);
    expect(await store.find(THERE, "dir/a")).toMatchObject({ objectId: 3 });
  });

  test.each<readonly [string, () => Promise<unknown>, object]>([
    [
      "seeing an object again notes its tag, and whether its bytes are unread",
      () =>
        store.noteSeenAgain([
          { objectId: 1, etag: "e", isUnread: true },
          { objectId: 7, etag: "e", isUnread: false },
        ]),
      { "objects 1": { etag: "e", is_adopted: 1 }, "objects 7": { etag: "e" } },
    ],
    [
      "a commit makes a file the newest of all",
      () => store.commitFile(8, "e"),
      {
        "objects 8": {
          etag: "e",
          is_committed: 1,
          missing_since: null,
          committed_at: THEN,
          commit_order: 21,
        },
      },
    ],
    [
      "reading an adopted file confirms it",
      () => store.confirmAdopted(7),
      { "objects 7": { is_adopted: 0 } },
    ],
    ["a planned file that another plan replaced stays", () => store.dropPreparedFile(6), {}],
    ["a committed file is not dropped", () => store.dropPreparedFile(2), {}],
    ["a missing file is not dropped", () => store.dropPreparedFile(8), {}],
  ])("%s", async (_does, work, changes) => {
    expect(await rows.watchAll(work)).toEqual(changes);
  });

  test("a planned file is dropped, whatever was removed from that key in another lake", async () => {
    await rows.put({
      objects: [{ object_id: 20, ...file, ...planned, key: "dir/p" }],
      removals: [
        { lake: THERE, key: "dir/p" },
        { lake: HERE, key: "dir/q" },
      ],
    });
    expect(await rows.watchAll(() => store.dropPreparedFile(20))).toEqual({ "objects 20": "deleted" });
  });

  test("a plan may be replaced until its file is committed", async () => {
    const run = { dagRunId: 3, logicalDate: "2026-11-25T00:00:00.000Z", timezone: "UTC" } as RunFacts;
    const plan = { lakeId: HERE, dataset: "people", sha256: "2", sizeBytes: 7, run, taskId: "load" };
    expect(await rows.watchAll(() => store.prepareFile({ ...plan, key: "dir/e" }))).toEqual({
      "objects 6": {
        dataset: "people",
        sha256: "2",
        size_bytes: 7,
        logical_date: "2026-11-25T00:00:00.000Z",
        dag_run_id: 3,
        task_id: "load",
      },
    });
    expect(await rows.watchAll(() => store.prepareFile({ ...plan, key: "dir/a" }))).toEqual({});
    expect(await store.prepareFile({ ...plan, key: "dir/a" })).toBe(1);
  });

  const LISTED = { manifestKey: "m", dataset: "x", questionHash: "q", batchUids: ["u"], decisions: [] };

  test("a manifest that lists batches is noted for those of the lake without a manifest", async () => {
    const batch = { lake: HERE, kind: "records", batch_uid: "u" };
    await rows.put({
      batches: [
        { batch_id: 1, ...batch },
        { batch_id: 2, ...batch, lake: THERE },
        { batch_id: 3, ...batch, kind: "manifest" },
        { batch_id: 4, ...batch, manifest_batch_id: 3 },
        { batch_id: 5, ...batch, batch_uid: "w" },
      ],
    });
    expect(await rows.watchAll(() => store.noteListed(HERE, LISTED))).toEqual({
      "batches 1": { manifest_key: "m" },
    });
  });
});

describe("adoption", () => {
  const stored = { question_id: 1, generation: "0", outcome: "stored", is_permanent: 1 };
  const failed = { ...stored, outcome: "failed", is_permanent: 0, reason: "status_500", detail: "d" };
  const rows = openRows({
    objects: [
      { object_id: 1, ...file, key: "k", kind: "records", ...planned, missing_since: AT, commit_order: 3 },
      { object_id: 2, ...file, key: "k", kind: "records", lake: THERE, sha256: "2", commit_order: 4 },
      { object_id: 3, ...file, key: "held", kind: "records" },
      { object_id: 4, ...file, key: "alien", kind: "foreign", sha256: "2" },
      { object_id: 5, ...file, key: "gone", kind: "records", sha256: "2", ...planned },
    ],
    processed_ids: [
      { ...failed, asked_id: "a", ask_id: 1 },
      { ...stored, asked_id: "b", object_id: 3 },
      { ...stored, asked_id: "c", object_id: 1 },
      { ...stored, asked_id: "d", object_id: 3 },
      { ...failed, asked_id: "f", object_id: 3 },
      { ...stored, asked_id: "b", object_id: 3, generation: "1" },
      { ...stored, asked_id: "b", question_id: 2, object_id: 2 },
    ],
    batches: [
      { batch_id: 1, lake: HERE, key: "k", batch_uid: "u", state: "lost", kind: "records" },
      { batch_id: 2, lake: HERE, key: "other", batch_uid: "u", state: "lost", kind: "records" },
      { batch_id: 3, lake: THERE, key: "k", batch_uid: "u", state: "lost", kind: "records" },
      { batch_id: 4, lake: HERE, key: "w", batch_uid: "w", state: "sealed", kind: "records" },
      { batch_id: 5, lake: THERE, key: "w", batch_uid: "w", state: "sealed", kind: "records" },
      { batch_id: 6, lake: HERE, key: "m", batch_uid: "w", state: "sealed", kind: "manifest" },
      { batch_id: 7, lake: HERE, key: "done", batch_uid: "w", state: "committed", kind: "records" },
    ],
  });
  const answers = { batchUid: "u", questionHash: "q", generation: "0", askedIds: ["a", "b", "c", "new"] };
  const found: FoundObject = {
    key: "k",
    kind: "records",
    dataset: "people",
    sha256: "2",
    sizeBytes: 7,
    etag: "e",
    logicalDate: "2026-11-20T00:00:00.000Z",
    answers,
  };
  const adopt = (changes: Partial<FoundObject> = {}) =>
    createObjectStore(rows.database, createTestClock(THEN), "UTC").adopt(HERE, [{ ...found, ...changes }]);

  test("replaces the row of the key, stores the ids that nothing holds, and notes the others", async () => {
    const facts = { object_id: 1, logical_date: "2026-11-20T00:00:00.000Z", decided_at: THEN };
    expect(await rows.watchAll(() => adopt())).toEqual({
      "objects 1": {
        dataset: "people",
        sha256: "2",
        size_bytes: 7,
        etag: "e",
        record_count: 4,
        is_committed: 1,
        is_adopted: 1,
        missing_since: null,
        commit_order: 5,
        batch_uid: "u",
      },
      "processed_ids 1 a 0": {
        outcome: "stored",
        reason: null,
        detail: null,
        is_permanent: 1,
        ask_id: null,
        ...facts,
      },
      "processed_ids 1 new 0": "added",
      "doubled_ids 1 b 0 1": "added",
      "batches 1": { state: "committed" },
    });
  });

  test("of a batch that waits for its put only notes the key", async () => {
    const work = () => adopt({ key: "found", answers: { ...answers, batchUid: "w" } });
    expect(await rows.watchAll(work)).toEqual({ "batches 4": { key: "found", found_at: THEN } });
  });

  test.each([
    ["another object of ours", "held", ["held"]],
    ["a foreign object", "alien", []],
    ["a planned object", "gone", []],
  ] as const)("in place of %s", async (_what, key, replaced) => {
    expect((await adopt({ key, sha256: "9", kind: "file", answers: null })).replaced.keys).toEqual(replaced);
  });

  test.each([
    ["at other keys of the lake", "k", "q", "0", 2],
    ["at this key", "held", "q", "0", 1],
    ["of another question", "k", "p", "0", 0],
    ["of another generation", "k", "q", "1", 1],
  ] as const)("ids that are stored %s", (_where, key, questionHash, generation, count) => {
    const asked = { ...answers, questionHash, generation, askedIds: ["a", "b", "c", "d", "f"] };
    expect(countStored(rows.database, HERE, key, asked)).toBe(count);
    expect(countStored(rows.database, HERE, key, { ...asked, askedIds: [] })).toBe(0);
  });

  test("a question is one of its lake", async () => {
    const ids = await rows.database.write((query) => [
      ensureQuestion(query, THERE, "q", "titles"),
      ensureQuestion(query, HERE, "p", "people"),
      ensureQuestion(query, THERE, "p", "people"),
    ]);
    expect(ids.slice(0, 2)).toEqual([2, 3]);
    expect(ids[2]).toBeGreaterThan(3);
  });
});
