/** Two schedulers on one database: one works; the other is a standby and takes over when the first is killed, stopped or drained. */
import { expect, test } from "vitest";
import {
  ask,
  eventually,
  useServiceWorld,
  type Scheduler,
  type ServiceWorld,
} from "../support/service-process.ts";

const EACH_SECOND = `schedule: "* * * * * *"\ncatchup: all\ntasks: { nothing: { type: noop } }\n`;
/** The other looks once a second, and is to be at work soon after. */
const TAKE_OVER_MS = 10_000;

function count(world: ServiceWorld): number {
  return world.readStates("v_runs", "seconds").filter((state) => state === "success").length;
}

async function startTwo(world: ServiceWorld): Promise<readonly [Scheduler, Scheduler]> {
  world.writeDag("seconds", EACH_SECOND);
  const first = await world.startScheduler();
  await eventually("the first works", () => count(world) > 0, first);
  const second = await world.startScheduler();
  await eventually("the second is a standby", () => second.output().includes("Standing by."), second);
  return [first, second];
}

function expectEachOnce(world: ServiceWorld): void {
  const slots = world.query<{ at: number }>(
    "SELECT unixepoch(logical_date) AS at FROM v_runs WHERE dag_id = 'seconds' ORDER BY logical_date",
  );
  const first = slots[0]?.at ?? 0;
  expect(slots.map(({ at }) => at - first)).toEqual(slots.map((_, index) => index));
  const attempts = world.query<{ n: number }>(
    "SELECT count(*) AS n FROM v_attempts WHERE dag_id = 'seconds' AND state = 'success' GROUP BY run_id",
  );
  expect(new Set(attempts.map(({ n }) => n))).toEqual(new Set([1]));
}

test("the second one names the process it waits for, and is healthy without being ready", async () => {
  const world = useServiceWorld();
  const [first, second] = await startTwo(world);
  expect(second.output()).toContain(
    `Standing by. Another process is using this database: scheduler (pid ${first.child.pid} on `,
  );
  expect(await ask(`${second.url}/healthz`)).toMatchObject({ status: 200 });
  const ready = await ask(`${second.url}/readyz`);
  expect(ready.status).toBe(503);
  expect(ready.text).toContain("standby");
  expect((await ask(`${second.url}/metrics`)).text).toContain("\ndagmar_lease_held 0\n");
  expect((await second.stop()).exitCode).toBe(0);
  const more = count(world);
  await eventually("the first continues", () => count(world) > more, first);
  expect((await first.stop()).exitCode).toBe(0);
});

test.each(["SIGKILL", "SIGTERM"] as const)(
  "takes over within seconds of the first one's %s, and misses no slot",
  async (signal) => {
    const world = useServiceWorld();
    const [first, second] = await startTwo(world);
    first.child.kill(signal);
    expect(await first.ended).toMatchObject(signal === "SIGTERM" ? { exitCode: 0 } : { signal });
    const hasTakenOver = async () => (await ask(`${second.url}/readyz`)).status === 200;
    await eventually("the second works", hasTakenOver, second, TAKE_OVER_MS);
    const more = count(world);
    await eventually("it runs Dags", () => count(world) > more + 1, second);
    expect((await second.stop()).exitCode).toBe(0);
    expectEachOnce(world);
  },
);

test("one that was stopped for longer than its lease writes nothing when it continues: it says so and exits 75", async () => {
  const world = useServiceWorld();
  world.writeDag("seconds", EACH_SECOND);
  world.writeDag(
    "long",
    `schedule: manual\ntasks: { work: { type: shell, with: { script: "sleep 300" } } }\n`,
  );
  const first = await world.startScheduler();
  await world.prepare(["trigger", "long"]);
  await eventually("a task runs", () => world.readStates("v_tasks", "long")[0] === "running", first);
  // Both on one machine with one configuration: the second gets the address when the first releases it.
  const address = new URL(first.url).host;
  const second = world.start(["scheduler"], { DAGMAR_HTTP: address });
  await eventually("the second is a standby", () => second.output().includes("Standing by."), second);
  await world.freeze(first);
  const isAtWork = () => second.output().includes("is scheduling the Dags");
  await eventually("the lease has run out", isAtWork, second, 45_000);
  const hasTakenOver = () => world.readStates("v_attempts", "long").length === 2;
  await eventually("the lost attempt is made again", hasTakenOver, second);
  expect(second.output()).toContain("Health, metrics, pages and API are not available yet; retrying.");
  first.child.kill("SIGCONT");
  const { exitCode, stderr } = await first.ended;
  expect(exitCode, stderr).toBe(75);
  expect(stderr).toMatch(/^dagmar: Another process has taken over this database's lease\.$/m);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(world.readStates("v_attempts", "long")).toEqual(["lost", "running"]);
  const more = count(world);
  await eventually("the second continues", () => count(world) > more, second);
  const isReady = () =>
    ask(`${first.url}/readyz`).then(
      ({ status }) => status === 200,
      () => false,
    );
  await eventually("it answers where the first did", isReady, second);
  second.child.kill("SIGTERM");
  expect((await second.ended).exitCode).toBe(0);
  expectEachOnce(world);
}, 90_000);

test("waits as a standby for a run in the foreground too, and begins when that has ended", async () => {
  const world = useServiceWorld();
  world.writeDag(
    "slow",
    `schedule: manual\ntasks: { sleep: { type: shell, with: { script: "sleep 300" } } }\n`,
  );
  const running = world.start(["run", "slow"]);
  await eventually("it runs", () => running.output().includes("sleep: started"), running);
  const scheduler = await world.startScheduler();
  const isTold = () =>
    scheduler.output().includes("Standing by. Another process is using this database: run slow (pid ");
  await eventually("it is a standby", isTold, scheduler);
  running.child.kill("SIGINT");
  expect((await running.ended).exitCode).toBe(75);
  const goesOn = () => world.readStates("v_attempts", "slow").join() === "cancelled,running";
  await eventually("it resumes the run", goesOn, scheduler);
  expect((await scheduler.stop()).exitCode).toBe(0);
});
