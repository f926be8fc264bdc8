/** The recovery dies too, one to four times, at seeded points; then it runs to its end, and once more. */
import { afterAll, expect, test } from "vitest";
import { backfill, foreground, scheduler, type Scene } from "./sweep-scenes.ts";
import { LAKES, openSweepWorld, type SweepWorld } from "./sweep-world.ts";
import { countPoints, IS_LONG, openRandom, SWEEP_PATIENCE_MS, tell, tryCrashes } from "./sweep.ts";

/** Of each lake; the batches of the larger world fill up while it runs. */
const KILLS = IS_LONG ? 250 : 30;

/** A task fails after its process died three times; only a run by hand starts it again, and these runs are not by hand. */
const MOST_KILLS_UNATTENDED = 2;

const worlds: SweepWorld[] = [];
afterAll(async () => {
  for (const world of worlds) await world.close();
});

test.concurrent.each(LAKES)(
  "over %s nothing is lost, nothing twice, nothing left open",
  { timeout: SWEEP_PATIENCE_MS },
  async (lake) => {
    const world = await openSweepWorld({ lake, movies: 130 });
    worlds.push(world);
    const scenes = [
      foreground("csv_ingest"),
      foreground("tmdb_ingest"),
      backfill("tmdb_ingest"),
      scheduler(),
    ];
    for (const scene of scenes) scene.furnish?.(world);
    const points = new Map<Scene, number>();
    const random = openRandom(`compound over ${lake}`);
    const faulty: string[] = [];
    let [kills, trials] = [0, 0];
    while (kills < KILLS && faulty.length < 3) {
      const index = random.below(scenes.length);
      const scene = scenes[index] ?? foreground("csv_ingest");
      const most = index < 2 ? 4 : MOST_KILLS_UNATTENDED;
      const all = points.get(scene) ?? (await countPoints(world, scene));
      points.set(scene, all);
      const crashes = Array.from({ length: random.between(1, most) }, () => String(random.between(1, all)));
      const trial = await tryCrashes(world, scene, crashes);
      trials += 1;
      kills += trial.kills;
      if (trial.faults.length > 0) {
        faulty.push(`${scene.name} killed at ${crashes.join(", then ")}: ${trial.faults.join("\n")}`);
      }
    }
    tell(`compound over ${lake}: ${kills} kills in ${trials} trials`);
    expect(faulty).toEqual([]);
  },
);
