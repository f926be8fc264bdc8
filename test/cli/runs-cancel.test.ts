/** `dagmar runs cancel` and a Dag's `timeout`: running tasks are stopped, and the run ends as cancelled or failed. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CliProcess } from "../support/cli.ts";
import {
  eventually,
  isAlive,
  openWay,
  useServiceWorld,
  WAYS,
  type ServiceWorld,
  type WayWorld,
} from "../support/service-process.ts";

const DAGS = {
  plain: `schedule: manual\ntasks: { nothing: { type: noop } }\n`,
  slow: `schedule: manual\ntasks:\n  sleep: { type: shell, with: { script: "sleep 300 & echo $! > pid.$DAGMAR_DAG_ID; wait" } }\n  after: { type: noop, needs: [sleep] }\n`,
  brief: `schedule: manual\ntimeout: 1s\ntasks:\n  sleep: { type: shell, with: { script: "sleep 300 & echo $! > pid.$DAGMAR_DAG_ID; wait" } }\n`,
};

/** The pid of the process that the task's program has started. */
async function readPid(world: ServiceWorld, dagId: string, running?: CliProcess): Promise<number> {
  const file = join(world.folder, `pid.${dagId}`);
  const read = (): number => (existsSync(file) ? Number(readFileSync(file, "utf8")) : 0);
  await eventually("the task is at work", () => read() > 0, running);
  return read();
}

describe.each(WAYS)("%s", (way) => {
  let world: WayWorld;
  beforeAll(async () => {
    world = await openWay(way, DAGS);
  });
  afterAll(() => world.close());

  test("a run that has ended is left as it is", async () => {
    await world.prepare(["run", "plain", "--date", "2026-11-01"]);
    const { exitCode, stdout } = await world.run(["runs", "cancel", "plain"]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe("plain/manual__2026-11-01T00:00:00.000Z has ended already: success.\n");
    expect(world.countEvents("run_cancelled")).toBe(0);
  });

  test("an unknown run is refused", async () => {
    const { exitCode, stderr } = await world.run([
      "runs",
      "cancel",
      "plain/manual__2020-01-01T00:00:00.000Z",
    ]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^dagmar: There is no run plain\/manual__2020\S+\.\n.*runs list/);
  });

  test("a Dag's timeout stops the run, which has failed, and its follower reports it", async () => {
    const { exitCode, stdout } = await world.run(["run", "brief"]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("its run took longer than its timeout");
    expect(isAlive(await readPid(world, "brief"))).toBe(false);
    expect(world.readStates("v_runs", "brief")).toEqual(["failed"]);
    const codes = world.query("SELECT state, error_code FROM v_attempts WHERE dag_id = 'brief'");
    expect(codes).toEqual([{ state: "cancelled", error_code: "RUN_TIMED_OUT" }]);
  });
});

test("with a scheduler the running program and its children are ended, and a follower exits 1", async () => {
  const world = useServiceWorld();
  world.writeDag("slow", DAGS.slow);
  const scheduler = await world.startScheduler();
  const follower = world.start(["run", "slow"]);
  const pid = await readPid(world, "slow", follower);
  const { exitCode, stdout } = await world.run(["runs", "cancel", "slow"]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^slow\/manual__\S+ is being cancelled; `dagmar runs show slow\/manual__\S+` shows when it has ended\.$/m,
  );
  const followed = await follower.ended;
  expect(followed.exitCode).toBe(1);
  expect(followed.stdout).toContain("sleep: cancelled: its run was cancelled");
  expect(followed.stdout).toMatch(/^slow\/manual__\S+ {2}cancelled/m);
  await eventually("its process is gone", () => !isAlive(pid), scheduler);
  expect(world.query("SELECT task_id, state FROM v_tasks ORDER BY task_id")).toEqual([
    { task_id: "after", state: "cancelled" },
    { task_id: "sleep", state: "cancelled" },
  ]);
  expect((await scheduler.stop()).exitCode).toBe(0);
});

test("without a scheduler a run that a killed process left is ended, its orphan too", async () => {
  const world = useServiceWorld();
  world.writeDag("slow", DAGS.slow);
  const running = world.start(["run", "slow"]);
  const pid = await readPid(world, "slow", running);
  running.child.kill("SIGKILL");
  await running.ended;
  expect(isAlive(pid)).toBe(true);
  const { stdout } = await world.run(["runs", "cancel", "slow"]);
  expect(stdout).toMatch(/^slow\/manual__\S+ is cancelled\.$/m);
  await eventually("its process is gone", () => !isAlive(pid));
  expect(world.readStates("v_runs", "slow")).toEqual(["cancelled"]);
  expect(world.readStates("v_attempts", "slow")).toEqual(["lost"]);
});
