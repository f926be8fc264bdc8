/** Statements about removals: each touches its own lake, key and content only. */
import { describe, expect, test } from "vitest";
import type { Removal } from "../../../model/records/removal-record.ts";
import { noteRemovals } from "../../../state/records/learned-removals.ts";
import {
  commitRecord,
  findObjectRow,
  findReader,
  forgetRecord,
  isBatchOnItsWay,
  listLakesOf,
  markRemoved,
  readAnswers,
  unmarkRemoved,
} from "../../../state/records/removed-content.ts";
import {
  findOpenUndo,
  findRemovalInForce,
  findRemovals,
  findRemovalState,
  finishRemoval,
  finishUndo,
  listOpenRemovals,
  listRemovalsInForce,
  readRemoval,
  undoRemoval,
  type RemovalRow,
} from "../../../state/records/removals.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { AT, HERE, NOW, openRows, THEN, THERE, type Reading } from "../rows.ts";

import { sql } from "../../../state/sqlite/statement.ts";

const RUN_SECOND = sql`UPDATE task_instances SET state = 'running' WHERE task_instance_id = 2`;

const idOf = (row: RemovalRow | undefined): number | undefined => row?.removalId;
const idsOf = (rows: readonly RemovalRow[]): readonly number[] => rows.map(({ removalId }) => removalId);

describe("removals", () => {
  const [open, ended] = [{ finished_at: null }, { finished_at: AT }];
  const undone = { ...ended, undone_at: AT };
  const rows = openRows({
    removals: [
      { removal_id: 1, lake: HERE, key: "dir/k", sha256: "1", ...ended },
      { removal_id: 2, lake: HERE, key: "dir/k", sha256: "2", ...open },
      { removal_id: 3, lake: THERE, key: "dir/k", sha256: "1", ...open },
      { removal_id: 4, lake: HERE, key: "dir/a", sha256: "1", ...ended },
      { removal_id: 5, lake: HERE, key: "dir/k", sha256: "1", ...undone },
      { removal_id: 6, lake: HERE, key: "dir/k", sha256: "1", ...undone },
      { removal_id: 7, lake: HERE, key: "dir/k", sha256: "1", ...undone, undo_finished_at: AT },
      { removal_id: 8, lake: THERE, key: "dir/k", sha256: "1", ...undone },
      { removal_id: 9, lake: HERE, key: "dir/k", sha256: "9", ...open, undone_at: AT, undo_finished_at: AT },
      { removal_id: 10, lake: HERE, key: "dirk", sha256: "3", ...ended },
      { removal_id: 11, lake: THERE, key: "else", sha256: "3", ...undone },
      { removal_id: 12, lake: HERE, key: "gone", sha256: "3", ...undone },
    ],
  });

  test.each<Reading>([
    ["the removal in force is the key's newest", (q) => idOf(findRemovalInForce(q, HERE, "dir/k")), 2],
    ["in another lake it is that lake's", (q) => idOf(findRemovalInForce(q, THERE, "dir/k")), 3],
    ["another key has its own", (q) => idOf(findRemovalInForce(q, HERE, "dir/a")), 4],
    ["an undone one is not in force", (q) => idOf(findRemovalInForce(q, HERE, "gone")), undefined],
    ["the open undoing is the key's newest", (q) => idOf(findOpenUndo(q, HERE, "dir/k")), 6],
    ["of a key that has none there is none", (q) => idOf(findOpenUndo(q, HERE, "dir/a")), undefined],
    ["an undoing belongs to a lake", (q) => idOf(findOpenUndo(q, THERE, "dir/k")), 8],
    ["one row is read by its number", (q) => readRemoval(q, 4).key, "dir/a"],
    ["open are removals and undoings without an end", (q) => idsOf(listOpenRemovals(q, HERE)), [2, 5, 6, 12]],
    ["in force under a prefix, by key", (q) => idsOf(listRemovalsInForce(q, HERE, "dir/")), [4, 1, 2]],
    ["found by content", (q) => findRemovals(q, HERE, "1").map(({ key }) => key), ["dir/k", "dir/a"]],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });

  test.each([
    ["whose removal has ended", HERE, "dir/k", "1", "removed"],
    ["whose removal is open", HERE, "dir/k", "2", "removing"],
    ["of another lake", THERE, "dir/k", "1", "removing"],
    ["with another key", HERE, "else", "1", undefined],
    ["with other content", HERE, "dir/k", "3", undefined],
    ["whose removal was undone", THERE, "else", "3", undefined],
  ] as const)("the state of an object %s", (_which, lake, key, sha256, state) => {
    expect(findRemovalState(rows.database, lake, { key, sha256 })).toBe(state);
  });

  test.each<readonly [string, (query: Query) => unknown, object]>([
    ["the end", (q) => finishRemoval(q, 2, NOW), { "removals 2": { finished_at: THEN } }],
    ["the end of an undoing", (q) => finishUndo(q, 5, NOW), { "removals 5": { undo_finished_at: THEN } }],
    [
      "the undoing",
      (q) => undoRemoval(q, 1, { by: "ana", why: "a mistake" }, NOW),
      { "removals 1": { undone_by: "ana", undone_why: "a mistake", undone_at: THEN } },
    ],
    ["a second undoing", (q) => undoRemoval(q, 5, { by: "ana", why: "a mistake" }, NOW), {}],
  ])("%s changes one row", async (_what, work, changes) => {
    expect(await rows.watch(work)).toEqual(changes);
  });

  test("whether an undoing changed something is reported", async () => {
    const undo = (id: number) =>
      rows.database.write((query) => undoRemoval(query, id, { by: "ana", why: "a mistake" }, NOW));
    expect([await undo(1), await undo(1)]).toEqual([true, false]);
  });
});

