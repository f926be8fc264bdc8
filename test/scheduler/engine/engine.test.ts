/** The engine on a real database: runs, retries, waits, time-outs, options and slots. */
import { z } from "zod";
import { describe, expect, test } from "vitest";
import { TaskFailure, TaskReschedule } from "../../../model/errors.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeChain, makeGate, makeType, openEngineWorld, type Work } from "../engine-world.ts";

const succeed = () => ({});
const fail = (retryable = true) => {
  throw new TaskFailure("LAKE_UNAVAILABLE", "The store is away.", retryable);
};

describe("a run", () => {
  test("runs its tasks in the order of their needs and succeeds", async () => {
    const world = await openEngineWorld({ a: succeed, b: succeed, c: succeed });
    const dag = makeChain({ taskId: "a" }, { taskId: "b", needs: ["a"] }, { taskId: "c", needs: ["b"] });
    const run = await world.makeRun(dag);
    const [ended] = await world.drive(run);
    expect(ended?.state).toBe("success");
    expect(world.told).toEqual([
      "started a 1",
      "settled a success",
      "started b 1",
      "settled b success",
      "started c 1",
      "settled c success",
      "ended success",
    ]);
  });

  test("runs independent tasks at the same time", async () => {
    const both = makeGate();
    let count = 0;
    const meet = async () => {
      count += 1;
      if (count === 2) both.open();
      await both.opened;
      return {};
    };
    const world = await openEngineWorld({ a: meet, b: meet });
    const run = await world.makeRun(makeChain({ taskId: "a" }, { taskId: "b" }));
    const [ended] = await world.drive(run);
    expect(ended?.state).toBe("success");
  });

  test("fails with a task that fails, and skips its downstream tasks", async () => {
    const world = await openEngineWorld({ a: () => fail(), b: succeed, c: succeed, d: succeed });
    const dag = makeChain(
      { taskId: "a" },
      { taskId: "b", needs: ["a"] },
      { taskId: "c", needs: ["b"] },
      { taskId: "d" },
    );
    const run = await world.makeRun(dag);
    const [ended] = await world.drive(run);
    expect(ended?.state).toBe("failed");
    expect(world.states(run)).toEqual({
      a: "failed",
      b: "upstream_failed",
      c: "upstream_failed",
      d: "success",
    });
    expect(world.task(run, "b").message).toBe("all_success: a is failed");
    expect(world.told).toContain("settled c upstream_failed");
  });

  test("succeeds if the failed task has allow_failure, and a trigger rule runs the cleanup", async () => {
    const world = await openEngineWorld({ a: () => fail(), b: succeed });
    const dag = makeChain(
      { taskId: "a", allowFailure: true },
      { taskId: "b", needs: ["a"], triggerRule: "all_done" },
    );
    const run = await world.makeRun(dag);
    const [ended] = await world.drive(run);
    expect(ended?.state).toBe("success");
    expect(world.states(run)).toEqual({ a: "failed", b: "success" });
  });

  test("keeps the Dag that it was created with, even if the Dag is edited before it runs", async () => {
    const world = await openEngineWorld({ a: succeed, b: succeed });
    const run = await world.makeRun(makeChain({ taskId: "a" }));
    await world.makeRun(makeChain({ taskId: "a" }, { taskId: "b" }), "2026-11-24T09:00:00Z");
    await world.drive(run);
    expect(world.states(run)).toEqual({ a: "success" });
  });

  test("that has already ended is not changed", async () => {
    const world = await openEngineWorld({ a: succeed });
    const run = await world.makeRun(makeChain({ taskId: "a" }));
    await world.drive(run);
    const before = readRun(world.database, run.dagRunId);
    expect(await world.drive(run)).toEqual([before]);
    expect(world.attempts()).toHaveLength(1);
  });
});

