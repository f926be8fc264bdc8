/**
 * SIGKILL in the foreground, over the S3 test server: files in parts and at once, records past a foreign object. The
 * short lane takes a sample of the points.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { foreground } from "./sweep-scenes.ts";
import { openSweepWorld, type SweepWorld } from "./sweep-world.ts";
import { SWEEP_PATIENCE_MS, sweepPoints } from "./sweep.ts";

let world: SweepWorld;
beforeAll(async () => {
  world = await openSweepWorld({ lake: "s3" });
});
afterAll(() => world.close());

test.each([
  ["csv_ingest", 10],
  ["tmdb_ingest", 14],
] as const)(
  "%s writes nothing over and nothing twice, wherever it was killed",
  {
    timeout: SWEEP_PATIENCE_MS,
  },
  async (dagId, sample) => {
    const { kills, faults } = await sweepPoints(world, foreground(dagId), sample);
    expect(faults).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(sample - 2);
  },
);
