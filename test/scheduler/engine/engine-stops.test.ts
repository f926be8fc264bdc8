/** How the engine stops, and how it handles late answers. */
import { describe, expect, onTestFinished, test } from "vitest";
import { AttemptLeftRunning, TaskFailure } from "../../../model/errors.ts";
import { armFailpoints } from "../../../model/failpoint.ts";
import { driveRuns } from "../../../scheduler/engine/drive-runs.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeChain, makeGate, openEngineWorld } from "../engine-world.ts";

const succeed = () => ({});
const fail = () => {
  throw new TaskFailure("LAKE_UNAVAILABLE", "The store is away.", true);
};

describe("a drain", () => {
  test("stops running tasks, starts nothing, and leaves a run that resumes where it was", async () => {
    const isBusy = makeGate();
    let mayFinish = false;
    const world = await openEngineWorld({
      a: ({ signal }) => {
        if (mayFinish) return {};
        isBusy.open();
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        });
      },
      b: succeed,
    });
    const run = await world.makeRun(makeChain({ taskId: "a" }, { taskId: "b", needs: ["a"] }));
    const done = world.drive(run);
    await isBusy.opened;
    world.drain();
    const [left] = await done;
    expect(left?.state).toBe("running");
    expect(world.states(run)).toEqual({ a: "up_for_retry", b: "none" });
    expect(world.attempts()).toMatchObject([{ state: "cancelled" }]);
    expect(world.task(run, "a")).toMatchObject({ failureCount: 0, nextAttemptAt: null });
    mayFinish = true;
    expect(await world.drive(run)).toMatchObject([{ state: "running" }]);
    expect(world.attempts()).toHaveLength(1);
  });

  test("accepts the answer of a task that finishes instead of stopping", async () => {
    const [isBusy, gate] = [makeGate(), makeGate()];
    const world = await openEngineWorld({
      a: async () => {
        isBusy.open();
        await gate.opened;
        return { done: true };
      },
    });
    const run = await world.makeRun(makeChain({ taskId: "a" }));
    const done = world.drive(run);
    await isBusy.opened;
    world.drain();
    gate.open();
    const [ended] = await done;
    expect(ended?.state).toBe("success");
  });

  test("does not start an attempt that was only in the database when the drain began", async () => {
    let runs = 0;
    const world = await openEngineWorld({
      a: () => {
        runs += 1;
        return {};
      },
    });
    const run = await world.makeRun(makeChain({ taskId: "a", retries: 0 }));
    armFailpoints((name) => {
      if (name === "attempt.after") world.drain();
    });
    onTestFinished(() => armFailpoints(undefined));
    await world.drive(run);
    expect(world.states(run)).toEqual({ a: "up_for_retry" });
    expect(world.attempts()).toMatchObject([{ state: "cancelled", error_code: null }]);
    expect(runs).toBe(0);
  });

  test("does not wait for a far retry", async () => {
    const world = await openEngineWorld({ a: () => fail() });
    const run = await world.makeRun(makeChain({ taskId: "a", retries: 1, retryDelaySeconds: 30 }));
    const done = world.drive(run);
    await world.clock.untilSleeping(30_000, 30_000);
    world.drain();
    const [left] = await done;
    expect(left?.state).toBe("running");
    expect(world.clock.sleepers).toBe(0);
  });
});

describe("a task whose program does not end", () => {
  const hang = async ({ signal }: { readonly signal: AbortSignal }): Promise<never> => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw new AttemptLeftRunning("a: process 7 still runs");
  };

  test("is not tried again when it took too long", async () => {
    const world = await openEngineWorld({ a: hang });
    const run = await world.makeRun(makeChain({ taskId: "a", timeoutSeconds: 60, retries: 3 }));
    const done = world.drive(run);
    await world.clock.untilSleeping(60_000, 60_000);
    await world.clock.advance(60_000);
    expect(await done).toMatchObject([{ state: "failed" }]);
    expect(world.attempts()).toMatchObject([{ state: "failed", error_code: "ATTEMPT_LEFT_RUNNING" }]);
  });

  test("is not resumed after a drain", async () => {
    const world = await openEngineWorld({ a: hang });
    const run = await world.makeRun(makeChain({ taskId: "a", retries: 3 }));
    const done = world.drive(run);
    await world.clock.untilSleeping(1, Number.MAX_SAFE_INTEGER);
    world.drain();
    await done;
    expect(world.states(run)).toEqual({ a: "failed" });
  });
});

