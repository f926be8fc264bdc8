/** The rows of tasks: state changes, attempts, outputs and clearing. */
import { describe, expect, test } from "vitest";
import type { DagRun } from "../../../model/run/dag-run.ts";
import { IllegalTransition } from "../../../model/errors.ts";
import type { TaskInstance } from "../../../model/run/task-instance.ts";
import { addTasks, readRun } from "../../../state/runs/dag-runs.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import {
  changeTaskState,
  clearTask,
  finishAttempt,
  hurryTask,
  listRunningTasks,
  listTasksOfRun,
  readOutputs,
  saveOutputs,
  startAttempt,
} from "../../../state/runs/task-instances.ts";
import { openTestWorld, type TestWorld } from "../../support/test-world.ts";

const NOW = new Date("2026-11-23T12:00:00.000Z");
const LATER = new Date("2026-11-23T12:05:00.000Z");
const PROCESS = { pid: 42, host: "here", leaseEpoch: 7 };
const SUCCESS = { state: "success", errorCode: null, error: null } as const;

interface TaskWorld extends TestWorld {
  readonly run: DagRun;
  /** The present rows. */
  readonly tasks: () => readonly [TaskInstance, TaskInstance];
  readonly attempts: () => unknown[];
}

async function openTaskWorld(): Promise<TaskWorld> {
  const world = await openTestWorld();
  const facts = await world.makeRunFacts("2026-11-23T09:00:00Z");
  const run = readRun(world.database, facts.dagRunId);
  const row = (taskId: string) => ({ taskId, type: "noop", pool: "p", exclusiveKey: `records:${taskId}` });
  await world.database.write((query) => {
    addTasks(query, run, [row("one"), row("two")]);
  });
  return {
    ...world,
    run,
    tasks: () => {
      const [one, two] = listTasksOfRun(world.database, run.dagRunId);
      if (one === undefined || two === undefined) throw new Error("two tasks are expected");
      return [one, two];
    },
    attempts: () =>
      world.database.all(
        sql`SELECT number, state, pid, host, lease_epoch, error_code FROM attempts ORDER BY number`,
      ),
  };
}

describe("a change of state", () => {
  test("writes nothing if an earlier change came first", async () => {
    const { database, run, tasks } = await openTaskWorld();
    const [stale] = tasks();
    expect(
      await database.write((query) =>
        changeTaskState(query, run, stale, "skipped", NOW, { message: "first" }),
      ),
    ).toBe(true);
    expect(
      await database.write((query) =>
        changeTaskState(query, run, stale, "cancelled", LATER, { message: "second", lostCount: 9 }),
      ),
    ).toBe(false);
    expect(tasks()[0]).toMatchObject({ state: "skipped", message: "first", lostCount: 0 });
  });

  test("outside the table is an error", async () => {
    const { database, run, tasks } = await openTaskWorld();
    await expect(
      database.write((query) => changeTaskState(query, run, tasks()[0], "up_for_retry", NOW)),
    ).rejects.toThrow(IllegalTransition);
    expect(tasks()[0].state).toBe("none");
  });

  test("clears the time of the next attempt, and keeps other fields unless they are given", async () => {
    const { database, run, tasks } = await openTaskWorld();
    const nextAttemptAt = "2026-11-23T12:10:00.000Z";
    await database.write((query) => {
      startAttempt(query, run, tasks()[0], PROCESS, NOW);
      changeTaskState(query, run, tasks()[0], "up_for_retry", NOW, {
        message: "why",
        failureCount: 2,
        nextAttemptAt,
      });
    });
    expect(tasks()[0]).toMatchObject({ message: "why", failureCount: 2, nextAttemptAt });
    await database.write((query) => changeTaskState(query, run, tasks()[0], "scheduled", NOW));
    expect(tasks()[0]).toMatchObject({ message: "why", failureCount: 2, nextAttemptAt: null });
  });
});

