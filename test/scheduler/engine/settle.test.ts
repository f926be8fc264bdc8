/** A result writes nothing if the attempt or its task has changed since its start. */
import { expect, test } from "vitest";
import { settleAttempt } from "../../../scheduler/engine/settle.ts";
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
  const outputs = () => world.database.all(sql`SELECT name, value FROM task_outputs`);
  return { ...world, run, settle, outputs };
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
