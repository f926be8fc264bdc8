/** A result writes nothing if the attempt or its task has changed since its start. */
import { expect, test } from "vitest";
import {
  settleAttempt,
  settleCarefully,
  type Completion,
  type Settled,
} from "../../../scheduler/engine/settle.ts";
import { createCarefulGuard } from "../../../scheduler/engine/step-guard.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import type { AttemptResult } from "../../../model/ports/executor.ts";
import { startAttempt } from "../../../state/runs/task-instances.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeChain, openEngineWorld } from "../engine-world.ts";

const DAG = makeChain({ taskId: "a", retries: 3 });
const SUCCESS: AttemptResult = { outcome: "success", output: { count: 1 }, message: null };

/** A running attempt, and a function that settles it. */
async function openAttempt() {
  const world = await openEngineWorld({ a: () => ({}) });
  const run = await world.makeRun(DAG);
  const now = world.clock.now();
  const facts = { pid: 1, host: "test", leaseEpoch: 1 };
  await world.database.write((query) => startAttempt(query, run, world.task(run, "a"), facts, now));
  const task = world.task(run, "a");
  const settle = (result: AttemptResult, isAttended = false) =>
    world.database.write((query) =>
      settleAttempt(query, { run, dag: DAG, task, number: 1, result, isAttended, random: 0 }, now),
    );
  const settleWith = (
    give: (completion: Completion, query: Query) => Settled | undefined,
    result: AttemptResult,
  ) =>
    world.database.write((query) =>
      give({ run, dag: DAG, task, number: 1, result, isAttended: false, random: 0 }, query),
    );
  const outputs = () => world.database.all(sql`SELECT name, value FROM task_outputs`);
  return { ...world, run, settle, settleWith, outputs };
}

test("a result is written once", async () => {
  const world = await openAttempt();
  expect(await world.settle(SUCCESS)).toMatchObject({ state: "success" });
  expect(await world.settle({ ...SUCCESS, output: { count: 2 } })).toBeUndefined();
  expect(world.outputs()).toEqual([{ name: "count", value: "1" }]);
});

test("a task whose state was changed meanwhile keeps it, and gets no output", async () => {
  const world = await openAttempt();
  await world.database.write((query) => query.run(sql`UPDATE task_instances SET state = 'failed'`));
  expect(await world.settle(SUCCESS)).toBeUndefined();
  expect(world.states(world.run)).toEqual({ a: "failed" });
  expect(world.outputs()).toEqual([]);
});

test.each([
  ["RUN_CANCELLED", "its run was cancelled"],
  ["RUN_TIMED_OUT", "its run took longer than its timeout"],
] as const)("an attempt that ends with %s says: %s", async (code, message) => {
  const world = await openAttempt();
  expect(await world.settle({ outcome: "cancelled", code })).toMatchObject({ state: "cancelled", message });
  expect(world.attempts()).toMatchObject([{ state: "cancelled", error_code: code, error: message }]);
});

test.each([
  ["in the foreground", true, "failed"],
  ["under a scheduler, which may find it mended", false, "up_for_retry"],
] as const)("what only a person mends is tried again or not: %s", async (_where, isAttended, state) => {
  const world = await openAttempt();
  const failure = {
    outcome: "failed",
    code: "INPUT_MISSING",
    message: "no folder",
    retryable: true,
  } as const;
  const mended = { ...failure, retryAfterSeconds: null, isForPerson: true };
  expect(await world.settle(mended, isAttended)).toMatchObject({ state });
});

test("each end has its row, its task's state and its next attempt", async () => {
  const rows: unknown[] = [];
  const results: readonly AttemptResult[] = [
    { ...SUCCESS, message: "made" },
    { outcome: "drained" },
    { outcome: "reschedule", code: "INPUT_NOT_READY", message: "not yet", afterSeconds: 90 },
    { outcome: "failed", code: "SHELL_FAILED", message: "broken", retryable: false, retryAfterSeconds: null },
  ];
  for (const result of results) {
    const world = await openAttempt();
    await world.settle(result);
    const { state, message, nextAttemptAt, waitingSince } = world.task(world.run, "a");
    rows.push({ task: { state, message, nextAttemptAt, waitingSince }, attempts: world.attempts() });
  }
  const now = "2026-11-23T09:00:00.000Z";
  expect(rows).toEqual([
    {
      task: { state: "success", message: "made", nextAttemptAt: null, waitingSince: null },
      attempts: [{ state: "success", error_code: null, error: null }],
    },
    {
      task: {
        state: "up_for_retry",
        message: "stopped because the process ended; it resumes",
        nextAttemptAt: null,
        waitingSince: null,
      },
      attempts: [{ state: "cancelled", error_code: null, error: null }],
    },
    {
      task: {
        state: "up_for_reschedule",
        message: "not yet",
        nextAttemptAt: "2026-11-23T09:01:30.000Z",
        waitingSince: now,
      },
      attempts: [{ state: "cancelled", error_code: "INPUT_NOT_READY", error: "not yet" }],
    },
    {
      task: { state: "failed", message: "broken", nextAttemptAt: null, waitingSince: null },
      attempts: [{ state: "failed", error_code: "SHELL_FAILED", error: "broken" }],
    },
  ]);
});

const UNSTORABLE = { ...SUCCESS, output: { rows: 1n as never } };

test("a result that cannot be stored fails its task with the reason, and nothing else", async () => {
  const world = await openAttempt();
  const settled = await world.settleWith((completion, query) => {
    const guard = createCarefulGuard(query, { run: () => expect.fail(), thing: () => expect.fail() });
    return settleCarefully(query, completion, world.clock.now(), guard);
  }, UNSTORABLE);
  const message = "The result of a cannot be stored: Do not know how to serialize a BigInt";
  expect(settled).toMatchObject({ state: "failed", message });
  expect(world.attempts()).toEqual([{ state: "failed", error_code: "RESULT_UNUSABLE", error: message }]);
  expect(world.outputs()).toEqual([]);
});

test("a full disk is no fault of the result: it is raised, and the attempt stays as it was", async () => {
  const world = await openAttempt();
  world.database.get(sql`PRAGMA max_page_count = 1`);
  const settling = world.settleWith(
    (completion, query) => {
      const guard = createCarefulGuard(query, { run: () => expect.fail(), thing: () => expect.fail() });
      return settleCarefully(query, completion, world.clock.now(), guard);
    },
    { ...SUCCESS, output: { text: "x".repeat(1_000_000) } },
  );
  await expect(settling).rejects.toMatchObject({ code: "DATABASE_FULL" });
  world.database.get(sql`PRAGMA max_page_count = 1000000`);
  expect(world.states(world.run)).toEqual({ a: "running" });
});