describe("retries", () => {
  test("a task that fails and then succeeds is tried again after its delay, and not before", async () => {
    let calls = 0;
    const world = await openEngineWorld({
      a: ({ attempt }) => {
        calls += 1;
        return attempt === 1 ? fail() : { attempt };
      },
    });
    const run = await world.makeRun(makeChain({ taskId: "a", retries: 1, retryDelaySeconds: 30 }));
    const done = world.drive(run);
    await world.clock.untilSleeping(30_000, 30_000);
    expect(world.task(run, "a")).toMatchObject({
      state: "up_for_retry",
      failureCount: 1,
      message: "The store is away.",
      nextAttemptAt: "2026-11-23T09:00:30.000Z",
    });
    await world.clock.advance(29_999);
    expect(calls).toBe(1);
    await world.clock.advance(1);
    const [ended] = await done;
    expect(ended?.state).toBe("success");
    expect(world.attempts().map(({ state }) => state)).toEqual(["failed", "success"]);
    expect(world.task(run, "a")).toMatchObject({ attemptCount: 2, failureCount: 1, message: null });
  });

  test("are used up: the last failure is the task's", async () => {
    const world = await openEngineWorld({ a: () => fail() });
    const run = await world.makeRun(makeChain({ taskId: "a", retries: 2, retryDelaySeconds: 1 }));
    const done = world.drive(run);
    for (let retry = 0; retry < 2; retry += 1) {
      await world.clock.untilSleeping(1000, 1000);
      await world.clock.advance(1000);
    }
    const [ended] = await done;
    expect(ended?.state).toBe("failed");
    expect(world.attempts()).toHaveLength(3);
  });

  test("are not used for permanent failures", async () => {
    const world = await openEngineWorld({ a: () => fail(false) });
    const run = await world.makeRun(makeChain({ taskId: "a", retries: 9 }));
    await world.drive(run);
    expect(world.attempts()).toMatchObject([{ state: "failed", error_code: "LAKE_UNAVAILABLE" }]);
  });

  test("are used for an unexpected error of the task, whose text is stored", async () => {
    const world = await openEngineWorld({
      a: () => {
        throw new TypeError("x is not a function");
      },
    });
    const run = await world.makeRun(makeChain({ taskId: "a", retries: 1, retryDelaySeconds: 1 }));
    const done = world.drive(run);
    await world.clock.untilSleeping(1000, 1000);
    await world.clock.advance(1000);
    await done;
    expect(world.attempts()).toEqual([
      { state: "failed", error_code: "INTERNAL", error: "x is not a function" },
      { state: "failed", error_code: "INTERNAL", error: "x is not a function" },
    ]);
  });

  test("wait as long as the provider asks for", async () => {
    const world = await openEngineWorld({
      a: ({ attempt }) => {
        if (attempt > 1) return {};
        throw new TaskFailure("TMDB_RATE_LIMITED", "slow down", true, { retryAfterSeconds: 600 });
      },
    });
    const run = await world.makeRun(makeChain({ taskId: "a", retries: 1, retryDelaySeconds: 1 }));
    const done = world.drive(run);
    // The engine looks again at least every 30 seconds.
    while (world.task(run, "a").nextAttemptAt === null) await world.clock.untilSleeping(1, 30_000);
    expect(world.task(run, "a").nextAttemptAt).toBe("2026-11-23T09:10:00.000Z");
    for (let step = 0; step < 20; step += 1) {
      await world.clock.untilSleeping(1, 30_000);
      await world.clock.advance(30_000);
    }
    const [ended] = await done;
    expect(ended?.state).toBe("success");
  });
});

