/** Which rows pruning deletes and which stay, one rule at a time. */
import { describe, expect, test } from "vitest";
import { pruneDatabase } from "../../../state/upkeep/prune.ts";
import { listDagsWithRuns, listOldRuns, recheckRuns } from "../../../state/upkeep/prune-rules.ts";
import { HERE, openRows, THERE } from "../rows.ts";

const BEFORE = "2026-11-01T00:00:00.000Z";
const OLD = { finished_at: "2026-10-31T23:59:59.999Z" };
const NOT_OLD = { finished_at: BEFORE };

const day = (number: number): string => new Date(Date.UTC(2026, 0, number)).toISOString();
/** A run of a day. */
const run = (number: number, changes = {}) => ({
  dag_run_id: 100 + number,
  dag_id: "c",
  lake: HERE,
  state: "success",
  logical_date: day(number),
  ...OLD,
  ...changes,
});

describe("runs", () => {
  const follows = (dagId: string) => ({ definition: JSON.stringify({ schedule: { dagIds: [dagId] } }) });
  const ask = (number: number, changes = {}) => ({
    ask_id: 100 + number,
    dag_run_id: 100 + number,
    question_id: 1,
    task_id: "t",
    closed_at: day(1),
    ...changes,
  });
  const batch = { kind: "records", state: "committed", lake: HERE };
  const id = { question_id: 1, generation: "0", outcome: "stored", is_permanent: 1 };
  const rows = openRows({
    dag_versions: [
      { fingerprint: "after c", ...follows("c") },
      { fingerprint: "after d", ...follows("d") },
    ],
    dags: [
      { dag_id: "f", fingerprint: "after c", success_cursor: 60 },
      { dag_id: "g", fingerprint: "after c", success_cursor: 50 },
      { dag_id: "h", fingerprint: "after c", success_cursor: 1, is_active: 0 },
      { dag_id: "i", fingerprint: "after d", success_cursor: 1 },
    ],
    backfills: [
      { backfill_id: 1, dag_id: "d", state: "running", from_date: day(300), to_date: day(300) },
      { backfill_id: 2, dag_id: "e", state: "running", from_date: day(6), to_date: day(7) },
      { backfill_id: 3, dag_id: "c", state: "done", from_date: day(1), to_date: day(99) },
    ],
    dag_runs: [
      run(1),
      run(2, { success_order: 50 }),
      run(3, { success_order: 49 }),
      run(4, { backfill_id: 1 }),
      run(5, { backfill_id: 3 }),
      run(6),
      run(7),
      run(8),
      run(9, { refetch_count: 1 }),
      run(10, { state: "failed" }),
      run(11, { state: "cancelled" }),
      run(12),
      run(13, { ...NOT_OLD, only_tasks: "[]" }),
      run(14, { only_tasks: "[]" }),
      run(15),
      run(16, { state: "running", finished_at: null }),
      ...Array.from({ length: 24 }, (_, index) => run(20 + index)),
      run(2, { dag_run_id: 200, lake: THERE, dag_id: "d", success_order: 70 }),
    ],
    asks: [
      ...[20, 21, 22, 23, 24, 25, 26, 27].map((number) => ask(number)),
      ask(28, { limit_ids: 1 }),
      ask(29, { limit_ids: 1 }),
      ask(30),
      ask(31, { closed_at: null }),
      ask(32, { question_id: 2 }),
      ask(99, { dag_run_id: 1, task_id: "u" }),
    ],
    batches: [
      { batch_id: 1, ...batch, ask_id: 122, kind: "manifest", state: "sealed" },
      { batch_id: 2, ...batch, ask_id: 123 },
      { batch_id: 3, ...batch, ask_id: 124, state: "lost" },
      { batch_id: 4, ...batch, ask_id: 125, manifest_key: "m" },
      { batch_id: 5, ...batch, ask_id: 126, manifest_batch_id: 1 },
      { batch_id: 6, ...batch, ask_id: 127, kind: "manifest" },
    ],
    spool: [{ ask_id: 121, question_id: 1 }],
    processed_ids: [
      { ...id, asked_id: "a", ask_id: 128 },
      { ...id, asked_id: "b", ask_id: 130 },
      { ...id, asked_id: "c", ask_id: 130 },
    ],
  });
  const KEPT = {
    2: "followed",
    4: "backfill",
    6: "backfill",
    7: "backfill",
    9: "refetched",
    12: "newest",
    15: "newest",
    21: "records",
    22: "records",
    23: "records",
    28: "records",
    31: "records",
    32: "records",
    ...Object.fromEntries(Array.from({ length: 10 }, (_, index) => [34 + index, "newest"])),
  };
  const LISTED = [
    ...Array.from({ length: 12 }, (_, index) => index + 1),
    14,
    15,
    ...Array.from({ length: 24 }, (_, index) => 20 + index),
  ];

  test("old ones of a Dag are listed by date, each with why it stays", () => {
    const old = listOldRuns(rows.database, "c", BEFORE);
    expect(old.map(({ dagRunId }) => dagRunId - 100)).toEqual(LISTED);
    const kept = old.filter(({ keptAs }) => keptAs !== null);
    expect(Object.fromEntries(kept.map(({ dagRunId, keptAs }) => [dagRunId - 100, keptAs]))).toEqual(KEPT);
    const counts = old.filter(({ idCount }) => idCount > 0);
    expect(counts.map(({ dagRunId, idCount }) => [dagRunId - 100, idCount])).toEqual([
      [28, 1],
      [30, 2],
    ]);
    expect(listDagsWithRuns(rows.database)).toEqual(["a", "b", "c", "d"]);
  });

  test("the same rules say which may still be deleted", () => {
    const ids = (numbers: readonly number[]) => numbers.map((number) => number + 100);
    const going = LISTED.filter((number) => number < 34 && !Object.hasOwn(KEPT, number));
    const asked = ids([13, 16, ...LISTED.filter((number) => number < 34)]);
    expect(recheckRuns(rows.database, BEFORE, asked).toSorted((a, b) => a - b)).toEqual(ids(going));
    expect(recheckRuns(rows.database, BEFORE, [101])).toEqual([101]);
  });

  test("deleted runs let go of their ids, which stay", async () => {
    const request = { before: new Date(BEFORE), isDryRun: false };
    const changes = Object.entries(await rows.watchAll(() => pruneDatabase(rows.database, request)));
    const ofIds = changes.filter(([name]) => name.startsWith("processed_ids"));
    expect(Object.fromEntries(ofIds)).toEqual({
      "processed_ids 1 b 0": { ask_id: null },
      "processed_ids 1 c 0": { ask_id: null },
    });
    const deleted = changes
      .filter(([name]) => name.startsWith("dag_runs"))
      .map(([name]) => Number(name.slice(9)));
    const going = LISTED.filter((number) => !Object.hasOwn(KEPT, number));
    expect(deleted.toSorted((a, b) => a - b)).toEqual(going.map((number) => number + 100));
  });
});

