/**
 * SIGKILL at every point of `dagmar lake rm` and of its `--undo`: the same command finishes it, and so does the next run; and
 * an empty database learns from the lake what was removed.
 */
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FIRST_RECORDS, LAKES, openRemovalWorld, type RemovalWorld } from "../support/removal-world.ts";
import { IS_LONG, openRandom, SWEEP_PATIENCE_MS } from "./sweep.ts";

const REMOVE = ["lake", "rm", FIRST_RECORDS, "--why", "by mistake"];
const UNDO = [...REMOVE, "--undo"];
const RERUN = ["run", "tmdb_ingest", "--date", "2026-11-23", "--rerun"];

let world: RemovalWorld;
let takeBack: () => void;

/** Gives a function that brings lake and database back to what they are now. */
function takeSnapshot(): () => void {
  const copy = join(world.folder, `snapshot ${performance.now()}`);
  cpSync(world.databaseFile, join(copy, "dagmar.db"));
  const versions = [...(world.store?.objects().values() ?? [])];
  if (existsSync(world.lakeFolder)) {
    cpSync(world.lakeFolder, join(copy, "lake"), { recursive: true, preserveTimestamps: true });
  }
  return () => {
    for (const end of ["", "-wal", "-shm"]) rmSync(`${world.databaseFile}${end}`, { force: true });
    cpSync(join(copy, "dagmar.db"), world.databaseFile);
    for (const key of world.store?.objects().keys() ?? []) world.store?.remove(key);
    for (const version of versions) world.store?.restore(version);
    rmSync(world.lakeFolder, { recursive: true, force: true });
    if (world.store === undefined) {
      cpSync(join(copy, "lake"), world.lakeFolder, { recursive: true, preserveTimestamps: true });
    }
    world.simulator.reset();
  };
}

const countRecords = (): number => world.keys().filter((key) => key.includes(".removed-")).length;

async function judge(isRemoved: boolean): Promise<readonly string[]> {
  const faults: string[] = [];
  if (world.holds(FIRST_RECORDS) === isRemoved)
    faults.push(`the object is there: ${!isRemoved ? "no" : "yes"}`);
  if (countRecords() !== (isRemoved ? 1 : 0)) faults.push(`${countRecords()} records of removals`);
  const verified = await world.run(["lake", "verify", "--deep"]);
  if (verified.exitCode !== 0) faults.push(verified.stdout + verified.stderr);
  const again = await world.run(RERUN);
  if (again.exitCode !== 0) faults.push(again.stdout + again.stderr);
  if (world.simulator.requests > 0) faults.push(`${world.simulator.requests} requests`);
  return faults;
}

/**
 * Kills `command` at point 1, 2, 3 … until it ends before that, in the short lane at every fifth; `recover` and its verdict
 * follow each kill.
 */
async function sweep(
  command: readonly string[],
  recover: () => Promise<readonly string[]>,
): Promise<{ readonly kills: number; readonly faults: readonly string[] }> {
  const step = IS_LONG ? 1 : 5;
  const faults: string[] = [];
  let kills = 0;
  for (let point = 1 + openRandom(command.join(" ")).below(step); ; point += step) {
    takeBack();
    const { signal } = await world.run(command, { DAGMAR_TEST_CRASH_AT: String(point) });
    if (signal !== "SIGKILL") return { kills, faults };
    kills += 1;
    faults.push(...(await recover()).map((fault) => `killed at point ${point}: ${fault}`));
  }
}

/** At least: the lease, two transactions and the steps between them. */
const FEWEST_KILLS = IS_LONG ? 15 : 3;

describe.each(LAKES)("in a lake of the kind %s", (lake) => {
  beforeAll(async () => {
    world = await openRemovalWorld(lake, { movies: 12 });
    takeBack = takeSnapshot();
  });
  afterAll(() => world.close());

  test("the same command finishes a removal that was killed", { timeout: SWEEP_PATIENCE_MS }, async () => {
    const { kills, faults } = await sweep(REMOVE, async () => {
      const { exitCode, stdout, stderr } = await world.run(REMOVE);
      if (exitCode !== 0) return [stdout + stderr];
      const events = world.query("SELECT 1 FROM v_events WHERE kind = 'object_removed'").length;
      return [...(await judge(true)), ...(events === 1 ? [] : [`${events} events`])];
    });
    expect(faults).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(FEWEST_KILLS);
  });

  test("the next run finishes it, if its intent was recorded", { timeout: SWEEP_PATIENCE_MS }, async () => {
    const { kills, faults } = await sweep(REMOVE, async () => {
      const isBegun = world.query("SELECT 1 FROM v_removals").length === 1;
      const { exitCode, stdout, stderr } = await world.run(RERUN);
      if (exitCode !== 0) return [stdout + stderr];
      const open = world.query("SELECT 1 FROM v_removals WHERE state <> 'removed'").length;
      return [...(await judge(isBegun)), ...(open === 0 ? [] : ["it is still open"])];
    });
    expect(faults).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(FEWEST_KILLS);
  });

  test(
    "an empty database asks for nothing that was stored or removed",
    { timeout: SWEEP_PATIENCE_MS },
    async () => {
      const { kills, faults } = await sweep(REMOVE, async () => {
        for (const end of ["", "-wal", "-shm"]) rmSync(`${world.databaseFile}${end}`, { force: true });
        const before = world.keys();
        const isRecorded = countRecords() === 1;
        await world.prepare(["run", "csv_ingest", "--date", "2026-11-24"]);
        const { exitCode, stdout, stderr } = await world.run(["run", "tmdb_ingest", "--date", "2026-11-24"]);
        if (exitCode !== 0) return [stdout + stderr];
        const stored = world.query<{ asked_id: string }>(
          "SELECT asked_id FROM v_ids WHERE outcome = 'stored' OR reason = 'object_removed'",
        );
        const removed = world.query("SELECT 1 FROM v_ids WHERE reason = 'object_removed'").length;
        return [
          ...stored
            .filter(({ asked_id: id }) => world.simulator.countOf(id) > 0)
            .map(({ asked_id: id }) => id),
          ...(removed > 0 === isRecorded ? [] : [`${removed} ids are left out`]),
          ...(world.keys().join() === before.join() ? [] : ["it stored something"]),
        ];
      });
      expect(faults).toEqual([]);
      expect(kills).toBeGreaterThanOrEqual(FEWEST_KILLS);
    },
  );

  test(
    "an undoing that was killed is finished by the same command, or by the next run",
    { timeout: SWEEP_PATIENCE_MS },
    async () => {
      takeBack();
      const bringBack = world.keep(FIRST_RECORDS);
      await world.prepare(REMOVE);
      // As from a version of the bucket, so that nothing has to be asked again.
      bringBack();
      takeBack = takeSnapshot();
      let turn = 0;
      const { kills, faults } = await sweep(UNDO, async () => {
        turn += 1;
        const isBegun = world.query("SELECT 1 FROM v_removals WHERE undone_at IS NOT NULL").length === 1;
        if (turn % 2 === 0 && !isBegun) return [];
        const { exitCode, stdout, stderr } = await world.run(turn % 2 === 0 ? RERUN : UNDO);
        // Done before the kill: there is nothing left to undo.
        const isDone = exitCode === 2 && stderr.includes("No removal of");
        if (exitCode !== 0 && !isDone) return [stdout + stderr];
        await world.prepare(RERUN);
        return judge(false);
      });
      expect(faults).toEqual([]);
      expect(kills).toBeGreaterThanOrEqual(FEWEST_KILLS);
    },
  );
});
