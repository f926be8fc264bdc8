/**
 * SIGKILL at points of a run that replaces a table, over a folder and over a store: the old table whole or the new one whole, no
 * process and no file left, and the next run ends the work.
 */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SQL_TO_LAKE } from "../../tasks/sql-to-lake/declare.ts";
import { FIRST_DATE, listLeft, SECOND_DATE, TABLE_KEY, writeTableDag } from "./support/table-dag.ts";
import { LAKES, openSweepWorld, type SweepWorld } from "./sweep-world.ts";
import { IS_LONG, openRandom, SWEEP_PATIENCE_MS, tell } from "./sweep.ts";

const PREPARE = [
  ["run", "csv_ingest", "--date", FIRST_DATE],
  ["run", "tables", "--date", FIRST_DATE],
];
const REPLACE = ["run", "tables", "--date", SECOND_DATE];
const SAMPLE = IS_LONG ? 100 : 12;

const FOLDER_POINTS = [
  "folder.replace.before",
  "folder.replace.meta",
  "folder.replace.object",
  "folder.replace.after",
];
const S3_POINTS = ["s3.put.before", "s3.put.after"];

describe.each(LAKES)("in a lake of the kind %s", (lake) => {
  let world: SweepWorld;
  beforeAll(async () => {
    world = await openSweepWorld({ lake });
    // A failure would count as a recovered kill.
    writeTableDag(world, 1);
  });
  afterAll(() => world.close());

  /** The SHA-256 of what stands at the key, and the one that its metadata names. */
  function readStanding(): { readonly sha256: string; readonly named: string | undefined } {
    const object = world.objects().get(TABLE_KEY);
    if (object === undefined) return { sha256: "nothing", named: undefined };
    const sha256 = createHash("sha256").update(object.body).digest("hex");
    return { sha256, named: object.metadata["sha256"] };
  }

  async function tryKill(
    crashAt: string,
  ): Promise<{ readonly isKilled: boolean; readonly faults: readonly string[] }> {
    writeTableDag(world, 1);
    await world.begin(PREPARE);
    const { sha256: old } = readStanding();
    writeTableDag(world, 2);
    const { signal } = await world.start(REPLACE, crashAt).ended;
    const faults: string[] = [];
    const { sha256: between } = readStanding();
    const end = await world.start(REPLACE).ended;
    if (end.exitCode !== 0) faults.push(`it ended with ${end.exitCode}: ${end.stdout}${end.stderr}`);
    const { sha256: made, named } = readStanding();
    if (made === old) faults.push("the new table does not stand");
    if (made !== named) faults.push("the metadata names another table");
    if (between !== old && between !== made) faults.push("neither table stood at the key whole");
    const verified = await world.start(["lake", "verify", "--deep"]).ended;
    if (verified.exitCode !== 0) faults.push(verified.stdout + verified.stderr);
    const states = world.query<{ state: string }>("SELECT state FROM v_tables ORDER BY state");
    if (states.map(({ state }) => state).join() !== "replaced,standing")
      faults.push(`tables: ${JSON.stringify(states)}`);
    const lost = world.query<{ message: string }>(
      "SELECT message FROM v_events WHERE kind IN ('objects_missing', 'objects_replaced', 'objects_unclaimed')",
    );
    faults.push(...lost.map(({ message }) => message));
    // What a killed scheduler's process leaves ends by itself, or with the next run.
    await expect.poll(() => listLeft(world), { timeout: 10_000, interval: 20 }).toEqual([]);
    return { isKilled: signal === "SIGKILL", faults };
  }

  const named = [...(SQL_TO_LAKE.failpoints ?? []), ...(lake === "folder" ? FOLDER_POINTS : S3_POINTS)];
  test.each(named)("killed at %s", { timeout: 120_000 }, async (point) => {
    expect(await tryKill(`${point}:1`)).toEqual({ isKilled: true, faults: [] });
  });

  test("killed at any other point", { timeout: SWEEP_PATIENCE_MS }, async () => {
    const random = openRandom(`tables in ${lake}`);
    writeTableDag(world, 1);
    await world.begin(PREPARE);
    writeTableDag(world, 2);
    expect((await world.start(REPLACE).ended).exitCode).toBe(0);
    const points = world.passed().length;
    let kills = 0;
    for (let index = 0; index < SAMPLE; index += 1) {
      const point = 1 + random.below(points);
      const { isKilled, faults } = await tryKill(String(point));
      expect(faults, `killed at point ${point}`).toEqual([]);
      kills += isKilled ? 1 : 0;
    }
    tell(`tables in ${lake}: killed at ${kills} of ${points} points`);
    expect(kills).toBe(SAMPLE);
  });
});
