/** `dagmar lake rm`: what a removed object means for later runs, `lake verify`, an empty database and a restored object. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ageFile, isUnknown } from "../support/cli.ts";
import {
  FIRST_RECORDS,
  LAKES,
  MOVIES_CSV,
  openRemovalWorld,
  type RemovalWorld,
} from "../support/removal-world.ts";

interface Verified {
  readonly deviations: readonly { readonly key: string; readonly verdict: string }[];
}

let world: RemovalWorld;

const run = (dagId: string, date: string, ...more: readonly string[]) =>
  world.run(["run", dagId, "--date", date, ...more]);

function idsIn(key: string): readonly string[] {
  const records = JSON.parse(world.read(key).toString("utf8")) as { imdb_id: string }[];
  return records.map((record) => record.imdb_id);
}

async function expectVerified(): Promise<void> {
  for (const more of [[], ["--deep"]]) {
    expect(await world.json<Verified>(["lake", "verify", ...more])).toMatchObject({ deviations: [] });
  }
}

async function listMissingReasons(more?: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { counts } = await world.json<{ counts: readonly { reason: string; ids: number }[] }>(
    ["lake", "missing", "--limit", "0"],
    more,
  );
  return counts.map(({ reason, ids }) => `${reason} ${ids}`).toSorted();
}

describe.each(LAKES)("a removed object of records, in a lake of the kind %s", (lake) => {
  let removed: readonly string[];
  beforeAll(async () => {
    world = await openRemovalWorld(lake);
    removed = idsIn(FIRST_RECORDS);
  });
  afterAll(() => world.close());

  test("is gone from the lake with its metadata, and recorded with the reason and the user", async () => {
    const before = world.keys();
    const { exitCode, stdout, stderr } = await world.removeObject(FIRST_RECORDS);
    expect(exitCode, stdout + stderr).toBe(0);
    expect(stdout).toContain(`Removed ${FIRST_RECORDS}.`);
    expect(stdout).toContain(`Ids that later runs leave out: ${removed.length}.`);
    expect(world.holds(FIRST_RECORDS)).toBe(false);
    const [record, ...others] = world.keys().filter((key) => !before.includes(key));
    expect(others).toEqual([]);
    expect(record).toMatch(/^Raw\/TMDB\/JSON\/Movies\/2026\/11\/23\/\.removed-/);
    expect(world.query("SELECT key, state, why, left_out_ids FROM v_removals")).toEqual([
      { key: FIRST_RECORDS, state: "removed", why: "stored by mistake", left_out_ids: removed.length },
    ]);
    expect(world.query("SELECT level FROM v_events WHERE kind = 'object_removed'")).toEqual([
      { level: "info" },
    ]);
  });

  test("is left out by lake verify, lake ls and the next runs, which ask nothing and write nothing", async () => {
    await expectVerified();
    const { objects } = await world.json<{ objects: readonly { key: string }[] }>([
      "lake",
      "ls",
      "--limit",
      "0",
    ]);
    expect(objects.map(({ key }) => key)).not.toContain(FIRST_RECORDS);
    const { removals } = await world.json<{ removals: readonly { key: string }[] }>([
      "lake",
      "ls",
      "--removed",
    ]);
    expect(removals.map(({ key }) => key)).toEqual([FIRST_RECORDS]);
    const before = world.keys();
    world.simulator.reset();
    for (const [date, ...more] of [["2026-11-23"], ["2026-11-23", "--rerun"], ["2026-11-24"]] as const) {
      const { exitCode, stdout, stderr } = await run("tmdb_ingest", date, ...more);
      expect(exitCode, stdout + stderr).toBe(0);
      expect(stdout + stderr).not.toMatch(/missing or changed|no longer holds/);
    }
    expect(world.simulator.requests).toBe(0);
    expect(world.keys()).toEqual(before);
    expect(await listMissingReasons()).toContain(`object_removed ${removed.length}`);
    await expectVerified();
  });

  test("is left out by an empty database too, which learns it from the lake", async () => {
    const before = world.keys();
    world.simulator.reset();
    const fresh = { DAGMAR_DB: join(world.folder, "fresh.db") };
    for (const dagId of ["csv_ingest", "tmdb_ingest"]) {
      const { exitCode, stdout, stderr } = await world.run(["run", dagId, "--date", "2026-11-24"], fresh);
      expect(exitCode, stdout + stderr).toBe(0);
    }
    expect(removed.filter((id) => world.simulator.countOf(id) > 0)).toEqual([]);
    const asked = [...world.ids.movies, ...world.ids.series].filter((id) => world.simulator.countOf(id) > 0);
    expect(asked.every(isUnknown)).toBe(true);
    expect(world.keys()).toEqual(before);
    expect(await listMissingReasons(fresh)).toContain(`object_removed ${removed.length}`);
    expect(await world.json(["lake", "verify", "--deep"], fresh)).toMatchObject({ deviations: [] });
  });

  test("that is put back stays left out and is reported; a second removal removes it again", async () => {
    // The first database learns what the empty one has stored.
    const { records } = await takeAside();
    records.bringBack();
    world.simulator.reset();
    const { exitCode, stdout, stderr } = await run("tmdb_ingest", "2026-11-25");
    expect(exitCode, stdout + stderr).toBe(0);
    expect(stdout + stderr).toContain(`The lake holds 1 object (${records.key})`);
    expect(world.simulator.requests).toBe(0);
    const verified = await world.json<Verified>(["lake", "verify"]);
    expect(verified.deviations).toMatchObject([{ key: records.key, verdict: "removed" }]);
    const again = await world.removeObject(records.key);
    expect(again.stdout).toContain(`Removed ${records.key}.\nIts removal was recorded before`);
    expect(world.holds(records.key)).toBe(false);
    await expectVerified();
  });

  test("is asked again by a run with --refetch", async () => {
    world.simulator.reset();
    const { exitCode, stdout, stderr } = await run("tmdb_ingest", "2026-11-26", "--refetch");
    expect(exitCode, stdout + stderr).toBe(0);
    const known = removed.filter((id) => !isUnknown(id));
    expect(known.filter((id) => world.simulator.countOf(id) === 0)).toEqual([]);
    expect((await listMissingReasons()).filter((reason) => reason.startsWith("object_removed"))).toEqual([]);
    await expectVerified();
  });
});

/** Removes another object of the world's and keeps what it takes to bring it back. */
async function takeAside() {
  const { objects } = await world.json<{ objects: readonly { key: string; kind: string }[] }>([
    "lake",
    "ls",
    "--limit",
    "0",
  ]);
  const key = objects.find(({ kind }) => kind === "records")?.key ?? "";
  const bringBack = world.keep(key);
  expect((await world.removeObject(key)).exitCode).toBe(0);
  return { records: { key, bringBack } };
}

