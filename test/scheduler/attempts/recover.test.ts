/** What happens to tasks whose process died. */
import { describe, expect, test } from "vitest";
import { recoverLostAttempts } from "../../../scheduler/attempts/recover.ts";
import type { DagRun } from "../../../model/run/dag-run.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { changeTaskState, startAttempt } from "../../../state/runs/task-instances.ts";
import { makeChain, openEngineWorld, type EngineWorld } from "../engine-world.ts";

const PROCESS = { pid: 99, host: "gone", leaseEpoch: 1 };

/** The state that a process leaves if it is killed while the task runs. */
async function startAndDie(world: EngineWorld, run: DagRun, taskId = "a"): Promise<void> {
  await world.database.write((query) =>
    startAttempt(query, readRun(query, run.dagRunId), world.task(run, taskId), PROCESS, world.clock.now()),
  );
}

function recover(world: EngineWorld): Promise<number> {
  return world.database.write((query) => recoverLostAttempts(query, world.clock.now()));
}

const tellDeath = (kind: string, attempt: number, what: string): object => ({
  level: "warn",
  kind,
  message: `test_dag/manual__2026-11-23T09:00:00.000Z a, attempt ${attempt}: ${what}`,
  dag_id: "test_dag",
  task_id: "a",
});

describe("a task whose process died", () => {
  test("has a lost attempt and is tried again at once, without using up its retries", async () => {
    const world = await openEngineWorld({ a: ({ attempt }) => ({ attempt }) });
    const run = await world.makeRun(makeChain({ taskId: "a", retries: 0 }));
    await startAndDie(world, run);
    expect(await recover(world)).toBe(1);
    expect(world.task(run, "a")).toMatchObject({
      state: "up_for_retry",
      lostCount: 1,
      failureCount: 0,
      nextAttemptAt: null,
    });
    expect(world.attempts()).toMatchObject([{ state: "lost", error_code: "TASK_LOST" }]);
    const [ended] = await world.drive(run);
    expect(ended?.state).toBe("success");
    expect(world.attempts().map(({ state }) => state)).toEqual(["lost", "success"]);
  });

  test("fails after the third time, with an event", async () => {
    const world = await openEngineWorld({ a: () => ({}), b: () => ({}) });
    const run = await world.makeRun(makeChain({ taskId: "a", retries: 10 }, { taskId: "b", needs: ["a"] }));
    const states: string[] = [];
    for (let death = 0; death < 3; death += 1) {
      await startAndDie(world, run);
      await recover(world);
      states.push(world.task(run, "a").state);
    }
    expect(states).toEqual(["up_for_retry", "up_for_retry", "failed"]);
    expect(world.task(run, "a")).toMatchObject({
      lostCount: 3,
      message: expect.stringContaining("died 3 times") as unknown,
    });
    expect(
      world.database.all(sql`SELECT level, kind, message, dag_id, task_id FROM events ORDER BY event_id`),
    ).toEqual([
      tellDeath("attempt_lost", 1, "the process died while running it; it is tried again"),
      tellDeath("attempt_lost", 2, "the process died while running it; it is tried again"),
      tellDeath("task_set_aside", 3, "the process died 3 times while running it; it is not tried again"),
    ]);
    const [ended] = await world.drive(run);
    expect(ended?.state).toBe("failed");
    expect(world.states(run)).toEqual({ a: "failed", b: "upstream_failed" });
  });

  test("keeps its earlier failures", async () => {
    const world = await openEngineWorld({ a: () => ({}) });
    const run = await world.makeRun(makeChain({ taskId: "a" }));
    await startAndDie(world, run);
    await world.database.write((query) => {
      query.run(sql`UPDATE task_instances SET failure_count = 2`);
    });
    await recover(world);
    expect(world.task(run, "a")).toMatchObject({ failureCount: 2, lostCount: 1 });
  });
});

test("a task that was queued when the process died goes back to none, without an attempt", async () => {
  const world = await openEngineWorld({ a: () => ({}) });
  const run = await world.makeRun(makeChain({ taskId: "a" }));
  await world.database.write((query) =>
    changeTaskState(query, readRun(query, run.dagRunId), world.task(run, "a"), "queued", world.clock.now()),
  );
  expect(await recover(world)).toBe(0);
  expect(world.task(run, "a")).toMatchObject({ state: "none", lostCount: 0 });
});

test("tasks that do not run are not changed", async () => {
  const world = await openEngineWorld({ a: () => ({}), b: () => ({}) });
  const run = await world.makeRun(makeChain({ taskId: "a" }, { taskId: "b" }));
  await world.drive(run);
  expect(await recover(world)).toBe(0);
  expect(world.states(run)).toEqual({ a: "success", b: "success" });
});

test("lost attempts of every run are found", async () => {
  const world = await openEngineWorld({ a: () => ({}) });
  const runs = [
    await world.makeRun(makeChain({ taskId: "a" })),
    await world.makeRun(makeChain({ taskId: "a" }), "2026-11-24T09:00:00Z"),
  ];
  for (const run of runs) await startAndDie(world, run);
  expect(await recover(world)).toBe(2);
});