describe("rows without a run", () => {
  const past = "2026-10-31T23:59:59.999Z";
  const file = { lake: HERE, dataset: "csv", kind: "file", is_committed: 1 };
  const set = { lake: HERE, dataset: "csv", created_at: past };
  const event = { at: past, dag_id: "a" };
  const notice = { state: "sent", sent_at: past, created_at: past };
  const [first, second] = [`manual__${day(1)}`, `manual__${day(1)}__2`];
  const rows = openRows({
    dag_versions: [{ fingerprint: "unused" }, { fingerprint: "of a Dag" }],
    dags: [{ dag_id: "z", fingerprint: "of a Dag" }],
    dag_runs: [
      {
        dag_run_id: 10,
        dag_id: "a",
        run_id: first,
        logical_date: day(1),
        state: "running",
        backfill_id: 3,
        lake: "x",
      },
      { dag_run_id: 11, dag_id: "b", run_id: second, logical_date: day(1), state: "queued", lake: "x" },
    ],
    backfills: [
      { backfill_id: 1, state: "done", finished_at: past },
      { backfill_id: 2, state: "running", finished_at: past, lake: "x" },
      { backfill_id: 3, state: "done", finished_at: past },
      { backfill_id: 4, state: "cancelled", finished_at: BEFORE },
    ].toReversed(),
    candidate_sets: [
      { candidate_set_id: 2, ...set, sha256: "past" },
      { candidate_set_id: 3, ...set, sha256: "newest" },
      { candidate_set_id: 4, ...set, sha256: "newest", conditions_hash: "staged x" },
      { candidate_set_id: 5, ...set, sha256: "read" },
      { candidate_set_id: 6, ...set, sha256: "recent", created_at: BEFORE },
      { candidate_set_id: 7, ...set, sha256: "told" },
      { candidate_set_id: 8, ...set, sha256: "newest", lake: THERE },
      { candidate_set_id: 9, ...set, sha256: "newest", dataset: "other" },
      { candidate_set_id: 10, ...set, sha256: "planned" },
      { candidate_set_id: 11, ...set, sha256: "records" },
      { candidate_set_id: 12, ...set, sha256: "told so" },
    ],
    objects: [
      { object_id: 1, ...file, sha256: "newest", commit_order: 5 },
      { object_id: 2, ...file, sha256: "past", commit_order: 4 },
      { object_id: 3, ...file, sha256: "read", commit_order: 1 },
      { object_id: 4, ...file, sha256: "planned", is_committed: 0, commit_order: 9 },
      { object_id: 5, ...file, sha256: "records", kind: "records", commit_order: 9 },
    ],
    task_instances: [
      { task_instance_id: 10, dag_run_id: 10, task_id: "t" },
      { task_instance_id: 11, dag_run_id: 11, task_id: "t" },
    ],
    task_inputs: [
      { task_instance_id: 10, dataset: "csv", object_id: 3 },
      { task_instance_id: 1, dataset: "csv", object_id: 2 },
    ],
    task_outputs: [
      { task_instance_id: 1, name: "candidate_set", value: "7" },
      { task_instance_id: 1, name: "rows", value: "12" },
    ],
    requests: [
      { request_id: 1, state: "open", requested_at: past },
      { request_id: 2, state: "begun", requested_at: past },
      { request_id: 3, state: "done", requested_at: past, answered_at: past },
      { request_id: 4, state: "done", requested_at: past, answered_at: BEFORE },
      { request_id: 5, state: "withdrawn", requested_at: past },
    ],
    notices: [
      { notice_id: 1, dag_id: "a", ...notice },
      { notice_id: 2, dag_id: "a", ...notice, state: "open" },
      { notice_id: 3, dag_id: "a", ...notice, sent_at: BEFORE },
      { notice_id: 4, dag_id: "a", ...notice, state: "given_up", sent_at: null },
      { notice_id: 5, dag_id: "a", ...notice },
      { notice_id: 6, dag_id: "b", ...notice },
    ],
    events: [
      { event_id: 1, ...event },
      { event_id: 2, ...event, run_id: first },
      { event_id: 3, ...event, run_id: first, dag_id: "b" },
      { event_id: 4, ...event, run_id: second, dag_id: "b" },
      { event_id: 5, ...event, run_id: second },
      { event_id: 6, ...event, at: BEFORE },
      { event_id: 5_001, ...event },
      { event_id: 12_000, ...event },
    ],
  });
  const GONE = [
    ...[2, 4, 8, 9, 10, 11, 12].map((id) => `candidate_sets ${id}`),
    "backfills 1",
    "dag_versions unused",
    "requests 3",
    "requests 5",
    "notices 1",
    "notices 4",
    ...[1, 3, 5, 5_001, 12_000].map((id) => `events ${id}`),
  ];

  test("are deleted when they are old and nothing needs them", async () => {
    const request = { before: new Date(BEFORE), isDryRun: true };
    const dry = await pruneDatabase(rows.database, request);
    expect(dry.removed).toMatchObject({
      candidate_sets: 7,
      backfills: 1,
      dag_versions: 1,
      requests: 2,
      notices: 2,
      events: 5,
    });
    const changes = await rows.watchAll(() => pruneDatabase(rows.database, { ...request, isDryRun: false }));
    expect(changes).toEqual(Object.fromEntries(GONE.map((name) => [name, "deleted"])));
  });
});
