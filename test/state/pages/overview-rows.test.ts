/** What the first page reads: failed and open runs, usual durations, sums of ids, what was stored. Each is of one lake. */
import { describe, expect, test } from "vitest";
import { listOpenRuns } from "../../../state/pages/open-runs.ts";
import {
  countOpenRuns,
  listDatasetSums,
  listFailedRuns,
  listTimedRuns,
  measureStored,
  measureUsual,
} from "../../../state/pages/overview.ts";
import { HERE, openRows, THERE, type Reading } from "../rows.ts";

/** Nothing has failed since then. */
const LATER = new Date("2026-11-01T00:00:00.000Z");
const day = (number: number): string => `2026-10-${String(number).padStart(2, "0")}T00:00:00.000Z`;
const run = (dagRunId: number, dagId: string, state: string, date: number, ended?: number, lake = HERE) => ({
  dag_run_id: dagRunId,
  dag_id: dagId,
  run_id: `r${dagRunId}`,
  state,
  logical_date: day(date),
  started_at: ended === undefined ? null : day(1),
  finished_at: ended === undefined ? null : day(ended),
  lake,
});

describe("runs", () => {
  const rows = openRows({
    dags: ["c", "d", "e", "f", "g", "h"].map((id) => ({
      dag_id: id,
      fingerprint: "v",
      is_active: Number(id !== "g"),
    })),
    dag_runs: [
      run(11, "c", "failed", 1, 3),
      run(12, "c", "failed", 2, 5),
      run(13, "c", "success", 3, 4),
      run(14, "d", "failed", 1, 6),
      run(15, "e", "failed", 1, 7),
      run(16, "e", "success", 2, 8),
      run(17, "f", "failed", 1, 9, THERE),
      run(18, "g", "failed", 1, 10),
      run(19, "h", "queued", 9),
      run(20, "h", "queued", 7),
      run(21, "h", "running", 8),
      run(22, "h", "running", 6),
      run(23, "h", "running", 5, undefined, THERE),
      run(24, "h", "success", 4, 2),
      run(25, "h", "success", 3, 4),
      run(26, "h", "success", 2, 9),
      run(27, "h", "failed", 1, 1),
    ],
    task_instances: [
      {
        task_instance_id: 11,
        dag_run_id: 12,
        task_id: "early in the alphabet",
        state: "failed",
        finished_at: day(5),
        attempt_count: 1,
      },
      {
        task_instance_id: 12,
        dag_run_id: 12,
        task_id: "first",
        state: "failed",
        finished_at: day(4),
        attempt_count: 2,
      },
      { task_instance_id: 13, dag_run_id: 12, task_id: "good", state: "success", finished_at: day(3) },
      { task_instance_id: 14, dag_run_id: 21, task_id: "a", state: "success" },
      { task_instance_id: 15, dag_run_id: 21, task_id: "b", state: "running" },
      { task_instance_id: 16, dag_run_id: 14, task_id: "only", state: "failed", message: "m" },
    ],
    attempts: [
      { task_instance_id: 12, number: 1, error: "old" },
      { task_instance_id: 12, number: 2, error: "new" },
      { task_instance_id: 13, number: 2, error: "of another task" },
    ],
  });

  test.each<Reading>([
    [
      "the last failure of each active Dag that no success followed, the newest first",
      (q) => listFailedRuns(q, HERE, { since: LATER, limit: 9 }).map(({ dagRunId }) => dagRunId),
      [14, 12],
    ],
    [
      "a failure since that instant, also if a success followed, with how many there are",
      (q) =>
        listFailedRuns(q, HERE, { since: new Date(day(3)), limit: 9 }).map(({ dagRunId, failedCount }) => [
          dagRunId,
          failedCount,
        ]),
      [
        [15, 1],
        [14, 1],
        [12, 2],
      ],
    ],
    [
      "only so many",
      (q) => listFailedRuns(q, HERE, { since: LATER, limit: 1 }).map(({ dagRunId }) => dagRunId),
      [14],
    ],
    [
      "of another lake",
      (q) => listFailedRuns(q, THERE, { since: LATER, limit: 9 }).map(({ dagRunId }) => dagRunId),
      [17],
    ],
    [
      "with the first failed task and the error of its last try",
      (q) =>
        listFailedRuns(q, HERE, { since: LATER, limit: 9 }).map(({ taskId, attempt, error }) => [
          taskId,
          attempt,
          error,
        ]),
      [
        ["only", 0, "m"],
        ["first", 2, "new"],
      ],
    ],
    [
      "open ones, running before queued, by date",
      (q) => listOpenRuns(q, HERE, 9).map(({ dagRunId }) => dagRunId),
      [22, 21, 20, 19],
    ],
    ["only so many open ones", (q) => listOpenRuns(q, HERE, 3).map(({ dagRunId }) => dagRunId), [22, 21, 20]],
    [
      "with how many tasks have ended",
      (q) => listOpenRuns(q, HERE, 9).map(({ tasks, ended }) => `${ended} of ${tasks}`),
      ["0 of 0", "1 of 2", "0 of 0", "0 of 0"],
    ],
    ["how many are open", (q) => [countOpenRuns(q, HERE), countOpenRuns(q, THERE)], [4, 1]],
    [
      "how long successes take",
      (q) => [measureUsual(q, HERE, "h"), measureUsual(q, HERE, "d")],
      [3 * 86_400, null],
    ],
    [
      "in a range of dates, the newest first, and those that are running now",
      (q) => listTimedRuns(q, HERE, { from: day(7), to: day(9), limit: 9 }).map(({ runId }) => runId),
      ["r19", "r21", "r20", "r22"],
    ],
    [
      "only so many in a range",
      (q) => listTimedRuns(q, HERE, { from: day(7), to: day(9), limit: 2 }).map(({ runId }) => runId),
      ["r19", "r21", "r22"],
    ],
    [
      "in a range of another lake",
      (q) => listTimedRuns(q, THERE, { from: day(5), to: day(5), limit: 9 }).map(({ runId }) => runId),
      ["r23"],
    ],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });
});

