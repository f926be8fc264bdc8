/** Statements about the queue, broken runs and backfills: each touches its own lake, Dag and run only. */
import { describe, expect, test } from "vitest";
import type { DagRun } from "../../../model/run/dag-run.ts";
import {
  countBackfillRuns,
  endBackfill,
  findRunningBackfill,
  insertBackfill,
  listBackfillRuns,
  listFinishedBackfills,
  readBackfillLimit,
  setBackfillLimit,
} from "../../../state/runs/backfills.ts";
import {
  failBrokenRun,
  findBrokenRun,
  listQueuedRunIds,
  listRunningTaskIds,
} from "../../../state/runs/broken-runs.ts";
import { signBackfill } from "../../../state/runs/requested-by.ts";
import {
  countRunningRuns,
  findQueuedBackfillRun,
  listQueuedRuns,
  listRunningRuns,
  listWaitingDags,
} from "../../../state/runs/run-queue.ts";
import { AT, HERE, NOW, openRows, THEN, THERE, type Reading, type Writing } from "../rows.ts";

const day = (number: number): string => `2026-10-${String(number).padStart(2, "0")}T00:00:00.000Z`;
const idsOf = (runs: readonly DagRun[]): readonly number[] => runs.map(({ dagRunId }) => dagRunId);
const run = { dag_id: "c", lake: HERE, timezone: "UTC", params: "{}", run_type: "manual" };

describe("the queue", () => {
  const all = { lakeId: HERE, backfillId: null };
  const running = { ...run, state: "running" };
  const queued = { ...run, state: "queued" };
  const rows = openRows({
    backfills: [
      { backfill_id: 1, dag_id: "c", state: "running" },
      { backfill_id: 2, dag_id: "d", state: "running" },
    ],
    dag_runs: [
      { dag_run_id: 11, ...running, logical_date: day(2), backfill_id: 1 },
      { dag_run_id: 12, ...running, logical_date: day(9), dag_id: "d" },
      { dag_run_id: 13, ...running, logical_date: day(1) },
      { dag_run_id: 14, ...running, logical_date: day(1), lake: THERE },
      { dag_run_id: 15, ...running, logical_date: day(9) },
      { dag_run_id: 21, ...queued, logical_date: day(4), backfill_id: 1 },
      { dag_run_id: 22, ...queued, logical_date: day(6) },
      { dag_run_id: 23, ...queued, logical_date: day(5) },
      { dag_run_id: 24, ...queued, logical_date: day(7), dag_id: "d" },
      { dag_run_id: 25, ...queued, logical_date: day(5), lake: THERE },
      { dag_run_id: 26, ...queued, logical_date: day(8), lake: THERE, dag_id: "e" },
      { dag_run_id: 27, ...queued, logical_date: day(3), backfill_id: 1 },
      { dag_run_id: 28, ...queued, logical_date: day(1), backfill_id: 2, dag_id: "d" },
      { dag_run_id: 31, ...queued, logical_date: day(1), dag_id: "aa", lake: THERE },
      { dag_run_id: 32, ...run, state: "success", logical_date: day(1), dag_id: "m" },
      { dag_run_id: 30, ...queued, logical_date: day(1), dag_id: "x" },
      { dag_run_id: 29, ...queued, logical_date: day(2), backfill_id: 1, lake: THERE },
    ],
  });

  test.each<Reading>([
    [
      "running runs: others before those of a backfill, by date",
      (q) => listRunningRuns(q, all),
      [13, 12, 15, 11],
    ],
    ["those of one backfill", (q) => listRunningRuns(q, { ...all, backfillId: 1 }), [11]],
    ["those of another lake", (q) => listRunningRuns(q, { ...all, lakeId: THERE }), [14]],
    ["running runs by Dag", (q) => Object.fromEntries(countRunningRuns(q, all)), { c: 3, d: 1 }],
    [
      "running runs of a backfill by Dag",
      (q) => Object.fromEntries(countRunningRuns(q, { ...all, backfillId: 1 })),
      { c: 1 },
    ],
    ["Dags that wait, by name", (q) => listWaitingDags(q, HERE), ["c", "d", "x"]],
    ["Dags that wait in another lake", (q) => listWaitingDags(q, THERE), ["aa", "c", "e"]],
    ["queued runs of a Dag", (q) => idsOf(listQueuedRuns(q, "c", all, 9)), [23, 22, 27, 21]],
    ["only so many", (q) => idsOf(listQueuedRuns(q, "c", all, 2)), [23, 22]],
    ["of a backfill", (q) => idsOf(listQueuedRuns(q, "c", { ...all, backfillId: 1 }, 9)), [27, 21]],
    ["the same without reading them", (q) => listQueuedRunIds(q, HERE, "c", 9), [23, 22, 27, 21]],
    ["only so many without reading them", (q) => listQueuedRunIds(q, HERE, "c", 2), [23, 22]],
    ["the oldest of a Dag's backfills", (q) => findQueuedBackfillRun(q, "c", all)?.dagRunId, 27],
    ["of another Dag's", (q) => findQueuedBackfillRun(q, "d", all)?.dagRunId, 28],
    ["in another lake", (q) => findQueuedBackfillRun(q, "c", { ...all, lakeId: THERE })?.dagRunId, 29],
    ["a run that is not read", (q) => findBrokenRun(q, 12)?.dag_id, "d"],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });
});