describe("an attempt", () => {
  test("starts with its row, number and process, and holds a slot", async () => {
    const { database, run, tasks, attempts } = await openTaskWorld();
    expect(await database.write((query) => startAttempt(query, run, tasks()[0], PROCESS, NOW))).toBe(1);
    expect(tasks()[0]).toMatchObject({ state: "running", attemptCount: 1 });
    expect(attempts()).toEqual([
      { number: 1, state: "running", pid: 42, host: "here", lease_epoch: 7, error_code: null },
    ]);
    expect(listRunningTasks(database)).toMatchObject([
      { dagId: "test_dag", taskId: "one", pool: "p", exclusiveKey: "records:one", state: "running" },
    ]);
  });

  test("is started only once", async () => {
    const { database, run, tasks, attempts } = await openTaskWorld();
    const [stale] = tasks();
    const numbers = await Promise.all([
      database.write((query) => startAttempt(query, run, stale, PROCESS, NOW)),
      database.write((query) => startAttempt(query, run, stale, PROCESS, NOW)),
    ]);
    expect(numbers).toEqual([1, undefined]);
    expect(attempts()).toHaveLength(1);
  });

  test("that has ended ignores a late answer: the first end stays", async () => {
    const { database, run, tasks, attempts } = await openTaskWorld();
    await database.write((query) => startAttempt(query, run, tasks()[0], PROCESS, NOW));
    const lost = { state: "lost", errorCode: "TASK_LOST", error: "gone" } as const;
    const finish = (end: typeof SUCCESS | typeof lost) =>
      database.write((query) => finishAttempt(query, run, tasks()[0], 1, end, LATER));
    expect(await finish(lost)).toBe(true);
    expect(await finish(SUCCESS)).toBe(false);
    expect(attempts()).toMatchObject([{ state: "lost", error_code: "TASK_LOST" }]);
  });

  test("that was followed by another cannot end the other one", async () => {
    const { database, run, tasks, attempts } = await openTaskWorld();
    await database.write((query) => {
      startAttempt(query, run, tasks()[0], PROCESS, NOW);
      finishAttempt(query, run, tasks()[0], 1, { state: "lost", errorCode: null, error: null }, NOW);
      changeTaskState(query, run, tasks()[0], "up_for_retry", NOW);
      startAttempt(query, run, tasks()[0], PROCESS, LATER);
    });
    expect(await database.write((query) => finishAttempt(query, run, tasks()[0], 1, SUCCESS, LATER))).toBe(
      false,
    );
    expect(attempts()).toMatchObject([{ state: "lost" }, { number: 2, state: "running" }]);
  });
});

describe("outputs", () => {
  test("of every task of the run are read back by name, unchanged", async () => {
    const { database, run, tasks } = await openTaskWorld();
    const output = { ids: 3, key: "a/b", none: null, list: [1, "x"], nested: { is: true } };
    await database.write((query) => {
      saveOutputs(query, tasks()[0].taskInstanceId, output);
      saveOutputs(query, tasks()[1].taskInstanceId, { ids: 0 });
    });
    expect(readOutputs(database, run.dagRunId)).toEqual({ one: output, two: { ids: 0 } });
  });

  test("replace those of an earlier attempt, including names that are gone", async () => {
    const { database, run, tasks } = await openTaskWorld();
    await database.write((query) => {
      saveOutputs(query, tasks()[0].taskInstanceId, { old: 1, both: 1 });
      saveOutputs(query, tasks()[0].taskInstanceId, { both: 2 });
    });
    expect(readOutputs(database, run.dagRunId)).toEqual({ one: { both: 2 } });
  });
});

describe("clearing", () => {
  test("resets a task's limits and keeps its attempts as history", async () => {
    const { database, run, tasks, attempts } = await openTaskWorld();
    await database.write((query) => {
      startAttempt(query, run, tasks()[0], PROCESS, NOW);
      finishAttempt(query, run, tasks()[0], 1, { state: "failed", errorCode: "INTERNAL", error: "x" }, NOW);
      changeTaskState(query, run, tasks()[0], "failed", NOW, {
        message: "x",
        failureCount: 4,
        lostCount: 2,
        waitingSince: NOW.toISOString(),
      });
    });
    expect(await database.write((query) => clearTask(query, run, tasks()[0], LATER))).toBe(true);
    expect(tasks()[0]).toMatchObject({
      state: "none",
      failureCount: 0,
      lostCount: 0,
      waitingSince: null,
      message: null,
      attemptCount: 1,
    });
    expect(attempts()).toMatchObject([{ number: 1, state: "failed" }]);
    expect(
      database.get(sql`SELECT started_at, finished_at FROM task_instances ORDER BY task_instance_id`),
    ).toEqual({
      started_at: null,
      finished_at: null,
    });
    expect(await database.write((query) => startAttempt(query, run, tasks()[0], PROCESS, LATER))).toBe(2);
  });

  test("does nothing to a task that never ran, and refuses a running one", async () => {
    const { database, run, tasks } = await openTaskWorld();
    expect(await database.write((query) => clearTask(query, run, tasks()[0], NOW))).toBe(true);
    await database.write((query) => startAttempt(query, run, tasks()[0], PROCESS, NOW));
    await expect(database.write((query) => clearTask(query, run, tasks()[0], NOW))).rejects.toThrow(
      IllegalTransition,
    );
  });

  test("hurrying lets a waiting task start at once and resets its lost attempts", async () => {
    const { database, run, tasks } = await openTaskWorld();
    await database.write((query) => {
      startAttempt(query, run, tasks()[0], PROCESS, NOW);
      const change = { nextAttemptAt: "2026-11-24T00:00:00.000Z", lostCount: 2, failureCount: 1 };
      changeTaskState(query, run, tasks()[0], "up_for_retry", NOW, change);
      hurryTask(query, tasks()[0]);
    });
    expect(tasks()[0]).toMatchObject({
      nextAttemptAt: null,
      lostCount: 0,
      failureCount: 1,
      state: "up_for_retry",
    });
  });
});
