/** SIGKILL while the scheduler works: lost attempts are recorded and retried on a budget of their own, and nothing stays `running`. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  eventually,
  isAlive,
  useServiceWorld,
  type Scheduler,
  type ServiceWorld,
} from "../support/service-process.ts";

/** Writes the pid of the process it leaves behind, and runs longer than any test. */
const LONG_SCRIPT = "sleep 300 & echo $! > pid.$DAGMAR_ATTEMPT; wait";

function writeLongDag(world: ServiceWorld): void {
  world.writeDag(
    "long",
    `schedule: manual\ntasks: { work: { type: shell, with: { script: "${LONG_SCRIPT}" } }, after: { type: noop, needs: [work] } }\n`,
  );
}

async function readPid(world: ServiceWorld, attempt: number, running: Scheduler): Promise<number> {
  const file = join(world.folder, `pid.${attempt}`);
  const read = (): number => (existsSync(file) ? Number(readFileSync(file, "utf8")) : 0);
  await eventually(`attempt ${attempt} is at work`, () => read() > 0, running);
  return read();
}

test("a task whose process dies three times fails, and each orphan is stopped before the next attempt", async () => {
  const world = useServiceWorld();
  writeLongDag(world);
  await world.prepare(["trigger", "long"]);
  for (const attempt of [1, 2, 3]) {
    const running = await world.startScheduler();
    const pid = await readPid(world, attempt, running);
    expect(world.readStates("v_attempts", "long")).toEqual(["lost", "lost", "running"].slice(3 - attempt));
    expect(running.output().includes("processes that a dead scheduler had left running")).toBe(attempt > 1);
    running.child.kill("SIGKILL");
    await running.ended;
    expect(isAlive(pid)).toBe(true);
    const next = attempt < 3 ? undefined : await world.startScheduler();
    if (next === undefined) continue;
    await eventually("the run ends", () => world.readStates("v_runs", "long")[0] === "failed", next);
    await eventually("the orphan is gone", () => !isAlive(pid), next);
    expect((await next.stop()).exitCode).toBe(0);
  }
  const tasks = world.query("SELECT task_id, state, attempts, failures, lost FROM v_tasks ORDER BY task_id");
  expect(tasks).toEqual([
    { task_id: "after", state: "upstream_failed", attempts: 0, failures: 0, lost: 0 },
    { task_id: "work", state: "failed", attempts: 3, failures: 0, lost: 3 },
  ]);
  const ends = world.query("SELECT state, error_code FROM v_attempts ORDER BY attempt");
  expect(ends).toEqual([
    { state: "lost", error_code: "TASK_LOST" },
    { state: "lost", error_code: "TASK_LOST" },
    { state: "lost", error_code: "TASK_SET_ASIDE" },
  ]);
  expect(world.countEvents("task_set_aside")).toBe(1);
}, 60_000);

const MOMENTS = {
  "a slot has become a run": "SELECT 1 FROM v_runs",
  "the first task has started": "SELECT 1 FROM v_attempts WHERE task_id = 'first'",
  "the first task has ended": "SELECT 1 FROM v_tasks WHERE task_id = 'first' AND state = 'success'",
  "the second task has started": "SELECT 1 FROM v_attempts WHERE task_id = 'second'",
  "a run has ended": "SELECT 1 FROM v_runs WHERE state = 'success'",
};

test("a per-second Dag killed at five moments has each slot once, and every run ends", async () => {
  const world = useServiceWorld();
  world.writeDag(
    "seconds",
    `schedule: "* * * * * *"\ncatchup: all\nmax_active_runs: 4\ntasks:\n  first: { type: shell, with: { script: "sleep 0.3" } }\n  second: { type: noop, needs: [first] }\n`,
  );
  for (const [moment, seen] of Object.entries(MOMENTS)) {
    const count = (): number => (existsSync(world.databaseFile) ? world.query(seen).length : 0);
    const before = count();
    const running = await world.startScheduler();
    await eventually(moment, () => count() > before, running);
    running.child.kill("SIGKILL");
    await running.ended;
  }
  const running = await world.startScheduler();
  const [newest] = world.query<{ at: string }>("SELECT max(logical_date) AS at FROM v_runs");
  await eventually("the slots that were missed have run", () => isCaughtUp(world, newest?.at ?? ""), running);
  // No slot is due any more; those that are open come to their end.
  await world.prepare(["dags", "pause", "seconds"]);
  const isIdle = () => world.query("SELECT 1 FROM v_runs WHERE state IN ('queued', 'running')").length === 0;
  await eventually("all have ended", isIdle, running);
  expect((await running.stop()).exitCode).toBe(0);

  const slots = world.query<{ at: number }>(
    "SELECT unixepoch(logical_date) AS at FROM v_runs ORDER BY logical_date",
  );
  const first = slots[0]?.at ?? 0;
  expect(slots.map(({ at }) => at - first)).toEqual(slots.map((_, index) => index));
  // A task that was running at three of the kills fails, and nothing else does.
  const unsuccessful = world.query("SELECT run_id FROM v_runs WHERE state <> 'success' ORDER BY run_id");
  const setAside = world.query(
    "SELECT run_id FROM v_tasks WHERE state = 'failed' AND lost = 3 AND failures = 0 ORDER BY run_id",
  );
  expect(unsuccessful).toEqual(setAside);
  const left = world.query("SELECT 1 FROM v_attempts WHERE state = 'running'");
  expect(left).toEqual([]);
}, 60_000);

function isCaughtUp(world: ServiceWorld, after: string): boolean {
  return world.query("SELECT 1 FROM v_runs WHERE state = 'success' AND logical_date > ?", after).length > 0;
}
