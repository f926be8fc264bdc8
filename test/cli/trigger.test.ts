/** `dagmar trigger`: asks a scheduler for a run; without one the run waits, and it says so. Also what stands in its way. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  eventually,
  openWay,
  untilReady,
  useServiceWorld,
  WAYS,
  type WayWorld,
} from "../support/service-process.ts";

const DAGS = {
  plain: `schedule: manual\nparams: { size: 1 }\ntasks: { nothing: { type: noop } }\n`,
  dark: `schedule: manual\nenabled: false\ntasks: { nothing: { type: noop } }\n`,
  slow: `schedule: manual\ntasks: { sleep: { type: shell, with: { script: "sleep 60" } } }\n`,
};

describe.each(WAYS)("%s", (way) => {
  let world: WayWorld;
  beforeAll(async () => {
    world = await openWay(way, DAGS);
  });
  afterAll(() => world.close());

  test("each trigger makes another run, which comes to its end when a scheduler is there", async () => {
    for (let round = 0; round < 2; round += 1) {
      const { exitCode, stdout, stderr } = await world.run(["trigger", "plain"]);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
      expect(stdout).toMatch(/^plain\/manual__\S+Z {2}(?:queued|running|success)$/m);
      expect(stdout.includes("No scheduler is running, so the run waits.")).toBe(
        world.scheduler === undefined,
      );
    }
    const waiting = world.query("SELECT 1 FROM v_runs WHERE dag_id = 'plain' AND state = 'queued'");
    expect(world.scheduler !== undefined || waiting.length === 2).toBe(true);
    const running = world.scheduler ?? (await world.startScheduler());
    const isDone = () => world.readStates("v_runs", "plain").join() === "success,success";
    await eventually("they are run", isDone, running);
    if (world.scheduler === undefined) await running.stop();
  });

  test("a date that has a run is that run again; other params for it are refused", async () => {
    const command = ["trigger", "plain", "--date", "2026-11-01"];
    await world.prepare([...command, "--param", "size=2"]);
    const other = await world.run(command);
    expect(other.exitCode).toBe(2);
    expect(other.stderr).toMatch(
      /^dagmar: plain\/manual__2026-11-01\S+ exists with other params: size is 2 there and 1 here\.\n {2}Give the same params/m,
    );
    const same = await world.run([...command, "--param", "size=2", "--json"]);
    expect(JSON.parse(same.stdout)).toMatchObject({
      dag_id: "plain",
      run_id: "manual__2026-11-01T00:00:00.000Z",
      scheduler: world.scheduler !== undefined,
    });
    expect(world.query("SELECT 1 FROM v_runs WHERE logical_date LIKE '2026-11-01%'")).toHaveLength(1);
  });

  test.each([
    ["an unknown Dag", ["plian"], 2, /There is no Dag plian[\s\S]*did you mean "plain"/],
    ["a Dag that is off", ["dark"], 2, /dark is off: none of its tasks are run\.\n.*enabled: false/],
    ["a param that is not declared", ["plain", "--param", "x=1"], 2, /has no such param/],
    ["a date that is none", ["plain", "--date", "soon"], 2, /"soon" is not a date/],
  ])("%s is refused in one line, with what to do", async (_name, args, exitCode, message) => {
    const result = await world.run(["trigger", ...args]);
    expect({ exitCode: result.exitCode, stderr: result.stderr }).toMatchObject({ exitCode });
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/^ +at /m);
  });
});

test("while a run is in the foreground it ends with 75 and names the process at work", async () => {
  const world = useServiceWorld();
  for (const [dagId, text] of Object.entries(DAGS)) world.writeDag(dagId, text);
  const running = world.start(["run", "slow"]);
  await eventually("it runs", () => running.output().includes("sleep: started"), running);
  for (const command of [
    ["trigger", "plain"],
    ["run", "plain"],
    ["dags", "pause", "plain"],
  ]) {
    const { exitCode, stderr } = await world.run(command);
    expect(exitCode).toBe(75);
    expect(stderr).toMatch(
      /^dagmar: Another process is using this database: run slow \(pid \d+ on .*\)\.\n {2}Wait until it has finished, or stop it/,
    );
  }
  running.child.kill("SIGINT");
  expect((await running.ended).exitCode).toBe(75);
});

test("a scheduler that does not answer is given up when Ctrl-C is pressed, and the request is taken back", async () => {
  const world = useServiceWorld();
  world.writeDag("plain", DAGS.plain);
  const scheduler = await world.startScheduler();
  // With the lease: before that no request would be sent.
  await untilReady(scheduler);
  await world.freeze(scheduler);
  const asking = world.start(["trigger", "plain"]);
  const readRequests = () =>
    world.query<{ state: string }>("SELECT state FROM requests").map((row) => row.state);
  await eventually("it asks", () => readRequests()[0] === "open", asking);
  asking.child.kill("SIGINT");
  const { exitCode, stderr } = await asking.ended;
  expect(exitCode).toBe(75);
  expect(stderr).toContain("The request was withdrawn; nothing was done.");
  expect(readRequests()).toEqual(["withdrawn"]);
  scheduler.child.kill("SIGCONT");
  expect((await scheduler.stop()).exitCode).toBe(0);
  expect(world.readStates("v_runs", "plain")).toEqual([]);
});