describe("a run whose time is nearly over", () => {
  test("lets its running task store what it has and end by itself, starts nothing, and stays open", async () => {
    const isBusy = makeGate();
    const told: string[] = [];
    const world = await openEngineWorld({
      a: ({ signal, wrapUp }) => {
        isBusy.open();
        return new Promise((resolve) => {
          signal.addEventListener("abort", () => told.push("stopped"));
          wrapUp.addEventListener("abort", () => {
            told.push("asked to wrap up");
            resolve({ stored: 7 });
          });
        });
      },
      b: succeed,
    });
    const run = await world.makeRun(makeChain({ taskId: "a" }, { taskId: "b", needs: ["a"] }));
    const wrapUp = new AbortController();
    const drive = () =>
      driveRuns({ ...world.tools, wrapUp: wrapUp.signal }, [run.dagRunId], new AbortController().signal);
    const done = drive();
    await isBusy.opened;
    wrapUp.abort();
    expect(await done).toMatchObject([{ state: "running" }]);
    expect(told).toEqual(["asked to wrap up"]);
    expect(world.states(run)).toEqual({ a: "success", b: "none" });
    expect(await drive(), "its time is over").toMatchObject([{ state: "running" }]);
    expect(world.states(run)).toEqual({ a: "success", b: "none" });
    expect(await world.drive(run), "resumed").toMatchObject([{ state: "success" }]);
  });
});

test("an attempt that has already ended otherwise does not settle", async () => {
  const [isBusy, gate] = [makeGate(), makeGate()];
  const world = await openEngineWorld({
    a: async () => {
      isBusy.open();
      await gate.opened;
      return { late: true };
    },
  });
  const run = await world.makeRun(makeChain({ taskId: "a" }));
  const done = world.drive(run);
  await isBusy.opened;
  await world.database.write((query) => {
    query.run(sql`UPDATE attempts SET state = 'lost'`);
    query.run(sql`UPDATE task_instances SET state = 'failed'`);
  });
  gate.open();
  const [ended] = await done;
  expect(ended?.state).toBe("failed");
  expect(world.told).not.toContain("settled a success");
  expect(world.database.all(sql`SELECT * FROM task_outputs`)).toEqual([]);
});

test("the late answer of an attempt that was followed by another leaves that other one running", async () => {
  const [isBusy, gate] = [makeGate(), makeGate()];
  const world = await openEngineWorld({
    a: async () => {
      isBusy.open();
      await gate.opened;
      return { late: true };
    },
  });
  const run = await world.makeRun(makeChain({ taskId: "a" }));
  const done = world.drive(run);
  await isBusy.opened;
  await world.database.write((query) => {
    query.run(sql`UPDATE attempts SET state = 'lost'`);
    query.run(sql`UPDATE task_instances SET attempt_count = 2`);
    query.run(
      sql`INSERT INTO attempts (task_instance_id, number, state, pid, host, lease_epoch, started_at, started_at_local)
        SELECT task_instance_id, 2, 'running', pid, host, lease_epoch, started_at, started_at_local FROM attempts`,
    );
  });
  gate.open();
  world.drain();
  await done;
  expect(world.states(run)).toEqual({ a: "running" });
  expect(world.attempts().map(({ state }) => state)).toEqual(["lost", "running"]);
  expect(world.database.all(sql`SELECT * FROM task_outputs`)).toEqual([]);
});