describe("a task that waits for something", () => {
  test("looks again after its time without using up its retries, and knows how long it has waited", async () => {
    const waited: number[] = [];
    const world = await openEngineWorld({
      a: ({ waitedSeconds }) => {
        waited.push(waitedSeconds);
        if (waited.length < 3) throw new TaskReschedule("INPUT_NOT_READY", "movies.csv is not there yet", 20);
        return {};
      },
    });
    const run = await world.makeRun(makeChain({ taskId: "a", retries: 0 }));
    const done = world.drive(run);
    for (let round = 0; round < 2; round += 1) {
      await world.clock.untilSleeping(20_000, 20_000);
      expect(world.task(run, "a")).toMatchObject({ state: "up_for_reschedule", failureCount: 0 });
      await world.clock.advance(20_000);
    }
    const [ended] = await done;
    expect(ended?.state).toBe("success");
    expect(waited).toEqual([0, 20, 40]);
    expect(world.task(run, "a")).toMatchObject({ waitingSince: null, message: null });
  });
});

test.each(["soon", "", "9999-12-31T23:59:59.999Z"])(
  "a task whose waiting_since was edited to %j waits from its next look on",
  async (since) => {
    const waited: number[] = [];
    const world = await openEngineWorld({
      a: ({ waitedSeconds }) => {
        waited.push(waitedSeconds);
        if (waited.length < 3) throw new TaskReschedule("INPUT_NOT_READY", "movies.csv is not there yet", 20);
        return {};
      },
    });
    const run = await world.makeRun(makeChain({ taskId: "a", retries: 0 }));
    await world.database.write((query) =>
      query.run(sql`UPDATE task_instances SET waiting_since = ${since}, state = 'up_for_reschedule'`),
    );
    const done = world.drive(run);
    for (let round = 0; round < 2; round += 1) {
      await world.clock.untilSleeping(20_000, 20_000);
      await world.clock.advance(20_000);
    }
    await done;
    expect(waited).toEqual([0, 20, 40]);
  },
);

describe("between two attempts", () => {
  test.each([
    [0, "2026-11-23T09:00:01.000Z", "2026-11-23T09:00:01.000Z"],
    [-5, "2026-11-23T09:00:01.000Z", "2026-11-23T09:00:01.000Z"],
    [0.25, "2026-11-23T09:00:01.000Z", "2026-11-23T09:00:01.000Z"],
    [90, "2026-11-23T09:01:30.000Z", "2026-11-23T09:01:30.000Z"],
    [450_000 * 604_800, "2036-11-20T09:00:00.000Z", "2026-11-24T09:00:00.000Z"],
    [Infinity, "2036-11-20T09:00:00.000Z", "2026-11-24T09:00:00.000Z"],
  ])("the wait has a minimum and a maximum: %d s", async (seconds, laterAt, retryAt) => {
    const later = new TaskReschedule("INPUT_NOT_READY", "not yet", seconds);
    const failure = new TaskFailure("INTERNAL", "no", true, { retryAfterSeconds: seconds });
    const raise = (error: Error) => (): never => {
      throw error;
    };
    const world = await openEngineWorld({ a: raise(later), b: raise(failure), c: raise(new Error("no")) });
    const retry = { retries: 9, retryDelaySeconds: 0 } as const;
    const run = await world.makeRun(
      makeChain({ taskId: "a" }, { taskId: "b", ...retry }, { taskId: "c", ...retry }),
    );
    const done = world.drive(run);
    await world.clock.untilSleeping(1, 30_000);
    expect(world.attempts()).toHaveLength(3);
    expect(world.task(run, "a").nextAttemptAt).toBe(laterAt);
    expect(world.task(run, "b").nextAttemptAt).toBe(retryAt);
    expect(world.task(run, "c").nextAttemptAt).toBe("2026-11-23T09:00:01.000Z");
    world.drain();
    await done;
  });
});

