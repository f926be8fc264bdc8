/** SIGKILL of the scheduler while three slots are due and another Dag follows them. The short lane takes a sample. */
import { afterAll, expect, test } from "vitest";
import { scheduler } from "./sweep-scenes.ts";
import { LAKES, openSweepWorld, type SweepWorld } from "./sweep-world.ts";
import { IS_LONG, SWEEP_PATIENCE_MS, sweepPoints } from "./sweep.ts";

const worlds: SweepWorld[] = [];
afterAll(async () => {
  for (const world of worlds) await world.close();
});

test.each(LAKES)(
  "over %s each slot has one run, each run its success, each answer one object",
  {
    timeout: SWEEP_PATIENCE_MS,
  },
  async (lake) => {
    const world = await openSweepWorld({ lake });
    worlds.push(world);
    const scene = scheduler();
    scene.furnish?.(world);
    const { kills, faults } = await sweepPoints(world, scene, 6);
    expect(faults).toEqual([]);
    // How many points a turn passes depends on how much comes in one turn: the last ones may not be reached.
    expect(kills).toBeGreaterThanOrEqual(IS_LONG ? 100 : 4);
  },
);
