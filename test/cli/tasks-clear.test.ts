/** `dagmar tasks clear`: which tasks of which runs run again, in which process, and what is refused. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually, openWay, WAYS, type WayWorld } from "../support/service-process.ts";

const CHAIN = `schedule: manual\ntasks:\n  first: { type: noop }\n  second: { type: noop, needs: [first] }\n  third: { type: noop, needs: [second] }\n  apart: { type: noop }\n`;
const SLOW = `schedule: manual\ntasks: { sleep: { type: shell, with: { script: "sleep 300" } } }\n`;

describe.each(WAYS)("%s", (way) => {
  let world: WayWorld;
  let day = 0;
  beforeAll(async () => {
    world = await openWay(way, { chain: CHAIN, slow: SLOW });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    day += 1;
    await world.prepare(["run", "chain", "--date", `2026-11-${String(day).padStart(2, "0")}`]);
  });

  const clear = (...args: readonly string[]) => world.run(["tasks", "clear", "chain", ...args]);
  const readAttempts = (date: string) =>
    world
      .query<{ task_id: string; n: number }>(
        "SELECT task_id, attempts AS n FROM v_tasks WHERE dag_id = 'chain' AND logical_date LIKE ? ORDER BY task_id",
        `${date}%`,
      )
      .map((row) => `${row.task_id} ${row.n}`);

  /** The scheduler does it; without one, `dagmar run` resumes the run. */
  async function letRun(...dates: readonly string[]): Promise<void> {
    for (const date of dates) {
      if (world.scheduler === undefined) await world.prepare(["run", "chain", "--date", date]);
      const isDone = () =>
        world.query("SELECT 1 FROM v_runs WHERE state = 'success' AND logical_date LIKE ?", `${date}%`)
          .length === 1;
      await eventually(`${date} is made again`, isDone, world.scheduler);
    }
  }

  test("a task alone, or with what comes after it; the history stays", async () => {
    const date = `2026-11-${String(day).padStart(2, "0")}`;
    const one = await clear("--date", date, "--task", "second");
    expect(one).toMatchObject({ exitCode: 0, stderr: "" });
    expect(one.stdout).toMatch(new RegExp(`manual__${date}T00:00:00.000Z +second *$`, "m"));
    expect(one.stdout.includes("No scheduler is running: they wait for")).toBe(world.scheduler === undefined);
    await letRun(date);
    expect(readAttempts(date)).toEqual(["apart 1", "first 1", "second 2", "third 1"]);
    await clear("--date", date, "--task", "second", "--downstream");
    await letRun(date);
    expect(readAttempts(date)).toEqual(["apart 1", "first 1", "second 3", "third 2"]);
    const attempts = world.query(
      "SELECT 1 FROM v_attempts WHERE task_id = 'second' AND logical_date LIKE ?",
      `${date}%`,
    );
    expect(attempts).toHaveLength(3);
  });

  test("a range of days, both included, and as JSON", async () => {
    await world.prepare(["run", "chain", "--date", "2026-10-01T23:59:59"]);
    await world.prepare(["run", "chain", "--date", "2026-10-02"]);
    await world.prepare(["run", "chain", "--date", "2026-10-03"]);
    const { exitCode, stdout } = await clear("--from", "2026-10-01", "--to", "2026-10-02", "--json");
    expect(exitCode).toBe(0);
    const all = ["first", "second", "third", "apart"];
    const answer = JSON.parse(stdout) as { cleared: { runId: string; tasks: string[] }[] };
    expect(answer).toMatchObject({ dag_id: "chain", scheduler: world.scheduler !== undefined });
    expect(answer.cleared.map(({ runId }) => runId)).toEqual([
      "manual__2026-10-01T23:59:59.000Z",
      "manual__2026-10-02T00:00:00.000Z",
    ]);
    for (const { tasks } of answer.cleared) expect(tasks.toSorted()).toEqual(all.toSorted());
    await letRun("2026-10-01T23:59:59", "2026-10-02");
    expect(new Set(readAttempts("2026-10-02"))).toEqual(new Set(all.map((task) => `${task} 2`)));
    expect(new Set(readAttempts("2026-10-03"))).toEqual(new Set(all.map((task) => `${task} 1`)));
  });

  test("a run is named by its date or its id too, and its name is printed so that the next command takes it", async () => {
    const date = `2026-11-${String(day).padStart(2, "0")}`;
    const runId = `manual__${date}T00:00:00.000Z`;
    for (const name of [`chain@${date}`, `chain/${runId}`, runId]) {
      const { exitCode, stdout } = await world.run(["tasks", "clear", name, "--task", "third"]);
      expect([name, exitCode]).toEqual([name, 0]);
      expect(stdout).toContain(`chain/${runId}`);
      await letRun(date);
    }
    expect(readAttempts(date)).toContain("third 4");
  });

  test("a name that means no run, or more than one, is refused", async () => {
    const cases = [
      [["chain@2026-11-01", "--date", "2026-11-01"], /chain@2026-11-01 names one run/],
      [["chain@2020-01-01"], /chain has no run on 2020-01-01/],
      [["chain/manual__x"], /There is no run chain\/manual__x\./],
      [["chian@2026-11-01"], /There is no run chian@2026-11-01\.\n {2}Did you mean "chain"\?/],
    ] as const;
    for (const [args, message] of cases) {
      const { exitCode, stderr } = await world.run(["tasks", "clear", ...args]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(message);
    }
  });

  test.each([
    ["an unknown task", ["--date", "2026-11-01", "--task", "fourth"], 2, /has no task fourth\.\n.*first/],
    [
      "a date without a run",
      ["--date", "2020-01-01"],
      2,
      /chain has no run on 2020-01-01 \(UTC\)\.\n.*runs list chain/,
    ],
    ["no date at all", [], 2, /Say which runs: --date, or --from and --to\./],
    [
      "a date and a range",
      ["--date", "2026-11-01", "--from", "2026-11-01", "--to", "2026-11-02"],
      2,
      /Say which runs/,
    ],
    ["a range that ends before it begins", ["--from", "2026-11-02", "--to", "2026-11-01"], 2, /lies before/],
  ])("%s is refused", async (_name, args, exitCode, message) => {
    const result = await clear(...args);
    expect({ exitCode: result.exitCode, stderr: result.stderr }).toMatchObject({ exitCode });
    expect(result.stderr).toMatch(message);
  });

  test("a task that is running is refused, with what to do", async () => {
    const command = ["slow", "--date", "2026-11-01"];
    const running = world.start(["run", ...command]);
    await eventually("it runs", () => running.output().includes("sleep: started"), running);
    const { exitCode, stderr } = await world.run(["tasks", "clear", ...command]);
    expect(exitCode).toBe(75);
    expect(stderr).toMatch(
      world.scheduler === undefined
        ? /^dagmar: Another process is using this database: run slow /
        : /^dagmar: slow\/manual__\S+ sleep is running\.\n {2}Wait for it, or stop its run: `dagmar runs cancel slow\/manual__/,
    );
    running.child.kill("SIGINT");
    expect((await running.ended).exitCode).toBe(75);
  });
});
