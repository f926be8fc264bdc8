/** SIGKILL at every point of `lake migrate`, with or without a run before it is done again. */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkLake } from "../support/check-lake.ts";
import { expectSuccess } from "../support/cli.ts";
import { beginWithOldLake, RERUN } from "./support/old-lake.ts";
import { openSweepWorld, type SweepWorld } from "./sweep-world.ts";
import { IS_LONG, openRandom, SWEEP_PATIENCE_MS } from "./sweep.ts";

const MIGRATE = ["lake", "migrate"];
/** Every third point in the short lane, others each time. */
const STRIDE = IS_LONG ? 1 : 3;
const FIRST_POINT = 1 + openRandom("the first point").below(STRIDE);
let worlds: readonly SweepWorld[];
beforeAll(async () => {
  worlds = await Promise.all([1, 2].map(() => openSweepWorld({ lake: "folder", movies: 9, series: 5 })));
});
afterAll(() => Promise.all(worlds.map((world) => world.close())));

/** What the lake holds: every object's bytes and metadata, whatever its key. */
function listContents(world: SweepWorld): readonly string[] {
  return [...world.objects().values()]
    .map(({ body, metadata }) => createHash("sha256").update(body).digest("hex") + JSON.stringify(metadata))
    .toSorted();
}

/** `null`: it ended before that point. */
async function tryPoint(world: SweepWorld, point: number): Promise<readonly string[] | null> {
  await beginWithOldLake(world);
  const before = listContents(world);
  const { signal } = await world.start(MIGRATE, String(point)).ended;
  if (signal !== "SIGKILL") return null;
  const standing = new Set(listContents(world));
  const faults = before.filter((content) => !standing.has(content)).map((content) => `${content} is gone`);
  // Every other time a run meets the half-renamed lake.
  if (point % 2 === 0) expectSuccess(await world.start(RERUN).ended);
  expectSuccess(await world.start(MIGRATE).ended);
  expectSuccess(await world.start(["lake", "verify", "--deep"]).ended);
  expectSuccess(await world.start(RERUN).ended);
  const { faults: broken } = checkLake({
    objects: world.objects(),
    databaseFile: world.databaseFile,
    lakeId: world.lakeId(),
  });
  const names = readdirSync(join(world.folder, "lake/Raw"), { recursive: true, encoding: "utf8" });
  const old = names.filter((name) => basename(name).startsWith("_"));
  if (listContents(world).join("\n") !== before.join("\n")) faults.push("the lake holds other things");
  if (world.simulator.requests > 0) faults.push(`${world.simulator.requests} requests`);
  return [...faults, ...broken, ...old];
}

test(
  "killed at any point it is done by the same command, and every object is there once, with its metadata",
  { timeout: SWEEP_PATIENCE_MS },
  async () => {
    const faulty: string[] = [];
    let [next, kills, isOver] = [FIRST_POINT, 0, false];
    const lanes = worlds.map(async (world) => {
      while (!isOver && faulty.length < 3) {
        const point = next;
        next += STRIDE;
        const faults = await tryPoint(world, point);
        isOver ||= faults === null;
        if (faults !== null) kills += 1;
        if (faults !== null && faults.length > 0)
          faulty.push(`killed at point ${point}: ${faults.join("\n")}`);
      }
    });
    await Promise.all(lanes);
    expect(faulty).toEqual([]);
    expect(kills).toBeGreaterThan(20 / STRIDE);
  },
);
