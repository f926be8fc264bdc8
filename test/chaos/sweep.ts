/** Crash after crash: which points are taken, what is done at each, and what is reported of it. */
import { createRandom, type Random } from "../../quickstart/invented/random.ts";
import { createWitness, judgeWorld, takeStock } from "./sweep-judge.ts";
import type { Scene } from "./sweep-scenes.ts";
import type { SweepWorld } from "./sweep-world.ts";

/** All of the suite instead of what ten minutes allow. */
export const IS_LONG = process.env["DAGMAR_TEST_CHAOS_LONG"] !== undefined;

/** Of one sweep: in the long lane some hundred points, of which each takes a few seconds. */
export const SWEEP_PATIENCE_MS = IS_LONG ? 3 * 3_600_000 : 1_800_000;

const SEED = process.env["DAGMAR_CHAOS_SEED"] ?? String(process.pid);

/** The same for the same seed and purpose. */
export function openRandom(purpose: string): Random {
  tell(`${purpose}: DAGMAR_CHAOS_SEED=${SEED}`);
  return createRandom(`${SEED} ${purpose}`);
}

export function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

export interface Trial {
  readonly kills: number;
  /** Every broken promise as text; empty when all is well. */
  readonly faults: readonly string[];
}

/** Dies at each of the points in turn, the recoveries too; then to the end, and once more. */
export async function tryCrashes(
  world: SweepWorld,
  scene: Scene,
  crashes: readonly string[],
): Promise<Trial> {
  await world.begin(scene.prepare);
  const witness = createWitness(world);
  let kills = 0;
  for (const crashAt of crashes) {
    const { signal } = await scene.work(world, crashAt);
    witness.look();
    // It ended before that point.
    if (signal !== "SIGKILL") break;
    kills += 1;
  }
  let end = await scene.work(world);
  // It died three times under one task: that is reported, and the next run by hand starts the task again.
  if (end.exitCode === 1 && isSetAside(world)) end = await scene.work(world);
  witness.look();
  if (end.exitCode !== 0) {
    const faults = [`it ended with ${end.exitCode ?? end.signal}:\n${end.stdout}${end.stderr}`];
    return { kills, faults: [...faults, ...witness.faults] };
  }
  const faults = [...judgeWorld(world, scene, kills)];
  const before = takeStock(world);
  const last = await scene.again(world);
  witness.look();
  if (last.exitCode !== 0)
    faults.push(`once more, it ended with ${last.exitCode}:\n${last.stdout}${last.stderr}`);
  if (takeStock(world) !== before) faults.push("once more, it wrote or asked something");
  return { kills, faults: [...faults, ...witness.faults] };
}

function isSetAside(world: SweepWorld): boolean {
  return world.query("SELECT 1 FROM v_attempts WHERE error_code = 'TASK_SET_ASIDE'").length > 0;
}

export interface Sweep {
  readonly points: number;
  readonly kills: number;
  readonly faults: readonly string[];
}

const ENOUGH_FAULTS = 3;

/** Every point in the long lane, `sample` of them in the short one. */
export function sweepPoints(world: SweepWorld, scene: Scene, sample: number): Promise<Sweep> {
  return IS_LONG ? sweepAll([world], scene) : sweepSome(world, scene, sample);
}

/** Dies at point 1, 2, 3 … until a run ends before its point comes; in several worlds side by side. */
export async function sweepAll(worlds: readonly SweepWorld[], scene: Scene): Promise<Sweep> {
  const faulty: string[] = [];
  const startedMs = performance.now();
  let [next, kills] = [1, 0];
  let isOver = false;
  const lanes = worlds.map(async (world) => {
    while (!isOver && faulty.length < ENOUGH_FAULTS) {
      const point = next;
      next += 1;
      const trial = await tryCrashes(world, scene, [String(point)]);
      if (trial.faults.length > 0) faulty.push(`killed at point ${point}: ${trial.faults.join("\n")}`);
      kills += trial.kills;
      isOver ||= trial.kills === 0;
    }
  });
  await Promise.all(lanes);
  reportSweep(scene, kills, kills, startedMs);
  return { points: kills, kills, faults: faulty };
}

/** Dies at `count` points of all that a run passes. */
async function sweepSome(world: SweepWorld, scene: Scene, count: number): Promise<Sweep> {
  const random = openRandom(`sample of ${scene.name}`);
  const faulty: string[] = [];
  const startedMs = performance.now();
  const points = await countPoints(world, scene);
  let kills = 0;
  for (let index = 0; index < count && faulty.length < ENOUGH_FAULTS; index += 1) {
    // One of each stretch, so that no part of the run is left out by chance.
    const from = Math.floor((index * points) / count);
    const point = from + 1 + random.below(Math.max(1, Math.floor(points / count)));
    const trial = await tryCrashes(world, scene, [String(point)]);
    kills += trial.kills;
    if (trial.faults.length > 0) faulty.push(`killed at point ${point}: ${trial.faults.join("\n")}`);
  }
  reportSweep(scene, points, kills, startedMs);
  return { points, kills, faults: faulty };
}

/** How many failpoints an undisturbed run passes. */
export async function countPoints(world: SweepWorld, scene: Scene): Promise<number> {
  await world.begin(scene.prepare);
  await scene.work(world);
  return world.passed().length;
}

function reportSweep(scene: Scene, points: number, kills: number, startedMs: number): void {
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  tell(`${scene.name}: killed at ${kills} of ${points} points in ${seconds} s`);
}
