/** SIGKILL of a backfill of three days, of each Dag, over both lakes. The short lane takes a sample of the points. */
import { afterAll, expect, test } from "vitest";
import { backfill } from "./sweep-scenes.ts";
import { LAKES, openSweepWorld, type SweepWorld } from "./sweep-world.ts";
import { SWEEP_PATIENCE_MS, sweepPoints } from "./sweep.ts";

const worlds: SweepWorld[] = [];
afterAll(async () => {
  for (const world of worlds) await world.close();
});

test.each(LAKES)(
  "over %s the same command resumes it: each day once, each answer once",
  {
    timeout: SWEEP_PATIENCE_MS,
  },
  async (lake) => {
    const world = await openSweepWorld({ lake });
    worlds.push(world);
    for (const dagId of ["csv_ingest", "tmdb_ingest"] as const) {
      const { kills, faults } = await sweepPoints(world, backfill(dagId), 4);
      expect(faults).toEqual([]);
      expect(kills).toBeGreaterThanOrEqual(3);
    }
  },
);