test("a free slot goes to the highest priority, also to a task that becomes ready in the same step", async () => {
  const order: string[] = [];
  const note =
    (name: string): Work =>
    () => {
      order.push(name);
      return {};
    };
  const world = await openEngineWorld(
    { first: note("first"), passed: note("passed"), high: note("high"), low: note("low") },
    { pools: { default: 1 } },
  );
  const run = await world.makeRun(
    makeChain(
      { taskId: "first", priority: 9 },
      { taskId: "low", priority: 1 },
      {
        taskId: "passed",
        needs: ["first"],
        priority: 5,
        when: { value: "${params.never}", operator: "is_null", operand: false },
      },
      { taskId: "high", needs: ["passed"], priority: 5, triggerRule: "all_done" },
    ),
  );
  await world.drive(run);
  expect(order).toEqual(["first", "high", "low"]);
});

describe("time-outs", () => {
  test("abort the task's signal, and the attempt is timed out", async () => {
    const world = await openEngineWorld({
      a: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error("stopped, whatever the reason")));
        }),
    });
    const run = await world.makeRun(makeChain({ taskId: "a", timeoutSeconds: 60 }));
    const done = world.drive(run);
    await world.clock.untilSleeping(60_000, 60_000);
    await world.clock.advance(60_000);
    await done;
    expect(world.attempts()).toEqual([
      { state: "timed_out", error_code: "TASK_TIMED_OUT", error: "a took longer than its timeout of 60 s." },
    ]);
  });

  test("end a task that ignores its signal after the grace time, and its late answer changes nothing", async () => {
    const gate = makeGate();
    const finished = makeGate();
    const world = await openEngineWorld({
      a: async () => {
        await gate.opened;
        finished.open();
        return { late: true };
      },
    });
    const run = await world.makeRun(makeChain({ taskId: "a", timeoutSeconds: 60 }));
    const done = world.drive(run);
    await world.clock.untilSleeping(60_000, 60_000);
    await world.clock.advance(60_000);
    await world.clock.untilSleeping(10_000, 10_000);
    expect(world.states(run)).toEqual({ a: "running" });
    await world.clock.advance(10_000);
    const [ended] = await done;
    expect(ended?.state).toBe("failed");
    gate.open();
    await finished.opened;
    await world.database.write(() => undefined);
    expect(world.attempts()).toMatchObject([{ state: "timed_out" }]);
    expect(world.database.all(sql`SELECT * FROM task_outputs`)).toEqual([]);
  });

  test("leave no timer behind if the task ends in time", async () => {
    const world = await openEngineWorld({ a: succeed });
    await world.drive(await world.makeRun(makeChain({ taskId: "a", timeoutSeconds: 60 })));
    expect(world.clock.sleepers).toBe(0);
  });
});

describe("options", () => {
  test("take the run's names, its params and the outputs of earlier tasks, types kept", async () => {
    const seen: unknown[] = [];
    const world = await openEngineWorld({
      a: () => ({ count: 3, key: "x/y" }),
      b: ({ options, outputs }) => {
        seen.push(options, outputs);
        return {};
      },
    });
    const dag = {
      ...makeChain(
        { taskId: "a" },
        {
          taskId: "b",
          needs: ["a"],
          with: {
            whole: "${outputs.a.count}",
            text: "${outputs.a.key}-${outputs.a.count}",
            list: ["${params.genres}", "${ds}"],
            key: "R/${partition}/${run_stamp}-${seq}.json",
          },
        },
      ),
      params: { genres: ["Comedy"] },
    };
    await world.drive(await world.makeRun(dag));
    expect(seen).toEqual([
      {
        whole: 3,
        text: "x/y-3",
        list: [["Comedy"], "2026-11-23"],
        key: "R/2026/11/23/20261123T090000000Z-${seq}.json",
      },
      { a: { count: 3, key: "x/y" } },
    ]);
  });

  test("give a task the outputs of its needs only", async () => {
    let seen: unknown;
    const world = await openEngineWorld({
      a: () => ({ from: "a" }),
      b: () => ({ from: "b" }),
      c: ({ outputs }) => {
        seen = outputs;
        return {};
      },
    });
    const dag = makeChain({ taskId: "a" }, { taskId: "b", needs: ["a"] }, { taskId: "c", needs: ["b"] });
    await world.drive(await world.makeRun(dag));
    expect(seen).toEqual({ b: { from: "b" } });
  });

  test("that an output makes invalid fail the task permanently, with the option's name", async () => {
    const strict = makeType("b", succeed, { options: z.strictObject({ limit: z.int() }) });
    const world = await openEngineWorld({ a: () => ({ count: "many" }), b: strict });
    const dag = makeChain(
      { taskId: "a" },
      { taskId: "b", needs: ["a"], retries: 5, with: { limit: "${outputs.a.count}" } },
    );
    await world.drive(await world.makeRun(dag));
    expect(world.attempts().at(-1)).toMatchObject({
      state: "failed",
      error_code: "OUTPUT_MISSING",
      error: expect.stringMatching(/limit/) as unknown,
    });
  });

  test("of a missing task type fail the task permanently", async () => {
    const world = await openEngineWorld({});
    const [ended] = await world.drive(await world.makeRun(makeChain({ taskId: "a", retries: 5 })));
    expect(ended?.state).toBe("failed");
    expect(world.attempts()).toHaveLength(1);
  });
});

