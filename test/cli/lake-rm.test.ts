/** `dagmar lake rm` on the command line: what it shows, what it refuses, and who records it. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openRemovalWorld, FIRST_RECORDS, MOVIES_CSV } from "../support/removal-world.ts";
import { ageFile } from "../support/cli.ts";
import {
  openWay,
  useServiceWorld,
  WAYS,
  type ServiceWorld,
  type WayWorld,
} from "../support/service-process.ts";

const KEY = "Raw/CSV/2026/11/23/movies.csv";
const DAGS = {
  csv: `schedule: manual\ntimezone: UTC\ndefaults: { retries: 0 }\ntasks:\n  movies: { type: file-to-lake, with: { dataset: movies, file: movies.csv, key: "Raw/CSV/\${partition}/movies.csv" } }\n`,
};

async function storeMovies(world: ServiceWorld, date = "2026-11-23"): Promise<void> {
  const path = join(world.inputFolder, "movies.csv");
  if (!existsSync(path)) writeFileSync(path, "tconst|titulo\ntt0000001|Um título\n");
  ageFile(path);
  await world.prepare(["run", "csv", "--date", date]);
}

describe.each(WAYS)("%s", (way) => {
  let world: WayWorld;
  beforeAll(async () => {
    world = await openWay(way, DAGS);
    await storeMovies(world);
  });
  afterAll(() => world.close());

  test("--dry-run shows what would go, and changes nothing", async () => {
    const before = world.listLake();
    const { exitCode, stdout } = await world.run(["lake", "rm", KEY, "--dry-run"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Would remove ${KEY} \\(file of movies, 35 B\\) from file:///`));
    expect(world.listLake()).toEqual(before);
    expect(world.query("SELECT 1 FROM v_removals")).toEqual([]);
  });

  test("removes, records and reports; once more it says when and why it was removed", async () => {
    const { exitCode, stdout, stderr } = await world.run(["lake", "rm", KEY, "--why", "of last year"]);
    expect(exitCode, stdout + stderr).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Removed ${KEY}\\.\n.*\n.*.removed-.*\n$`));
    expect(existsSync(join(world.lakeFolder, KEY))).toBe(false);
    expect(world.countEvents("object_removed")).toBe(1);
    const again = await world.run(["lake", "rm", KEY, "--why", "another reason", "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({
      key: KEY,
      outcome: "absent",
      how: "again",
      why: "of last year",
      left_out_ids: 0,
      scheduler: way === "with a scheduler",
    });
    expect(world.countEvents("object_removed")).toBe(1);
    const listed = await world.run(["lake", "ls", "--removed", "--json"]);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      total: 1,
      removals: [{ key: KEY, why: "of last year" }],
    });
  });

  test("--undo takes it back, once", async () => {
    const undo = ["lake", "rm", KEY, "--undo", "--why", "it was right"];
    const { exitCode, stdout, stderr } = await world.run(undo);
    expect(exitCode, stdout + stderr).toBe(0);
    expect(stdout).toMatch(new RegExp(`^The removal of ${KEY} is undone\\.\n`));
    expect(world.listLake()).toEqual([]);
    expect(world.countEvents("removal_undone")).toBe(1);
    expect((await world.run(["lake", "verify"])).stdout).toMatch(new RegExp(`${KEY} +missing`));
    expect((await world.run(["lake", "ls", "--removed"])).stdout).toMatch(/undone/);
    expect((await world.run(undo)).exitCode).toBe(2);
    await world.prepare(["run", "csv", "--date", "2026-11-23", "--rerun"]);
    expect(existsSync(join(world.lakeFolder, KEY))).toBe(true);
    expect((await world.run(["lake", "verify"])).exitCode).toBe(0);
  });
});

describe("refuses, and removes nothing", () => {
  let world: ServiceWorld;
  const lakeId = (): string => `file://${world.lakeFolder}`;
  beforeAll(async () => {
    world = await openWay("without a scheduler", DAGS);
    mkdirSync(join(world.lakeFolder, "Raw/CSV/2026/11/23"), { recursive: true });
    writeFileSync(join(world.lakeFolder, "Raw/CSV/2026/11/23/other.csv"), "of another program");
    await storeMovies(world);
  });
  afterAll(() => world.remove());

  const cases: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ["a removal without a reason", [KEY], 2, /--why is missing/],
    ["an empty reason", [KEY, "--why", "  "], 2, /--why is missing/],
    ["a long reason", [KEY, "--why", "x".repeat(501)], 2, /501 characters/],
    [
      "a key that no run stored",
      ["Raw/CSV/none.csv", "--why", "w"],
      2,
      /No object Raw\/CSV\/none\.csv is recorded/,
    ],
    [
      "an object of another program",
      ["Raw/CSV/2026/11/23/other.csv", "--why", "w"],
      1,
      /is not Dagmar's object/,
    ],
    [
      "the key in another lake",
      ["s3://bucket/Raw/x.csv", "--why", "w"],
      2,
      /is not below the configured lake/,
    ],
    ["an undoing of what was not removed", [KEY, "--undo", "--why", "w"], 2, /No removal of/],
    ["--undo with --dry-run", [KEY, "--undo", "--dry-run"], 2, /cannot be used together/],
  ];
  test.each(cases)("%s", async (_name, args, code, message) => {
    const before = world.listLake();
    const { exitCode, stderr } = await world.run(["lake", "rm", ...args]);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(code);
    expect(world.listLake()).toEqual(before);
    expect(world.query("SELECT 1 FROM v_removals")).toEqual([]);
  });

  test("an address: it shows the key to give instead", async () => {
    const { exitCode, stderr } = await world.run(["lake", "rm", `${lakeId()}/${KEY}`, "--why", "w"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`Give the key below the lake: ${KEY}`);
  });

  test("a key of another lake of the database, which it names", async () => {
    const { exitCode, stderr } = await world.run(["lake", "rm", KEY, "--why", "w"], {
      DAGMAR_LAKE: `file:${world.folder}/second`,
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`It is recorded in ${lakeId()}: see DAGMAR_LAKE.`);
  });

  test("an object that holds other bytes than recorded", async () => {
    const path = join(world.lakeFolder, KEY);
    rmSync(path);
    writeFileSync(path, "other bytes");
    const { exitCode, stderr } = await world.run(["lake", "rm", KEY, "--why", "w"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${KEY} holds other bytes than recorded.`);
    expect((await world.run(["lake", "verify"])).stdout).toMatch(new RegExp(`${KEY} +differs`));
    expect((await world.run(["lake", "ls"])).stdout).toContain(KEY);
    expect(existsSync(path)).toBe(true);
  });
});

test("an object that a running task reads is not removed", async () => {
  const world = useServiceWorld();
  world.writeDag("csv", DAGS.csv);
  await storeMovies(world);
  const database = new BetterSqlite3(world.databaseFile);
  database.exec(`UPDATE task_instances SET state = 'running';
    INSERT INTO task_inputs SELECT task_instance_id, 'movies', (SELECT object_id FROM objects), 'newest', '' FROM task_instances`);
  database.close();
  const { exitCode, stderr } = await world.run(["lake", "rm", KEY, "--why", "w", "--dry-run"]);
  expect(exitCode).toBe(75);
  expect(stderr).toContain(`csv/manual__2026-11-23T00:00:00.000Z movies is reading ${KEY}.`);
});

test("an object that was deleted by other means is recorded as removed, and no longer as missing", async () => {
  const world = useServiceWorld();
  world.writeDag("csv", DAGS.csv);
  await storeMovies(world);
  rmSync(join(world.lakeFolder, KEY));
  expect((await world.run(["lake", "verify"])).exitCode).toBe(1);
  const { exitCode, stdout } = await world.run(["lake", "rm", KEY, "--why", "deleted by hand"]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`The lake no longer holds ${KEY}; it is recorded as removed.`);
  expect((await world.run(["lake", "verify"])).exitCode).toBe(0);
  const keys = world.listLake().map((line) => line.split(" ")[0] ?? "");
  const record = keys.find((key) => key.includes("/.removed-")) ?? "";
  const refused = await world.run(["lake", "rm", record, "--why", "w"]);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain("is the record of a removal");
});

describe("in a bucket", () => {
  test("without s3:DeleteObject it names the permission and the policy, and records nothing", async () => {
    const world = await openRemovalWorld("s3", { movies: 5 });
    onTestFinished(() => world.close());
    world.store?.faults.push({
      when: { operation: "DeleteObject" },
      times: 9,
      fault: { kind: "error", status: 403, code: "AccessDenied" },
    });
    const before = world.keys();
    for (const more of [[], ["--undo"]]) {
      const { exitCode, stderr } = await world.removeObject(FIRST_RECORDS, ...more);
      expect(exitCode).toBe(1);
      expect(stderr).toContain("s3:DeleteObject");
      expect(stderr).toContain("deploy/aws/remover-policy.json");
    }
    expect(world.keys()).toEqual(before);
    expect(world.query("SELECT 1 FROM v_removals")).toEqual([]);
    expect((await world.run(["lake", "verify"])).exitCode).toBe(0);
  });

  test("that is slow the next run still finishes what was left open", async () => {
    const world = await openRemovalWorld("s3", { movies: 5 });
    onTestFinished(() => world.close());
    const when = { operation: "DeleteObject", key: `zone/${FIRST_RECORDS}` } as const;
    world.store?.faults.push({ when, fault: { kind: "error", status: 403, code: "AccessDenied" } });
    expect((await world.removeObject(FIRST_RECORDS)).exitCode).toBe(1);
    expect(world.query("SELECT state FROM v_removals")).toEqual([{ state: "removing" }]);
    // Longer than the run's own work and the time that the clean-up of uploads has after it.
    world.store?.faults.push({ when, fault: { kind: "slow", delayMs: 6_000 } });
    await world.prepare(["run", "tmdb_ingest", "--date", "2026-11-23", "--rerun"]);
    expect(world.query("SELECT state FROM v_removals")).toEqual([{ state: "removed" }]);
    expect(world.holds(FIRST_RECORDS)).toBe(false);
  }, 60_000);

  test("that keeps versions it says that the object stays as one, behind a delete marker", async () => {
    const world = await openRemovalWorld("s3", { movies: 5, s3: { isVersioned: true } });
    onTestFinished(() => world.close());
    const { exitCode, stdout } = await world.removeObject(MOVIES_CSV);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("S3 has put a delete marker");
    const requests = world.store?.requests.filter(({ operation }) => operation === "DeleteObject") ?? [];
    expect(requests.at(-1)?.headers["if-match"]).toMatch(/^"/);
  });

  test("whose answer to the deletion is lost it ends as if the answer had come", async () => {
    const world = await openRemovalWorld("s3", { movies: 5 });
    onTestFinished(() => world.close());
    world.store?.faults.push({
      when: { operation: "DeleteObject", key: `zone/${MOVIES_CSV}` },
      fault: { kind: "drop-after-store" },
    });
    const { exitCode, stdout, stderr } = await world.removeObject(MOVIES_CSV);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain(`Removed ${MOVIES_CSV}.`);
    expect(world.holds(MOVIES_CSV)).toBe(false);
  });

  test("that does not know conditions it looks before the deletion", async () => {
    const world = await openRemovalWorld("s3", { movies: 5, s3: { rejectsConditions: true } });
    onTestFinished(() => world.close());
    const { exitCode, stderr } = await world.removeObject(MOVIES_CSV);
    expect(exitCode, stderr).toBe(0);
    expect(world.holds(MOVIES_CSV)).toBe(false);
  });
});
