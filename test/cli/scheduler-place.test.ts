/** Commands while a scheduler runs with another lake, input folder or Dag file. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import BetterSqlite3 from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWay, WAYS, type WayWorld } from "../support/service-process.ts";

const DAG = `schedule: "0 6 * * *"\ntasks: { nothing: { type: noop } }\n`;

describe("with a scheduler", () => {
  let world: WayWorld;
  beforeAll(async () => {
    world = await openWay("with a scheduler", { plain: DAG });
    await world.prepare(["run", "plain", "--date", "2026-11-01"]);
    const other = join(world.folder, "other-dags");
    mkdirSync(other);
    writeFileSync(join(other, "plain.yaml"), `dag: plain\n${DAG.replace("noop", "noop, retries: 1")}`);
    writeFileSync(join(other, "stranger.yaml"), `dag: stranger\n${DAG}`);
  });
  afterAll(() => world.close());

  const WORK = [
    ["run", "plain", "--date", "2026-11-02"],
    ["trigger", "plain", "--date", "2026-11-02"],
    ["backfill", "plain", "--from", "2026-11-02", "--to", "2026-11-02"],
    ["tasks", "clear", "plain", "--date", "2026-11-01"],
    ["tasks", "clear", "plain", "--from", "2026-11-01", "--to", "2026-11-01"],
    ["tasks", "mark", "plain@2026-11-01", "nothing", "failed"],
  ];

  test.each(WORK)("%s names the scheduler's lake and input folder", async (...args) => {
    const { exitCode, stdout } = await world.run(args);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/The scheduler does it: lake \S+, input folder \S+\/input|Nothing to do/);
  });

  test.each(WORK)(
    "%s %s %s %s is refused with another lake, and with another input folder",
    async (...args) => {
      const count = () => world.query("SELECT 1 FROM v_attempts").length;
      const before = count();
      const lake = await world.run(args, { DAGMAR_LAKE: `file:${world.folder}/elsewhere` });
      expect(lake.exitCode).toBe(78);
      expect(lake.stderr).toMatch(
        /(?:its|of the) lake (?:is )?file:\S+\/lake, (?:here it is|and this command uses) file:\S+elsewhere/,
      );
      const input = await world.run(args, { DAGMAR_INPUT: world.folder });
      expect(input.exitCode).toBe(78);
      expect(input.stderr).toContain(`its input folder is ${world.inputFolder}, here it is ${world.folder}`);
      expect(count()).toBe(before);
      expect(readdirSync(world.folder)).not.toContain("elsewhere");
    },
  );

  test.each([
    [
      ["run", "plain"],
      /The scheduler has read another version of the Dag file: its plain is [0-9a-f]{12}, here it is [0-9a-f]{12}/,
    ],
    [["trigger", "stranger"], /it has no valid Dag stranger, here it is/],
    [
      ["backfill", "plain", "--from", "2026-11-05", "--to", "2026-11-05"],
      /its Dag folder is \S+dags, here \S+other-dags/,
    ],
  ])("%j is refused with another Dag file", async (args, message) => {
    const { exitCode, stderr } = await world.run(args, { DAGMAR_DAGS: join(world.folder, "other-dags") });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 78 });
    expect(stderr).toMatch(message);
  });

  test("a Dag file that was edited a moment ago is read again first", async () => {
    world.editDag("plain", (text) => text.replace("noop", "noop, retries: 2"));
    expect(await world.run(["run", "plain", "--date", "2026-11-07"])).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
  });

  test("what is about a Dag alone is done wherever it is asked from", async () => {
    for (const args of [
      ["dags", "pause", "plain"],
      ["dags", "unpause", "plain"],
    ]) {
      expect(await world.run(args, elsewhere(world))).toMatchObject({ exitCode: 0, stderr: "" });
    }
  });

  test("a run of another lake is cancelled by a command for that lake, also where the scheduler has another one", async () => {
    const database = new BetterSqlite3(world.databaseFile);
    const idOf = (day: number): string => `manual__2026-11-${day}T06:00:00.000Z`;
    const lake = pathToFileURL(join(world.folder, "elsewhere")).href;
    database.exec(`INSERT INTO backfills (dag_id, lake, from_date, to_date, reprocess, is_refetch, max_active, state, created_at)
        VALUES ('plain', '${lake}', '2026-11-20', '2026-11-21', 'none', 0, 1, 'running', '2026-11-20T00:00:00.000Z')`);
    for (const [day, backfill] of [
      [20, "NULL"],
      [21, "(SELECT max(backfill_id) FROM backfills)"],
    ] as const) {
      database.exec(`INSERT INTO dag_runs (dag_id, run_id, run_type, state, logical_date, logical_date_local, timezone,
          partition, run_stamp, params, fingerprint, created_at, lake, backfill_id)
        SELECT dag_id, '${idOf(day)}', 'manual', 'queued', '2026-11-${day}T06:00:00.000Z', '', timezone, '', '', params,
          fingerprint, created_at, '${lake}', ${backfill} FROM dag_runs WHERE dag_id = 'plain' LIMIT 1`);
    }
    database.close();
    const states = () =>
      world.query(
        "SELECT run_id, state FROM v_runs WHERE run_id LIKE 'manual__2026-11-2%T06:00%' ORDER BY run_id",
      );
    const refused = await world.run(["runs", "cancel", `plain/${idOf(20)}`]);
    expect(refused).toMatchObject({ exitCode: 78 });
    expect(refused.stderr).toMatch(/is a run of the lake \S+elsewhere, and this command uses \S+lake/);
    expect(await world.run(["backfill", "plain", "--cancel"])).toMatchObject({
      exitCode: 0,
      stdout: "No backfill of plain is running.\n",
    });
    expect(states()).toEqual([
      { run_id: idOf(20), state: "queued" },
      { run_id: idOf(21), state: "queued" },
    ]);
    await world.prepare(["runs", "cancel", `plain/${idOf(20)}`], elsewhere(world));
    await world.prepare(["backfill", "plain", "--cancel"], elsewhere(world));
    expect(states()).toEqual([
      { run_id: idOf(20), state: "cancelled" },
      { run_id: idOf(21), state: "cancelled" },
    ]);
  });
});

const elsewhere = ({ folder }: WayWorld) => ({ DAGMAR_LAKE: `file:${folder}/elsewhere` });

describe.each(WAYS)("%s", (way) => {
  let world: WayWorld;
  beforeAll(async () => {
    world = await openWay(way, { plain: DAG });
    await world.prepare(["run", "plain", "--date", "2026-11-01"]);
  });
  afterAll(() => world.close());

  test.each([
    [["tasks", "mark", "plain@2026-11-01", "nothing", "failed"]],
    [["tasks", "mark", "plain", "nothing", "failed"]],
    [["tasks", "clear", "plain", "--date", "2026-11-01"]],
    [["runs", "cancel", "plain@2026-11-01"]],
    [["runs", "cancel", "plain"]],
  ])(
    "%j of a run of another lake is refused with both lakes, and given with its lake it is done",
    async (args) => {
      const read = () => world.query("SELECT state, message, attempts FROM v_tasks");
      const before = read();
      const { exitCode, stderr } = await world.run(args, elsewhere(world));
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 78 });
      expect(stderr).toMatch(
        /plain\/manual__\S+ is a run of the lake \S+\/lake, and this command uses \S+elsewhere/,
      );
      expect(stderr).toContain("DAGMAR_LAKE");
      expect(read()).toEqual(before);
      expect(await world.run(args)).toMatchObject({ exitCode: 0, stderr: "" });
    },
  );

  test("a run of another lake may be looked at", async () => {
    for (const args of [
      ["runs", "show", "plain@2026-11-01"],
      ["tasks", "logs", "plain@2026-11-01", "nothing"],
    ]) {
      expect(await world.run(args, elsewhere(world))).toMatchObject({ exitCode: 0 });
    }
    const { stdout } = await world.run(["runs", "show", "plain@2026-11-01"], elsewhere(world));
    expect(stdout).toMatch(/lake {10}\S+\/lake; this command uses \S+elsewhere/);
  });
});