describe("slots", () => {
  /** Returns the greatest number of tasks that ran at the same time. */
  function makeCounter() {
    let now = 0;
    let most = 0;
    const work = async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise(setImmediate);
      now -= 1;
      return {};
    };
    return { work, most: () => most };
  }

  test.each([
    [1, 1],
    [2, 2],
    [9, 6],
  ])("a pool of %i never runs more than %i of six tasks", async (slots, most) => {
    const counter = makeCounter();
    const world = await openEngineWorld({ noop: counter.work }, { pools: { tmdb: slots } });
    const dag = makeChain(
      ...["a", "b", "c", "d", "e", "f"].map((taskId) => ({ taskId, type: "noop", pool: "tmdb" })),
    );
    const [ended] = await world.drive(await world.makeRun(dag));
    expect(ended?.state).toBe("success");
    expect(counter.most()).toBe(most);
  });

  test("tasks of one exclusive key take turns, over all runs; others do not wait for them", async () => {
    const counter = makeCounter();
    const writer = makeType("writer", counter.work, {
      exclusiveKey: ({ dataset }) => `records:${JSON.stringify(dataset)}`,
    });
    const world = await openEngineWorld({ writer });
    const dag = makeChain(
      { taskId: "a", type: "writer", with: { dataset: "movies" } },
      { taskId: "b", type: "writer", with: { dataset: "movies" } },
    );
    const first = await world.makeRun(dag);
    const second = await world.makeRun({ ...dag, dagId: "other_dag" });
    await world.drive(first, second);
    expect(counter.most()).toBe(1);
    expect(world.attempts().map(({ state }) => state)).toEqual(Array(4).fill("success"));

    const apart = makeChain(
      { taskId: "a", type: "writer", with: { dataset: "movies" } },
      { taskId: "b", type: "writer", with: { dataset: "series" } },
    );
    await world.drive(await world.makeRun(apart, "2026-11-24T09:00:00Z"));
    expect(counter.most()).toBe(2);
  });

  test("a task that waits for a slot is scheduled and names the holder", async () => {
    const [isBusy, gate] = [makeGate(), makeGate()];
    const writer = makeType(
      "writer",
      async () => {
        isBusy.open();
        await gate.opened;
        return {};
      },
      { exclusiveKey: () => "records:movies" },
    );
    const world = await openEngineWorld({ writer });
    const run = await world.makeRun(
      makeChain({ taskId: "a", type: "writer" }, { taskId: "b", type: "writer" }),
    );
    const done = world.drive(run);
    await isBusy.opened;
    expect(world.task(run, "b")).toMatchObject({
      state: "scheduled",
      message: `test_dag/${run.runId} a writes the same dataset`,
    });
    gate.open();
    await done;
    expect(world.states(run)).toEqual({ a: "success", b: "success" });
  });
});
