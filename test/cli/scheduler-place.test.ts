/** Commands beside a scheduler that works with another lake, input folder or Dag file than they were given with. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWay, type WayWorld } from "../support/service-process.ts";

const DAG = `schedule: "0 6 * * *"\ntasks: { nothing: { type: noop } }\n`;

describe("beside a scheduler", () => {
  let world: WayWorld;
  beforeAll(async () => {
    world = await openWay("beside a scheduler", { plain: DAG });
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
  ];

  test.each(WORK)("%s names the scheduler's lake and input folder", async (...args) => {
    const { exitCode, stdout } = await world.run(args);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/The scheduler does it: lake \S+, input folder \S+\/input|There is nothing to do/);
  });

  test.each(WORK)(
    "%s %s %s %s is refused with another lake, and with another input folder",
    async (...args) => {
      const count = () => world.query("SELECT 1 FROM v_attempts").length;
      const before = count();
      const lake = await world.run(args, { DAGMAR_LAKE: `file:${world.folder}/elsewhere` });
      expect(lake.exitCode).toBe(78);
      expect(lake.stderr).toMatch(/its lake is file:\S+\/lake, here it is file:\S+elsewhere/);
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
      /The scheduler's Dag file is another one: its plain is [0-9a-f]{12}, here it is [0-9a-f]{12}/,
    ],
    [["trigger", "stranger"], /it has no sound Dag stranger, here it is/],
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

  test("what makes nothing run is done wherever it is asked from", async () => {
    const elsewhere = { DAGMAR_LAKE: `file:${world.folder}/elsewhere` };
    for (const args of [
      ["dags", "pause", "plain"],
      ["runs", "cancel", "plain"],
      ["runs", "cancel", "plain@2026-11-01"],
      ["tasks", "mark", "plain@2026-11-01", "nothing", "success"],
    ]) {
      expect(await world.run(args, elsewhere)).toMatchObject({ exitCode: 0, stderr: "" });
    }
  });
});