describe.each(LAKES)("a removed file, in a lake of the kind %s", (lake) => {
  beforeAll(async () => {
    world = await openRemovalWorld(lake, { movies: 20 });
    await world.prepare(["lake", "rm", MOVIES_CSV, "--why", "stored by mistake"]);
  });
  afterAll(() => world.close());

  test("is not stored again under its key: a rerun fails with the reason, and writes nothing", async () => {
    const before = world.keys();
    const { exitCode, stdout, stderr } = await run("csv_ingest", "2026-11-23", "--rerun");
    expect(exitCode).toBe(1);
    expect(stdout + stderr).toContain(`removed from ${MOVIES_CSV}`);
    expect(stdout + stderr).toContain('(reason: "stored by mistake"). Put the right movies.csv');
    expect(world.keys()).toEqual(before);
    await expectVerified();
  });

  test("is not read by a later task: the dataset has no other object", async () => {
    const { exitCode, stdout, stderr } = await run("tmdb_ingest", "2026-11-24");
    expect(exitCode).toBe(1);
    expect(stdout + stderr).toContain("no file of the dataset movies");
  });

  test("is not stored by an empty database either, which learns the removal from the lake", async () => {
    const before = world.keys();
    const fresh = { DAGMAR_DB: join(world.folder, "fresh.db") };
    const { exitCode, stdout, stderr } = await world.run(
      ["run", "csv_ingest", "--date", "2026-11-23"],
      fresh,
    );
    expect(exitCode).toBe(1);
    expect(stdout + stderr).toContain(`removed from ${MOVIES_CSV}`);
    expect(world.keys()).toEqual(before);
  });

  test("of another date is stored, with a warning that names the removal", async () => {
    const { exitCode, stdout, stderr } = await run("csv_ingest", "2026-11-25");
    expect(exitCode, stdout + stderr).toBe(0);
    const key = MOVIES_CSV.replace("11/23", "11/25");
    expect(world.holds(key)).toBe(true);
    expect(world.query("SELECT message FROM v_events WHERE kind = 'removed_content_stored'")).toHaveLength(1);
  });

  test("makes room for the right file under the same key", async () => {
    const path = join(world.inputFolder, "movies.csv");
    appendFileSync(path, "\n");
    ageFile(path);
    const { exitCode, stdout, stderr } = await run("csv_ingest", "2026-11-23", "--rerun");
    expect(exitCode, stdout + stderr).toBe(0);
    expect(world.holds(MOVIES_CSV)).toBe(true);
    await expectVerified();
  });

  test("counts again after --undo: the next run adopts or stores it, and the record is gone", async () => {
    const undone = await world.removeObject(MOVIES_CSV);
    expect(undone.exitCode, undone.stdout + undone.stderr).toBe(0);
    const { exitCode, stdout, stderr } = await world.removeObject(MOVIES_CSV, "--undo");
    expect(exitCode, stdout + stderr).toBe(0);
    const again = await run("csv_ingest", "2026-11-23", "--rerun");
    expect(again.exitCode, again.stdout + again.stderr).toBe(0);
    expect(world.holds(MOVIES_CSV)).toBe(true);
    await expectVerified();
    expect(world.keys().filter((key) => key.includes(".removed-"))).toHaveLength(1);
  });
});
