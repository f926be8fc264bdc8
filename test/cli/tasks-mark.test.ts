/** `dagmar tasks mark`: sets a task's state by hand, and downstream tasks use that state. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, openWay, WAYS, type WayWorld } from "../support/service-process.ts";

const FAULTY = `schedule: manual\ntasks:\n  fails: { type: shell, with: { script: "exit 3" } }\n  after: { type: noop, needs: [fails] }\n`;
const SLOW = `schedule: manual\ntasks: { sleep: { type: shell, with: { script: "sleep 300" } } }\n`;

describe.each(WAYS)("%s", (way) => {
  let world: WayWorld;
  beforeAll(async () => {
    world = await openWay(way, { faulty: FAULTY, slow: SLOW });
    await world.run(["run", "faulty", "--date", "2026-11-01"]);
  });
  afterAll(() => world.close());

  const mark = (...args: readonly string[]) => world.run(["tasks", "mark", ...args]);
  const readTasks = () =>
    world.query("SELECT task_id, state, attempts FROM v_tasks WHERE dag_id = 'faulty' ORDER BY task_id");

  test("a failed task that is marked success lets the tasks run that were skipped because of it", async () => {
    const run = "faulty/manual__2026-11-01T00:00:00.000Z";
    expect(world.readStates("v_runs", "faulty")).toEqual(["failed"]);
    expect(await mark("faulty", "fails", "success")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`${run} fails is success.\n`) as string,
    });
    if (world.scheduler === undefined) await world.prepare(["run", "faulty", "--date", "2026-11-01"]);
    await eventually("the run succeeds", () => world.readStates("v_runs", "faulty")[0] === "success");
    expect(readTasks()).toEqual([
      { task_id: "after", state: "success", attempts: 1 },
      { task_id: "fails", state: "success", attempts: 1 },
    ]);
    expect((await mark(run, "fails", "success")).stdout).toBe(`${run} fails was success already.\n`);
    expect(world.countEvents("task_marked")).toBe(1);
  });

  test.each([
    ["an unknown run", ["faulty/none", "fails", "success"], 2, /There is no run faulty\/none/],
    ["an unknown task", ["faulty", "fials", "success"], 2, /has no task fials\.\n.*fails, after/],
    ["another state", ["faulty", "fails", "skipped"], 2, /marked success or failed, not "skipped"/],
  ])("%s is refused", async (_name, args, exitCode, message) => {
    const result = await mark(...args);
    expect({ exitCode: result.exitCode, stderr: result.stderr }).toMatchObject({ exitCode });
    expect(result.stderr).toMatch(message);
  });

  test("a task that is running is refused, with what to do", async () => {
    const running = world.start(["run", "slow"]);
    await eventually("it runs", () => running.output().includes("sleep: started"), running);
    const { exitCode, stderr } = await mark("slow", "sleep", "failed");
    expect(exitCode).toBe(75);
    expect(stderr).toMatch(
      world.scheduler === undefined
        ? /^dagmar: Another process is using this database: run slow /
        : /sleep is running\.\n.*dagmar runs cancel slow\//,
    );
    running.child.kill("SIGINT");
    expect((await running.ended).exitCode).toBe(75);
  });
});
