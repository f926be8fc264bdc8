/**
 * SIGKILL at points of a run that replaces a table or a report's pages, over a folder and over a store: at each key the old object
 * whole or the new one whole, no process and no file left, and the next run ends the work.
 */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPORT_TO_LAKE } from "../../tasks/report-to-lake/declare.ts";
import { SQL_TO_LAKE } from "../../tasks/sql-to-lake/declare.ts";
import {
  FIRST_DATE,
  listLeft,
  PAGE_KEYS,
  SECOND_DATE,
  TABLE_KEY,
  writeReportDag,
  writeTableDag,
} from "./support/table-dag.ts";
import { LAKES, openSweepWorld, type SweepWorld } from "./sweep-world.ts";
import { IS_LONG, openRandom, SWEEP_PATIENCE_MS, tell } from "./sweep.ts";

interface Subject {
  readonly what: string;
  readonly dag: string;
  readonly keys: readonly string[];
  readonly writeDag: typeof writeTableDag;
  readonly points: readonly string[];
  /** Of a store, passed once for each key. */
  readonly storePoints: readonly string[];
  /** Of all points that a run passes, in the short lane. */
  readonly sample: number;
}

const TABLE: Subject = {
  what: "a table",
  dag: "tables",
  keys: [TABLE_KEY],
  writeDag: writeTableDag,
  points: (SQL_TO_LAKE.failpoints ?? []).map((point) => `${point}:1`),
  storePoints: ["s3.put.before", "s3.put.after"],
  sample: 12,
};
/** A page is published as a table is. */
const PUBLISH_POINTS = [
  "table.plan.after",
  "table.put.before",
  "table.put.after",
  "table.commit.before",
  "table.commit.after",
  "report.page.after",
];
const REPORT: Subject = {
  what: "a report",
  dag: "reports",
  keys: PAGE_KEYS,
  writeDag: writeReportDag,
  points: [
    ...(REPORT_TO_LAKE.failpoints ?? []).map((point) => `${point}:1`),
    ...PUBLISH_POINTS.map((point) => `${point}:2`),
  ],
  // A page is larger than a part is here.
  storePoints: ["s3.upload.before", "s3.upload.after", "s3.complete.before", "s3.complete.after"],
  sample: 6,
};

const FOLDER_POINTS = [
  "folder.replace.before",
  "folder.replace.meta",
  "folder.replace.object",
  "folder.replace.after",
];

const CASES = LAKES.flatMap((lake) =>
  [TABLE, REPORT].map((subject) => [subject.what, lake, subject] as const),
);

describe.each(CASES)(
  "%s in a lake of the kind %s",
  (what, lake, { dag, keys, writeDag, points, storePoints, sample }) => {
    const prepare = [
      ["run", "csv_ingest", "--date", FIRST_DATE],
      ["run", dag, "--date", FIRST_DATE],
    ];
    const replace = ["run", dag, "--date", SECOND_DATE];
    let world: SweepWorld;
    beforeAll(async () => {
      world = await openSweepWorld({ lake });
      // A failure would count as a recovered kill.
      writeDag(world, 1);
    });
    afterAll(() => world.close());

    /** Of each key the SHA-256 of what stands there, and the one that its metadata names. */
    function readStanding(): readonly { readonly sha256: string; readonly named: string | undefined }[] {
      const objects = world.objects();
      return keys.map((key) => {
        const object = objects.get(key);
        if (object === undefined) return { sha256: "nothing", named: undefined };
        const sha256 = createHash("sha256").update(object.body).digest("hex");
        return { sha256, named: object.metadata["sha256"] };
      });
    }

    async function tryKill(
      crashAt: string,
    ): Promise<{ readonly isKilled: boolean; readonly faults: readonly string[] }> {
      writeDag(world, 1);
      await world.begin(prepare);
      const old = readStanding();
      writeDag(world, 2);
      const { signal } = await world.start(replace, crashAt).ended;
      const faults: string[] = [];
      const between = readStanding();
      // What the killed run put is no loss, and not called one.
      const early = await world.start(["lake", "verify"]).ended;
      if (early.exitCode !== 0) faults.push(early.stdout + early.stderr);
      const end = await world.start(replace).ended;
      if (end.exitCode !== 0) faults.push(`it ended with ${end.exitCode}: ${end.stdout}${end.stderr}`);
      const made = readStanding();
      for (const [index, { sha256, named }] of made.entries()) {
        const key = keys[index] ?? "";
        if (sha256 === old[index]?.sha256) faults.push(`the new object does not stand at ${key}`);
        if (sha256 !== named) faults.push(`the metadata of ${key} names another one`);
        if (![old[index]?.sha256, sha256].includes(between[index]?.sha256))
          faults.push(`neither object stood whole at ${key}`);
      }
      const verified = await world.start(["lake", "verify", "--deep"]).ended;
      if (verified.exitCode !== 0) faults.push(verified.stdout + verified.stderr);
      const states = world.query<{ state: string }>("SELECT state FROM v_tables ORDER BY state");
      const expected = ["replaced", "standing"].flatMap((state) => keys.map(() => state));
      if (states.map(({ state }) => state).join() !== expected.join())
        faults.push(`tables: ${JSON.stringify(states)}`);
      const lost = world.query<{ message: string }>(
        "SELECT message FROM v_events WHERE kind IN ('objects_missing', 'objects_replaced', 'objects_unclaimed')",
      );
      faults.push(...lost.map(({ message }) => message));
      // What a killed scheduler's process leaves ends by itself, or with the next run.
      await expect.poll(() => listLeft(world), { timeout: 10_000, interval: 20 }).toEqual([]);
      return { isKilled: signal === "SIGKILL", faults };
    }

    const ofTheLake = (lake === "folder" ? FOLDER_POINTS : storePoints).flatMap((point) =>
      keys.map((_key, index) => `${point}:${index + 1}`),
    );
    test.each([...points, ...ofTheLake])("killed at %s", { timeout: 120_000 }, async (point) => {
      expect(await tryKill(point)).toEqual({ isKilled: true, faults: [] });
    });

    test("killed at any other point", { timeout: SWEEP_PATIENCE_MS }, async () => {
      const random = openRandom(`${what} in ${lake}`);
      writeDag(world, 1);
      await world.begin(prepare);
      writeDag(world, 2);
      expect((await world.start(replace).ended).exitCode).toBe(0);
      const passed = world.passed().length;
      const count = IS_LONG ? 100 : sample;
      let kills = 0;
      for (let index = 0; index < count; index += 1) {
        const point = 1 + random.below(passed);
        const { isKilled, faults } = await tryKill(String(point));
        expect(faults, `killed at point ${point}`).toEqual([]);
        kills += isKilled ? 1 : 0;
      }
      tell(`${what} in ${lake}: killed at ${kills} of ${passed} points`);
      expect(kills).toBe(count);
    });
  },
);
