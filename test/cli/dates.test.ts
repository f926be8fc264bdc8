/** What a day, an instant and "the newest run" mean to every command that takes one; and which Dags and dates are refused. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWay, type WayWorld } from "../support/service-process.ts";

const NOOP = `tasks: { nothing: { type: noop } }\n`;
const DAGS = {
  six: `schedule: "0 6 * * *"\ntimezone: America/Sao_Paulo\n${NOOP}`,
  twice: `schedule: "0 6,18 * * *"\ntimezone: America/Sao_Paulo\n${NOOP}`,
  follower: `schedule: { after: six }\ntimezone: America/Sao_Paulo\n${NOOP}`,
  mondays: `schedule: "0 6 * * mon"\ntimezone: America/Sao_Paulo\n${NOOP}`,
  manual: `schedule: manual\ntimezone: America/Sao_Paulo\n${NOOP}`,
  samoa: `schedule: "0 6 * * *"\ntimezone: Pacific/Apia\n${NOOP}`,
  off: `schedule: "0 6 * * *"\n${NOOP}`,
};

describe("dates", () => {
  let world: WayWorld;
  beforeAll(async () => {
    world = await openWay("without a scheduler", DAGS);
  });
  afterAll(() => world.close());

  const readRuns = (dagId: string) =>
    world
      .query<{ at: string }>("SELECT logical_date AS at FROM v_runs WHERE dag_id = ? ORDER BY 1", dagId)
      .map((row) => row.at);

  test.each([
    ["six", "2026-11-02", "2026-11-02T09:00:00.000Z", "its slot"],
    ["follower", "2026-11-02", "2026-11-02T09:00:00.000Z", "the slot of the Dag that it follows"],
    ["mondays", "2026-11-03", "2026-11-03T03:00:00.000Z", "its midnight, where it has no slot"],
    ["manual", "2026-11-02", "2026-11-02T03:00:00.000Z", "its midnight, for a manual Dag"],
  ])("run %s --date %s is the run of %s: %s; with --rerun too", async (dagId, day, instant) => {
    await world.prepare(["run", dagId, "--date", day]);
    await world.prepare(["run", dagId, "--date", day, "--rerun"]);
    await world.prepare(["trigger", dagId, "--date", day]);
    expect(readRuns(dagId)).toEqual([instant]);
    const attempts = world.query("SELECT 1 FROM v_attempts WHERE dag_id = ?", dagId);
    expect(attempts).toHaveLength(2);
    // For the others.
    await world.prepare(["run", dagId, "--date", day]);
  });

  test("a day with one run means that run, whenever it was", async () => {
    await world.prepare(["run", "six", "--date", "2026-10-05T14:37"]);
    await world.prepare(["run", "six", "--date", "2026-10-05", "--rerun"]);
    expect(readRuns("six").filter((at) => at.startsWith("2026-10-05"))).toEqual(["2026-10-05T17:37:00.000Z"]);
  });

  describe("a day of two runs", () => {
    const TWO =
      "six has 2 runs on 2026-10-06 (America/Sao_Paulo): 2026-10-06T06:00:00-03:00, 2026-10-06T23:59:00-03:00.";
    beforeAll(async () => {
      await world.prepare(["run", "six", "--date", "2026-10-06"]);
      await world.prepare(["run", "six", "--date", "2026-10-06T23:59"]);
    });

    test.each([
      [["run", "six", "--date", "2026-10-06"]],
      [["run", "six", "--date", "2026-10-06", "--rerun"]],
      [["trigger", "six", "--date", "2026-10-06"]],
      [["tasks", "clear", "six", "--date", "2026-10-06"]],
      [["tasks", "mark", "six@2026-10-06", "nothing", "failed"]],
      [["tasks", "logs", "six@2026-10-06", "nothing"]],
      [["runs", "show", "six@2026-10-06"]],
      [["runs", "cancel", "six@2026-10-06"]],
    ])("%j is refused, and lists their instants", async (args) => {
      const { exitCode, stderr } = await world.run(args);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 2,
        stderr: `dagmar: ${TWO}\n  Give one of these instants instead of the day.\n`,
      });
    });

    test.each([
      [["run", "six", "--date", "2026-10-07T02:59:00.000Z"]],
      [["runs", "show", "six@2026-10-07T02:59:00.000Z"]],
      [["tasks", "logs", "six@2026-10-06T23:59", "nothing"]],
      [["tasks", "mark", "six@2026-10-06T06:00", "nothing", "success"]],
      [["runs", "cancel", "six@2026-10-06T06:00"]],
    ])("%j, one of them, is understood", async (args) => {
      const { exitCode, stderr, stdout } = await world.run(args);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toMatch(/2026-10-0[67]T|in the lake|no log/);
    });
  });

  test.each([
    [
      "a day of two slots",
      ["run", "twice", "--date", "2026-11-02"],
      /^dagmar: twice has 2 slots on 2026-11-02 \(America\/Sao_Paulo\): 2026-11-02T06:00:00-03:00, 2026-11-02T18:00:00-03:00\./,
    ],
    [
      "a day that the zone left out",
      ["run", "samoa", "--date", "2011-12-30"],
      /that day does not exist in Pacific\/Apia/,
    ],
    [
      "a range of such a day",
      ["tasks", "clear", "samoa", "--from", "2011-12-30", "--to", "2011-12-30"],
      /that day does not exist/,
    ],
    [
      "a day without a run, for what needs one",
      ["runs", "show", "six@2020-01-01"],
      /six has no run on 2020-01-01 \(America\/Sao_Paulo\)/,
    ],
    [
      "an instant without a run",
      ["runs", "show", "six@2020-01-01T06:00"],
      /six has no run at 2020-01-01 06:00:00 -03:00/,
    ],
    ["what is no date", ["runs", "show", "six@soon"], /"soon" is not a date/],
    ["a Dag that no run is of", ["runs", "show", "seven@2020-01-01"], /There is no run seven@2020-01-01/],
    [
      "a date after the next slot",
      ["run", "six", "--date", "2062-01-01"],
      /^dagmar: six: 2062-01-01 06:00:00 -03:00 is after the next slot, \d{4}-\d\d-\d\d 06:00:00 -03:00; no run was made\.\n {2}.*--force/,
    ],
    [
      "such a date of a Dag that follows it",
      ["trigger", "follower", "--date", "2062-01-01T06:00"],
      /after the next slot/,
    ],
    [
      "the future of a manual Dag",
      ["run", "manual", "--date", "2062-01-01"],
      /manual: 2062-01-01 00:00:00 -03:00 is in the future/,
    ],
  ])("%s is refused", async (_name, args, message) => {
    const { exitCode, stderr } = await world.run(args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });

  test("--force makes a run of the future, and it is never the newest", async () => {
    await world.prepare(["run", "manual", "--date", "2062-01-01", "--force"]);
    // It exists now, so it needs no --force.
    await world.prepare(["run", "manual", "--date", "2062-01-01", "--rerun"]);
    for (const args of [
      ["runs", "show", "manual"],
      ["runs", "cancel", "manual"],
    ]) {
      const { stdout } = await world.run(args);
      expect(stdout).toContain("manual__2026-11-02T03:00:00.000Z");
      expect(stdout).not.toContain("2062");
    }
    await world.prepare(["run", "samoa", "--date", "2062-01-01T06:00", "--force"]);
    expect((await world.run(["runs", "show", "samoa"])).stdout).toContain("2061-12-31T17:00");
  });

  test.each([
    [["run", "off"]],
    [["trigger", "off"]],
    [["backfill", "off", "--from", "2026-11-01", "--to", "2026-11-02"]],
    [["backfill", "off", "--from", "2026-11-01", "--to", "2026-11-02", "--dry-run"]],
    [["tasks", "clear", "off", "--date", "2026-11-02"]],
  ])("%j of a Dag that is off is refused", async (args) => {
    if (readRuns("off").length === 0) await world.prepare(["run", "off", "--date", "2026-11-02"]);
    world.editDag("off", (text) => `${text}enabled: false\n`);
    try {
      const { exitCode, stderr } = await world.run(args);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 2,
        stderr: expect.stringMatching(
          /^dagmar: off is off: none of its tasks are run\.\n {2}Remove `enabled: false` from \S+off\.yaml to run it\.\n$/,
        ) as string,
      });
    } finally {
      world.editDag("off", (text) => text.replace("enabled: false\n", ""));
    }
  });
});
