/** A run that is cancelled while one of its tasks times out: in either order, no other attempt starts. */
import { describe, expect, test } from "vitest";
import { createWakeSignal } from "../../../scheduler/waking/wake-signal.ts";
import { cancelRun } from "../../../scheduler/commands/cancel-run.ts";
import { createEngine } from "../../../scheduler/engine/engine.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import { makeChain, makeGate, openEngineWorld } from "../engine-world.ts";

const TIMEOUT_SECONDS = 5;

/** The task runs, has three retries, and stops only when the gate is opened. */
async function openRunningWorld() {
  const [isStopping, gate] = [makeGate(), makeGate()];
  const world = await openEngineWorld({
    a: async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      isStopping.open();
      await gate.opened;
      throw new Error("stopped at last");
    },
  });
  const run = await world.makeRun(
    makeChain({ taskId: "a", timeoutSeconds: TIMEOUT_SECONDS, retries: 3, retryDelaySeconds: 0 }),
  );
  const wakeSignal = createWakeSignal();
  const engine = createEngine(world.tools, wakeSignal, new AbortController().signal);
  const scope = { dagRunIds: [run.dagRunId] };
  await engine.step(scope);
  await world.clock.untilSleeping(TIMEOUT_SECONDS * 1000, TIMEOUT_SECONDS * 1000);
  return {
    ...world,
    isStopping: isStopping.opened,
    letStop: gate.open,
    passTime: () => world.clock.advance(TIMEOUT_SECONDS * 1000),
    ended: () => wakeSignal.wait(),
    step: () => engine.step(scope),
    cancel: () => engine.step(scope, (query, now) => cancelRun(query, run.dagRunId, now)),
    look: () => ({
      run: readRun(world.database, run.dagRunId).state,
      task: world.states(run)["a"],
      attempts: world.attempts().map(({ state, error_code }) => `${state} ${error_code}`),
      underWay: engine.underWay,
    }),
  };
}

describe("a cancel that meets a time-out", () => {
  test("and comes first decides the state", async () => {
    const world = await openRunningWorld();
    await world.cancel();
    await world.isStopping;
    await world.passTime();
    world.letStop();
    await world.ended();
    await world.step();
    expect(world.look()).toEqual({
      run: "cancelled",
      task: "cancelled",
      attempts: ["cancelled RUN_CANCELLED"],
      underWay: 0,
    });
  });

  const timedOut = {
    run: "cancelled",
    task: "cancelled",
    attempts: ["timed_out TASK_TIMED_OUT"],
    underWay: 0,
  };

  test("and comes later, while the task is still stopping, prevents another attempt", async () => {
    const world = await openRunningWorld();
    await world.passTime();
    await world.isStopping;
    await world.cancel();
    world.letStop();
    await world.ended();
    await world.step();
    expect(world.look()).toEqual(timedOut);
  });

  test("and is handled in the same step as the attempt's end prevents another attempt", async () => {
    const world = await openRunningWorld();
    await world.passTime();
    world.letStop();
    await world.ended();
    await world.cancel();
    expect(world.look()).toEqual(timedOut);
  });
});
