/** SIGKILL at every point of `tmdb_ingest` in the foreground, over a folder; then to the end, then once more. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { foreground } from "./sweep-scenes.ts";
import { openSweepWorld, type SweepWorld } from "./sweep-world.ts";
import { SWEEP_PATIENCE_MS, sweepAll } from "./sweep.ts";

let worlds: readonly SweepWorld[];
beforeAll(async () => {
  worlds = await Promise.all([1, 2].map(() => openSweepWorld({ lake: "folder", movies: 9, series: 5 })));
});
afterAll(() => Promise.all(worlds.map((world) => world.close())));

test(
  "killed at any point it stores each answer once, asks for nothing that was durable, and leaves nothing open",
  {
    timeout: SWEEP_PATIENCE_MS,
  },
  async () => {
    const { points, faults } = await sweepAll(worlds, foreground("tmdb_ingest"));
    expect(faults).toEqual([]);
    expect(points).toBeGreaterThan(100);
  },
);