test("the usual duration is that of the newest twenty successes", async () => {
  const { database, put } = rowsOfMany;
  await put({
    dag_runs: Array.from({ length: 41 }, (_, index) => ({
      ...run(100 + index, "many", "success", 1, 2),
      logical_date: `2026-09-01T00:${String(index).padStart(2, "0")}:00.000Z`,
      finished_at: `2026-10-02T00:00:${String(index).padStart(2, "0")}.000Z`,
      started_at:
        index < 21
          ? "2026-09-01T00:00:00.000Z"
          : `2026-10-02T00:00:${String(index - 1).padStart(2, "0")}.000Z`,
    })),
  });
  expect(Math.round(measureUsual(database, HERE, "many") ?? 0)).toBe(1);
});

test("what was stored is measured over the newest five thousand objects", async () => {
  const { database, put } = rowsOfMany;
  const stored = {
    lake: HERE,
    kind: "records",
    record_count: 1,
    dag_run_id: 1,
    created_at: day(2),
    committed_at: day(2),
  };
  const measure = () => measureStored(database, HERE, day(2));
  await put({ objects: Array.from({ length: 4_999 }, () => stored) });
  expect(measure()).toMatchObject({ objects: 4_999, isPartial: false });
  await put({ objects: [stored] });
  expect(measure()).toMatchObject({ objects: 5_000, isPartial: false });
  await put({ objects: [{ ...stored, kind: "manifest" }] });
  expect(measure()).toMatchObject({ objects: 4_999, isPartial: true });
  expect(measureStored(database, HERE, day(3))).toMatchObject({ objects: 0, isPartial: false });
});

const rowsOfMany = openRows();

describe("sums and sizes", () => {
  const sum = { asked: 7, stored: 7, alreadyStored: 0, notFound: 0, failed: 0, remaining: 0, freshFailed: 0 };
  const stored = {
    lake: HERE,
    kind: "records",
    record_count: 10,
    size_bytes: 5,
    dag_run_id: 1,
    committed_at: day(2),
  };
  const rows = openRows({
    dag_runs: [{ dag_run_id: 4, dag_id: "o", run_id: "open", lake: HERE, state: "running" }],
    questions: [{ question_id: 4, lake: HERE, hash: "r", dataset: "titles" }],
    candidate_ids: [{ candidate_set_id: 1, position: 0, asked_id: "a" }],
    asks: [
      {
        ask_id: 4,
        dag_run_id: 1,
        question_id: 3,
        task_id: "u",
        limit_ids: 3,
        closed_at: day(1),
        reconciliation: JSON.stringify(sum),
      },
      { ask_id: 5, dag_run_id: 1, question_id: 1, task_id: "u" },
      { ask_id: 6, dag_run_id: 4, question_id: 4, task_id: "u", limit_ids: 1 },
    ],
    objects: [
      { object_id: 1, ...stored },
      { object_id: 2, ...stored, kind: "manifest", record_count: 0 },
      { object_id: 3, ...stored, kind: "file", record_count: 3 },
      { object_id: 4, ...stored, lake: THERE },
      { object_id: 5, ...stored, committed_at: day(1) },
      { object_id: 6, ...stored, is_adopted: 1 },
      { object_id: 7, ...stored, dag_run_id: null },
      { object_id: 8, ...stored, committed_at: day(3) },
    ],
  });

  test.each<Reading>([
    [
      "the newest ask of each question, by dataset; it is open while its run is",
      (q) =>
        listDatasetSums(q, HERE).map(({ dataset, sum: { asked }, isOpen, hasLimit }) => [
          dataset,
          asked,
          isOpen,
          hasLimit,
        ]),
      [
        ["people", 7, false, true],
        ["titles", 1, false, false],
        ["titles", 1, true, true],
      ],
    ],
    ["of another lake", (q) => listDatasetSums(q, THERE).map(({ runId }) => runId), ["two"]],
    [
      "what runs stored since then",
      (q) => measureStored(q, HERE, day(2)),
      { objects: 3, records: 20, bytes: 20, isPartial: false },
    ],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });
});
