/** Statements about the contents of derived tables: each touches its own lake, key and state only. */
import { beforeEach, describe, expect, test } from "vitest";
import type { PlannedTable, TableStore } from "../../../model/ports/table-store.ts";
import type { FoundObject } from "../../../model/ports/object-store.ts";
import type { RunFacts } from "../../../model/ports/task-type.ts";
import { learnTable } from "../../../state/records/table-contents.ts";
import { createTableStore } from "../../../state/records/tables.ts";
import { createTestClock } from "../../support/test-world.ts";
import { AT, HERE, NOW, openRows, THEN, THERE } from "../rows.ts";

const file = { lake: HERE, kind: "file", dataset: "films", sha256: "1", is_committed: 1, commit_order: 1 };
const content = { lake: HERE, dataset: "films", sha256: "1", created_at: AT };
const gone = { ...file, kind: "records", dataset: "titles", is_committed: 0, missing_since: AT };
const made = { size_bytes: 7, logical_date: THEN, dag_run_id: 3, task_id: "make" };

const rows = openRows({
  objects: [
    { object_id: 1, ...file, key: "both", is_adopted: 1, etag: "old" },
    { object_id: 2, ...file, key: "both", lake: THERE, commit_order: 7 },
    { object_id: 3, ...file, key: "new", is_committed: 0, commit_order: null },
    { object_id: 4, ...file, key: "new", lake: THERE, is_committed: 0 },
    { object_id: 5, ...gone, key: "gone", record_count: 3, batch_uid: "u" },
    { object_id: 6, ...file, key: "removed", is_committed: 0 },
    { object_id: 7, ...file, key: "changed", sha256: "2" },
  ],
  table_contents: [
    { content_id: 1, ...content, key: "both", state: "standing" },
    { content_id: 2, ...content, ...made, key: "both", state: "planned", sha256: "2" },
    { content_id: 3, ...content, key: "both", state: "standing", lake: THERE },
    { content_id: 4, ...content, key: "both", state: "planned", lake: THERE },
    { content_id: 5, ...content, key: "new", state: "planned" },
    { content_id: 6, ...content, key: "new", state: "planned", lake: THERE },
    { content_id: 7, ...content, key: "gone", state: "standing" },
    { content_id: 8, ...content, key: "gone", state: "planned", sha256: "3" },
    { content_id: 9, ...content, key: "removed", state: "planned" },
    { content_id: 10, ...content, key: "changed", state: "standing" },
    { content_id: 11, ...content, key: "both", state: "replaced", replaced_at: AT },
  ],
  removals: [
    { lake: HERE, key: "removed", undone_at: AT },
    { lake: THERE, key: "new" },
  ],
});

let store: TableStore;
beforeEach(() => {
  store = createTableStore(rows.database, createTestClock(THEN));
});

describe("what stands", () => {
  test.each([
    ["a committed table", HERE, "both", { contentId: 1, objectId: 1 }],
    ["that of the other lake", THERE, "both", { contentId: 3, objectId: 2 }],
    ["none that is only planned", HERE, "new", undefined],
    ["none whose object is gone", HERE, "gone", undefined],
    ["none whose object has other bytes", HERE, "changed", undefined],
    ["none at another key", HERE, "nothing", undefined],
  ])("%s", async (_does, lake, key, expected) => {
    const found = await store.findStanding(lake, key);
    expect(found && { contentId: found.contentId, objectId: found.objectId }).toEqual(expected);
  });

  test("the planned one is found by its lake and key", async () => {
    const find = async (lake: string, key: string) => (await store.findPlanned(lake, key))?.contentId;
    expect([await find(HERE, "both"), await find(THERE, "both"), await find(HERE, "changed")]).toEqual([
      2,
      4,
      undefined,
    ]);
  });
});