describe("a run that cannot be read", () => {
  const states = [
    "none",
    "running",
    "up_for_retry",
    "success",
    "failed",
    "upstream_failed",
    "skipped",
    "cancelled",
  ];
  const rows = openRows({
    dag_runs: [
      { dag_run_id: 11, ...run, state: "running", timezone: "nowhere" },
      { dag_run_id: 12, ...run, state: "running" },
      { dag_run_id: 13, ...run, state: "cancelled" },
    ],
    task_instances: [
      ...states.map((state, index) => ({
        task_instance_id: 11 + index,
        dag_run_id: 11,
        state,
        next_attempt_at: AT,
      })),
      { task_instance_id: 30, dag_run_id: 12, state: "running" },
    ],
    attempts: [
      { task_instance_id: 12, number: 1, state: "lost" },
      { task_instance_id: 12, number: 2, state: "running" },
      { task_instance_id: 30, number: 1, state: "running" },
    ],
  });

  test("fails with its open tasks and their attempts", async () => {
    const local = "2026-11-24 12:00:00 +00:00";
    const end = { finished_at: THEN, finished_at_local: local };
    const task = { state: "failed", message: "unreadable", next_attempt_at: null, ...end };
    const fail = (id: number) =>
      rows.watch((query) => {
        const broken = findBrokenRun(query, id);
        if (broken !== undefined) failBrokenRun(query, id, broken, "unreadable", NOW);
      });
    expect(listRunningTaskIds(rows.database, 11)).toEqual([12]);
    expect(await fail(11)).toEqual({
      "dag_runs 11": { state: "failed", ...end },
      "task_instances 11": task,
      "task_instances 12": task,
      "task_instances 13": task,
      "attempts 12 2": { state: "failed", error_code: "RUN_UNUSABLE", error: "unreadable", ...end },
    });
    expect(await fail(13)).toEqual({});
  });
});

describe("backfills", () => {
  const backfill = { dag_id: "c", state: "running", lake: HERE };
  const signed = { run_type: "backfill", requested_by: "bob" };
  const part = { ...run, dag_id: "c" };
  const rows = openRows({
    backfills: [
      { backfill_id: 1, ...backfill, max_active: 4 },
      { backfill_id: 2, ...backfill, lake: THERE, max_active: 5 },
      { backfill_id: 3, ...backfill, dag_id: "d" },
      { backfill_id: 4, ...backfill, state: "done", dag_id: "e" },
    ],
    dag_runs: [
      { dag_run_id: 11, ...part, backfill_id: 1, state: "failed", logical_date: day(2) },
      { dag_run_id: 12, ...part, backfill_id: 1, state: "queued", logical_date: day(1) },
      {
        dag_run_id: 13,
        ...part,
        backfill_id: 1,
        state: "running",
        logical_date: day(3),
        run_type: "backfill",
        created_at: THEN,
      },
      {
        dag_run_id: 17,
        ...part,
        backfill_id: 4,
        state: "failed",
        logical_date: day(7),
        run_type: "backfill",
        created_at: THEN,
      },
      { dag_run_id: 18, ...part, backfill_id: 1, state: "success", logical_date: day(8), created_at: THEN },
      { dag_run_id: 14, ...part, backfill_id: 1, state: "success", logical_date: day(4), ...signed },
      // Of an earlier backfill and version, which kept no names: repeated by this one.
      {
        dag_run_id: 19,
        ...part,
        backfill_id: 1,
        state: "success",
        logical_date: day(9),
        run_type: "backfill",
        created_at: AT,
      },
      {
        dag_run_id: 15,
        ...part,
        backfill_id: 2,
        state: "failed",
        logical_date: day(1),
        lake: THERE,
        run_type: "backfill",
      },
      { dag_run_id: 16, ...part, state: "queued", logical_date: day(5), run_type: "backfill" },
    ],
  });

  test.each<Reading>([
    ["the running one of a Dag and lake", (q) => findRunningBackfill(q, THERE, "c")?.backfillId, 2],
    ["of another Dag", (q) => findRunningBackfill(q, HERE, "d")?.backfillId, 3],
    ["none that has ended", (q) => findRunningBackfill(q, HERE, "e"), undefined],
    ["its limit", (q) => [readBackfillLimit(q, 2), readBackfillLimit(q, 99)], [5, 1]],
    ["its runs by date", (q) => idsOf(listBackfillRuns(q, 1)), [12, 11, 13, 14, 18, 19]],
    ["their counts", (q) => countBackfillRuns(q, 1), { total: 6, open: 2, failed: 1 }],
    [
      "those without an open run",
      (q) => listFinishedBackfills(q).map(({ backfillId }) => backfillId),
      [2, 3],
    ],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });

  test.each<Writing>([
    ["its limit changes", (q) => setBackfillLimit(q, 2, 9), { "backfills 2": { max_active: 9 } }],
    [
      "it ends",
      (q) => endBackfill(q, 2, "done", NOW),
      { "backfills 2": { state: "done", finished_at: THEN } },
    ],
    [
      "the runs that it creates are signed",
      (q) => signBackfill(q, 1, "ana", NOW),
      { "dag_runs 13": { requested_by: "ana" } },
    ],
    ["it ends once", (q) => endBackfill(q, 4, "cancelled", NOW), {}],
  ])("%s", async (_does, work, changes) => {
    expect(await rows.watch(work)).toEqual(changes);
  });

  test("a new one is read back", async () => {
    const plan = { lake: HERE, dagId: "f", fromDate: day(1), toDate: day(2), maxActive: 2 };
    const made = await rows.database.write((query) =>
      insertBackfill(query, { ...plan, reprocess: "failed", isRefetch: true }, NOW),
    );
    expect(made).toMatchObject({ ...plan, state: "running", reprocess: "failed", isRefetch: true });
  });
});
