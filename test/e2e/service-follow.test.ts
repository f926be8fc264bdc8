/** `dagmar run` with a scheduler: it sends a request, follows the run and shows it as if it ran here. */
import { expect, test } from "vitest";
import { eventually, useServiceWorld, type ServiceWorld } from "../support/service-process.ts";

const DAG = `schedule: manual
params: { code: 0 }
tasks:
  first: { type: shell, with: { script: "sleep 0.5" } }
  second: { type: shell, needs: [first], with: { script: "exit \\"$1\\"", args: ["\${params.code}"] } }
`;

async function openWorld() {
  const world = useServiceWorld();
  world.writeDag("chain", DAG);
  world.writeDag(
    "slow",
    `schedule: manual\ntasks: { sleep: { type: shell, with: { script: "sleep 300" } } }\n`,
  );
  return { world, scheduler: await world.startScheduler() };
}

/** The scheduler's, not the command's. */
function listPids(world: ServiceWorld): readonly number[] {
  return [...new Set(world.query<{ pid: number }>("SELECT pid FROM v_attempts").map((row) => row.pid))];
}

test("shows the progress and the closing table, and its exit code is the run's", async () => {
  const { world, scheduler } = await openWorld();
  const done = await world.run(["run", "chain", "--date", "2026-11-01"]);
  expect({ exitCode: done.exitCode, stderr: done.stderr }).toEqual({ exitCode: 0, stderr: "" });
  const lines = done.stdout.split("\n").map((line) => line.trimEnd());
  expect(lines.slice(0, 4)).toEqual([
    "first: started",
    "first: success",
    "second: started",
    "second: success",
  ]);
  expect(done.stdout).toMatch(/^task +state +attempts +time/m);
  expect(done.stdout).toMatch(/^chain\/manual__2026-11-01T00:00:00\.000Z {2}success$/m);

  const failed = await world.run(["run", "chain", "--date", "2026-11-02", "--param", "code=3"]);
  expect(failed.exitCode).toBe(1);
  expect(failed.stdout).toMatch(/^second: failed: /m);
  expect(failed.stdout).toMatch(
    /^chain\/manual__2026-11-02T00:00:00\.000Z {2}failed \(the same command resumes it\)$/m,
  );

  const json = await world.run(["run", "chain", "--date", "2026-11-01", "--json"]);
  expect(json.exitCode).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({ state: "success", how: "done" });
  expect(listPids(world)).toEqual([scheduler.child.pid]);
  expect((await scheduler.stop()).exitCode).toBe(0);
});

test("refuses what it would refuse alone, with the same words and exit code", async () => {
  const { world, scheduler } = await openWorld();
  await world.prepare(["run", "chain", "--date", "2026-11-01"]);
  const commands = [
    ["run", "chain", "--date", "2026-11-01", "--param", "code=1"],
    ["run", "chain", "--rerun"],
    ["run", "chian"],
    ["run", "chain", "--task", "third"],
  ];
  const served = [];
  for (const command of commands) served.push(await world.run(command));
  expect((await scheduler.stop()).exitCode).toBe(0);
  for (const [index, command] of commands.entries()) {
    const alone = await world.run(command);
    expect(alone.exitCode).toBe(2);
    expect(served[index]).toEqual(alone);
  }
});

test("Ctrl-C stops the following and nothing else; the same command follows again", async () => {
  const { world, scheduler } = await openWorld();
  const running = world.start(["run", "slow", "--date", "2026-11-01"]);
  await eventually("it runs", () => running.output().includes("sleep: started"), running);
  running.child.kill("SIGINT");
  const stopped = await running.ended;
  expect(stopped.exitCode).toBe(75);
  expect(stopped.stderr).toContain("The scheduler continues it; `dagmar runs show slow` shows its progress.");
  expect(stopped.stdout).toContain("running (the scheduler continues it; the same command follows it)");
  expect(world.readStates("v_tasks", "slow")).toEqual(["running"]);
  const again = world.start(["run", "slow", "--date", "2026-11-01"]);
  await eventually("it follows", () => again.output().includes("sleep: started"), again);
  expect(world.readStates("v_attempts", "slow")).toEqual(["running"]);
  await world.prepare(["runs", "cancel", "slow"]);
  expect((await again.ended).exitCode).toBe(1);
  expect((await scheduler.stop()).exitCode).toBe(0);
});

test.each(["SIGTERM", "SIGKILL"] as const)(
  "a follower whose scheduler ends by %s keeps following, and sees what the next one does",
  async (signal) => {
    const { world, scheduler } = await openWorld();
    const running = world.start(["run", "chain"]);
    await eventually("it runs", () => running.output().includes("first: started"), running);
    scheduler.child.kill(signal);
    await scheduler.ended;
    // One that was killed may still be standing still.
    const isTold = () => running.output().includes("No scheduler is running any more: open runs wait");
    if (signal === "SIGTERM") await eventually("it is reported", isTold, running);
    const next = await world.startScheduler();
    const { exitCode, stdout } = await running.ended;
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout).toContain("first: started, attempt 2");
    expect((await next.stop()).exitCode).toBe(0);
  },
);