describe("the content of a removal", () => {
  const stored = { question_id: 1, generation: "0", outcome: "stored", ask_id: 1, is_permanent: 1 };
  const missing = { ...stored, outcome: "failed", reason: "object_missing", is_permanent: 0 };
  const left = { ...stored, outcome: "failed", reason: "object_removed" };
  const rows = openRows({
    objects: [
      {
        object_id: 1,
        lake: HERE,
        key: "k",
        kind: "records",
        sha256: "1",
        is_committed: 1,
        missing_since: AT,
      },
      { object_id: 2, lake: THERE, key: "k", kind: "records", sha256: "1", is_committed: 1 },
      { object_id: 3, lake: HERE, key: "other", kind: "manifest", sha256: "1", is_committed: 1 },
      { object_id: 4, lake: HERE, key: "gone", kind: "records", sha256: "4", is_committed: 0 },
      { object_id: 5, lake: THERE, key: "gone", kind: "records", sha256: "4", is_committed: 0 },
      { object_id: 6, lake: HERE, key: "kept", kind: "records", sha256: "4", is_committed: 1 },
      { object_id: 7, lake: THERE, key: "other", kind: "manifest", sha256: "1", is_committed: 1 },
    ],
    processed_ids: [
      { ...stored, asked_id: "z", object_id: 1 },
      { ...missing, asked_id: "y", object_id: 1, detail: "k" },
      { ...missing, asked_id: "x", object_id: 1, reason: "status_500" },
      { ...left, asked_id: "w", object_id: 4, ask_id: 1 },
      { ...missing, asked_id: "v", object_id: 4 },
      { ...left, asked_id: "u", object_id: 6 },
      { ...stored, question_id: 2, asked_id: "z", object_id: 2, ask_id: 2 },
      { ...missing, question_id: 2, asked_id: "y", object_id: 2 },
    ],
    doubled_ids: [
      { question_id: 1, generation: "0", asked_id: "a", object_id: 1 },
      { question_id: 1, generation: "0", asked_id: "b", object_id: 6 },
    ],
    batches: [
      { batch_id: 1, lake: HERE, key: "way", state: "sealed" },
      { batch_id: 2, lake: THERE, key: "there", state: "sealed" },
      { batch_id: 3, lake: HERE, key: "done", state: "committed" },
    ],
  });

  test.each<Reading>([
    ["a row is found in its lake", (q) => findObjectRow(q, THERE, "k")?.object_id, 2],
    ["and by its key", (q) => findObjectRow(q, HERE, "other")?.object_id, 3],
    ["a key's lakes are listed by name", (q) => listLakesOf(q, "k"), [HERE, THERE]],
    ["a key that only one lake has", (q) => listLakesOf(q, "kept"), [HERE]],
    ["a sealed batch is on its way", (q) => isBatchOnItsWay(q, HERE, "way"), true],
    ["one of another lake is not", (q) => isBatchOnItsWay(q, HERE, "there"), false],
    ["nor one of another key", (q) => isBatchOnItsWay(q, HERE, "elsewhere"), false],
    ["nor a committed one", (q) => isBatchOnItsWay(q, HERE, "done"), false],
    [
      "its ids are the stored, the missing and the doubled ones, in order",
      (q) => readAnswers(q, 1),
      { questionHash: "q", generation: "0", askedIds: ["a", "y", "z"] },
    ],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });

  test("its reader is a running task with this input", async () => {
    const input = { dataset: "titles", source: "newest" };
    await rows.put({
      task_inputs: [
        { ...input, task_instance_id: 1, object_id: 1 },
        { ...input, task_instance_id: 2, object_id: 2 },
        { ...input, task_instance_id: 3, object_id: 1 },
      ],
    });
    const read = () => [findReader(rows.database, 1), findReader(rows.database, 2)];
    expect(read()).toEqual([undefined, undefined]);
    await rows.database.write((q) => q.run(RUN_SECOND));
    expect(read()).toEqual([undefined, "a/two t"]);
  });

  test("a removal changes its object and ids, also those that were missing", async () => {
    expect(await rows.watch((query) => expect(markRemoved(query, 1, NOW)).toBe(2))).toEqual({
      "objects 1": { is_committed: 0, missing_since: null },
      "processed_ids 1 z 0": {
        outcome: "failed",
        reason: "object_removed",
        detail: "k",
        decided_at: THEN,
      },
      "processed_ids 1 y 0": { reason: "object_removed", is_permanent: 1 },
      "doubled_ids 1 a 0 1": "deleted",
    });
  });

  test("its undoing makes the object and its removed ids missing", async () => {
    const undo = (key: string, sha256: string) =>
      rows.watch((query) => unmarkRemoved(query, HERE, { key, sha256 } as RemovalRow, NOW));
    expect(await undo("gone", "4")).toEqual({
      "objects 4": { missing_since: THEN },
      "processed_ids 1 w 0": { reason: "object_missing", is_permanent: 0, ask_id: null },
    });
    expect(await undo("gone", "1")).toEqual({});
    expect(await undo("kept", "4")).toEqual({});
  });

  const RECORD = { body: "{}", dataset: "titles", logicalDate: AT, etag: "e", isAdopted: true };

  test("its record replaces the row of that key in that lake, and is the newest object", async () => {
    const commit = (key: string) =>
      rows.watch((query) => {
        commitRecord(query, HERE, { key, ...RECORD }, NOW, "UTC");
      });
    expect(await commit("new")).toEqual({ "objects 8": "added" });
    const again = await commit("k");
    expect(Object.keys(again)).toEqual(["objects 1"]);
    expect(again["objects 1"]).toMatchObject({ kind: "manifest", missing_since: null, commit_order: 2 });
  });

  test("forgetting a record deletes a manifest of that key and lake", async () => {
    const forget = (key: string) =>
      rows.watch((query) => {
        forgetRecord(query, HERE, key);
      });
    expect(await forget("other")).toEqual({ "objects 3": "deleted" });
    expect(await forget("k")).toEqual({});
  });

  test("a removal that was found in a lake is noted for that lake, once, unless it was undone there", async () => {
    const removal: Removal = {
      uid: "u",
      key: "k",
      kind: "records",
      dataset: "titles",
      sha256: "1",
      sizeBytes: 1,
      logicalDate: AT,
      why: "a mistake",
      requestedBy: "ana",
      requestedAt: AT,
      answers: { questionHash: "q", generation: "0", askedIds: ["z", "new"] },
    };
    const note = (uid: string) =>
      rows.watch((query) =>
        noteRemovals(
          query,
          HERE,
          [{ removal: { ...removal, uid }, recordKey: "r", recordText: "", etag: "e" }],
          NOW,
          "UTC",
        ),
      );
    await rows.put({
      removals: [
        { removal_id: 1, lake: THERE, uid: "u", undone_at: AT },
        { removal_id: 2, lake: HERE, uid: "w", undone_at: AT },
      ],
    });
    expect(await note("w")).toEqual({});
    expect(Object.keys(await note("u")).toSorted()).toEqual([
      "doubled_ids 1 a 0 1",
      "objects 1",
      "objects 8",
      "processed_ids 1 new 0",
      "processed_ids 1 y 0",
      "processed_ids 1 z 0",
      "removals 3",
    ]);
    expect(Object.keys(await note("u"))).toEqual(["objects 8"]);
  });
});