describe("a commit", () => {
  test("replaces what stood at that key of that lake, and the object has the new content", async () => {
    expect(await rows.watchAll(() => store.commit(2, "new"))).toEqual({
      "table_contents 1": { state: "replaced", replaced_at: THEN },
      "table_contents 2": { state: "standing", committed_at: THEN },
      "objects 1": {
        sha256: "2",
        etag: "new",
        is_adopted: 0,
        committed_at: THEN,
        commit_order: 8,
        ...made,
      },
    });
  });

  test("of a key whose object was gone ends its being gone", async () => {
    await rows.put({ objects: [{ object_id: 20, ...file, key: "x", commit_order: 41 }] });
    const changes = await rows.watchAll(() => store.commit(8, "e"));
    expect(changes["objects 5"]).toMatchObject({
      kind: "file",
      dataset: "films",
      is_committed: 1,
      missing_since: null,
      record_count: null,
      batch_uid: null,
      sha256: "3",
      commit_order: 42,
    });
    expect(Object.keys(changes).toSorted()).toEqual(["objects 5", "table_contents 7", "table_contents 8"]);
    expect(await store.commit(4, "e")).toBe(2);
  });
});

describe("a plan", () => {
  const run = { dagRunId: 3, logicalDate: "2026-11-25T00:00:00.000Z", timezone: "UTC" } as RunFacts;
  const planned: PlannedTable = {
    lakeId: HERE,
    dataset: "films",
    key: "both",
    sha256: "9",
    sizeBytes: 7,
    rowCount: 5,
    fingerprint: "f",
    inputsDate: AT,
    engine: "e",
    run,
    taskId: "make",
  };

  test("takes the place of an earlier one for that key of that lake", async () => {
    let id = 0;
    const changes = await rows.watchAll(async () => {
      id = await store.plan(planned);
    });
    expect(changes).toEqual({ "table_contents 2": "deleted", [`table_contents ${id}`]: "added" });
    expect(await store.findPlanned(HERE, "both")).toEqual({
      contentId: id,
      sha256: "9",
      sizeBytes: 7,
      rowCount: 5,
      fingerprint: "f",
      inputsDate: AT,
      logicalDate: run.logicalDate,
      engine: "e",
    });
    const changed = await rows.watchAll(() => store.commit(id, "e"));
    expect(changed["objects 1"]).toMatchObject({
      size_bytes: 7,
      logical_date: run.logicalDate,
      dag_run_id: 3,
      task_id: "make",
    });
  });

  test.each([
    ["with the row of an object that was never put", 5, { "objects 3": "deleted" }],
    ["without the row of one that stands", 2, {}],
    ["without the row of one that is missing", 8, {}],
    ["without the row of one that was removed", 9, {}],
  ])("is dropped %s", async (_does, id, more) => {
    expect(await rows.watchAll(() => store.drop(id))).toEqual({
      [`table_contents ${id}`]: "deleted",
      ...more,
    });
  });

  test.each([1, 11])("that was carried out is not dropped (%i)", async (id) => {
    expect(await rows.watchAll(() => store.drop(id))).toEqual({});
  });
});

describe("an object that was found in the lake", () => {
  const table = { fingerprint: "f", inputsDate: AT, rowCount: 5, engine: "e" };
  const found: FoundObject = {
    key: "both",
    kind: "file",
    dataset: "films",
    sha256: "9",
    sizeBytes: 7,
    etag: "e",
    logicalDate: AT,
    answers: null,
    table,
  };
  const { table: _, ...plain } = found;

  async function learn(one: FoundObject) {
    let learnt: string | undefined;
    const changes = await rows.watch((query) => {
      learnt = learnTable(query, HERE, one, NOW);
    });
    return { learnt, changes: Object.keys(changes).toSorted() };
  }

  test.each<readonly [string, FoundObject, string | undefined, readonly string[]]>([
    [
      "is the planned one",
      { ...found, sha256: "2" },
      "committed",
      ["objects 1", "table_contents 1", "table_contents 2"],
    ],
    [
      "is the planned one, also without its metadata",
      { ...plain, sha256: "2", dataset: null },
      "committed",
      ["objects 1", "table_contents 1", "table_contents 2"],
    ],
    ["is the standing one", { ...found, sha256: "1" }, undefined, []],
    ["has taken the place of a table", found, "replaced", ["table_contents 1", "table_contents 12"]],
    ["is the first one of its key", { ...found, key: "first" }, undefined, ["table_contents 12"]],
    ["is no table", plain, undefined, []],
    ["has no dataset", { ...found, dataset: null }, undefined, []],
    ["has bytes that were not read", { ...found, sha256: null }, undefined, []],
  ])("%s", async (_does, one, learnt, changes) => {
    expect(await learn(one)).toEqual({ learnt, changes });
  });
});
