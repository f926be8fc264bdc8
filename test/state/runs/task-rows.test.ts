/** Statements about tasks, attempts and outputs: each touches its own task and run only. */
import { describe, expect, test } from "vitest";
import { readRun, addTasks } from "../../../state/runs/dag-runs.ts";
import { savePools } from "../../../state/runs/pools.ts";
import {
  changeTaskState,
  clearTask,
  finishAttempt,
  hurryTask,
  keepCondition,
  listRunningAttempts,
  listRunningTasks,
  listTasksOfRun,
  readOutputs,
  readOutputsOf,
  readTask,
  saveOutputs,
  startAttempt,
} from "../../../state/runs/task-instances.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { AT, HERE, NOW, openRows, THEN, type Reading, type Writing } from "../rows.ts";

const LOCAL = "2026-11-24 12:00:00 +00:00";

describe("tasks", () => {
  const ended = { started_at: AT, started_at_local: AT, finished_at: AT, finished_at_local: AT };
  const waiting = { next_attempt_at: AT, message: "m", waiting_since: AT, failure_count: 2, lost_count: 3 };
  const rows = openRows({
    task_instances: [
      { task_instance_id: 11, dag_run_id: 1, task_id: "a", state: "running", attempt_count: 2 },
      { task_instance_id: 12, dag_run_id: 1, task_id: "b", state: "queued" },
      { task_instance_id: 13, dag_run_id: 1, task_id: "c", state: "scheduled" },
      {
        task_instance_id: 14,
        dag_run_id: 1,
        task_id: "d",
        state: "up_for_retry",
        attempt_count: 1,
        ...waiting,
        ...ended,
      },
      {
        task_instance_id: 15,
        dag_run_id: 1,
        task_id: "e",
        state: "failed",
        ...waiting,
        ...ended,
        when_held: 1,
      },
      { task_instance_id: 16, dag_run_id: 2, task_id: "a", state: "failed", ...waiting, when_held: 1 },
    ],
    attempts: [
      { task_instance_id: 11, number: 1, state: "lost" },
      { task_instance_id: 11, number: 2, state: "running" },
      { task_instance_id: 16, number: 2, state: "running" },
    ],
    task_outputs: [
      { task_instance_id: 15, name: "n", value: "1" },
      { task_instance_id: 15, name: "m", value: "2" },
      { task_instance_id: 11, name: "n", value: "3" },
      { task_instance_id: 16, name: "n", value: "4" },
    ],
    objects: [{ object_id: 1, lake: HERE, key: "k", kind: "file", is_committed: 1 }],
    task_inputs: [
      { task_instance_id: 15, dataset: "x", object_id: 1 },
      { task_instance_id: 16, dataset: "x", object_id: 1 },
    ],
  });
  const run = (query: Query) => readRun(query, 1);
  const process = { pid: 1, host: "h", leaseEpoch: 1 };
  const end = { state: "failed", errorCode: "INTERNAL", error: "e" } as const;

  test.each<Reading>([
    [
      "of a run, in their order",
      (q) => listTasksOfRun(q, 1).map(({ taskId }) => taskId),
      ["t", "a", "b", "c", "d", "e"],
    ],
    ["one", (q) => readTask(q, 16).dagRunId, 2],
    [
      "those that hold a slot",
      (q) =>
        listRunningTasks(q)
          .map(({ taskInstanceId }) => taskInstanceId)
          .toSorted((a, b) => a - b),
      [11, 12],
    ],
    [
      "attempts that run",
      (q) => listRunningAttempts(q),
      [{ dagId: "a", runId: "one", taskId: "a", attempt: 2 }],
    ],
    ["outputs of a run", (q) => readOutputs(q, 1), { a: { n: 3 }, e: { n: 1, m: 2 } }],
    ["outputs of some of its tasks", (q) => readOutputsOf(q, 1, ["a"]), { a: { n: 3 } }],
  ])("read: %s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });

  test.each<Writing>([
    [
      "an end has its time; the rest stays",
      (q) => changeTaskState(q, run(q), readTask(q, 14), "failed", NOW),
      {
        "task_instances 14": {
          state: "failed",
          next_attempt_at: null,
          finished_at: THEN,
          finished_at_local: LOCAL,
        },
      },
    ],
    [
      "a wait has what is given",
      (q) =>
        changeTaskState(q, run(q), readTask(q, 11), "up_for_retry", NOW, {
          message: "later",
          nextAttemptAt: THEN,
          waitingSince: THEN,
          failureCount: 4,
          lostCount: 5,
        }),
      {
        "task_instances 11": {
          state: "up_for_retry",
          message: "later",
          next_attempt_at: THEN,
          waiting_since: THEN,
          failure_count: 4,
          lost_count: 5,
        },
      },
    ],
    [
      "a state that was changed meanwhile stays",
      (q) => {
        const stale = { ...readTask(q, 14), state: "queued" } as const;
        expect(changeTaskState(q, run(q), stale, "cancelled", NOW)).toBe(false);
        expect(startAttempt(q, run(q), stale, process, NOW)).toBeUndefined();
        hurryTask(q, stale);
      },
      {},
    ],
    [
      "an attempt begins, and keeps the task's first start",
      (q) => expect(startAttempt(q, run(q), readTask(q, 14), process, NOW)).toBe(2),
      {
        "task_instances 14": {
          state: "running",
          attempt_count: 2,
          next_attempt_at: null,
          message: null,
          finished_at: null,
          finished_at_local: null,
        },
        "attempts 14 2": "added",
      },
    ],
    [
      "a first attempt is the task's start",
      (q) => startAttempt(q, run(q), readTask(q, 12), process, NOW),
      {
        "task_instances 12": {
          state: "running",
          attempt_count: 1,
          started_at: THEN,
          started_at_local: LOCAL,
        },
        "attempts 12 1": "added",
      },
    ],
    [
      "an attempt ends",
      (q) => expect(finishAttempt(q, run(q), readTask(q, 11), 2, end, NOW)).toBe(true),
      {
        "attempts 11 2": {
          state: "failed",
          error_code: "INTERNAL",
          error: "e",
          finished_at: THEN,
          finished_at_local: LOCAL,
        },
      },
    ],
    [
      "an attempt that has ended stays",
      (q) => expect(finishAttempt(q, run(q), readTask(q, 11), 1, end, NOW)).toBe(false),
      {},
    ],
    [
      "outputs are replaced",
      (q) => saveOutputs(q, 15, { n: 9 }),
      { "task_outputs 15 m": "deleted", "task_outputs 15 n": { value: "9" } },
    ],
    [
      "a waiting task is hurried",
      (q) => hurryTask(q, readTask(q, 14)),
      { "task_instances 14": { next_attempt_at: null, lost_count: 0 } },
    ],
    [
      "a condition is kept",
      (q) => keepCondition(q, readTask(q, 12)),
      { "task_instances 12": { when_held: 1 } },
    ],
    [
      "a cleared task has no limits, times, inputs or outputs",
      (q) => clearTask(q, run(q), readTask(q, 15), NOW),
      {
        "task_instances 15": {
          state: "none",
          next_attempt_at: null,
          message: null,
          waiting_since: null,
          failure_count: 0,
          lost_count: 0,
          started_at: null,
          started_at_local: null,
          finished_at: null,
          finished_at_local: null,
          when_held: 0,
        },
        "task_outputs 15 m": "deleted",
        "task_outputs 15 n": "deleted",
        "task_inputs 15 x": "deleted",
      },
    ],
    [
      "a task that is there already is not added again",
      (q) => addTasks(q, run(q), [{ taskId: "a", type: "noop", pool: "p", exclusiveKey: null }]),
      {},
    ],
  ])("%s", async (_does, work, changes) => {
    expect(await rows.watch(work)).toEqual(changes);
  });

  test("pools are those that are configured", async () => {
    const save = (pools: readonly (readonly [string, number])[]) =>
      rows.watch((query) => savePools(query, new Map(pools)));
    await save([
      ["a", 1],
      ["b", 1],
    ]);
    expect(await save([["b", 2]])).toEqual({ "pools a": "deleted", "pools b": { slots: 2 } });
  });
});
