/** SIGKILL at every point of `csv_ingest` in the foreground, over a folder; then to the end, then once more. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { foreground } from "./sweep-scenes.ts";
import { openSweepWorld, type SweepWorld } from "./sweep-world.ts";
import { SWEEP_PATIENCE_MS, sweepAll } from "./sweep.ts";

let world: SweepWorld;
beforeAll(async () => {
  world = await openSweepWorld({ lake: "folder" });
});
afterAll(() => world.close());

test(
  "killed at any point it stores each file once, whole, and leaves nothing open",
  {
    timeout: SWEEP_PATIENCE_MS,
  },
  async () => {
    const { points, faults } = await sweepAll([world], foreground("csv_ingest"));
    expect(faults).toEqual([]);
    expect(points).toBeGreaterThan(60);
  },
);
