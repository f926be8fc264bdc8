/** What a program of a `shell` task has started in a session of its own goes no further than its attempt, by time-out and by cancel. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCliWorld, waitUntil, type CliWorld } from "../support/cli.ts";
import { isRunning } from "../tasks/shell-world.ts";

let world: CliWorld;

beforeAll(() => {
  world = openCliWorld();
});
afterAll(() => world.remove());

/** Each attempt starts a process that writes its pid, runs for ever and ignores SIGTERM. */
function writeDag(dagId: string, settings: string): string {
  const out = join(world.folder, `${dagId}.pids`);
  const stray = `trap "" TERM HUP INT; echo $$ >> ${out}; while :; do sleep 0.05; done`;
  writeFileSync(
    join(world.dagsFolder, `${dagId}.yaml`),
    `dag: ${dagId}
schedule: manual
tasks:
  a:
    type: shell
    ${settings}
    with: { script: "setsid sh -c \\"$1\\" & wait", args: ['${stray}'] }
`,
  );
  return out;
}

function readPids(out: string): readonly number[] {
  return existsSync(out) ? readFileSync(out, "utf8").trim().split("\n").map(Number) : [];
}

test("attempts that timed out do not run side by side, nor after their run", async () => {
  const out = writeDag("slow", "timeout: 1s\n    retries: 1\n    retry_delay: 1s");
  const running = world.start(["run", "slow"]);
  await waitUntil(running, () => readPids(out).length === 2);
  const [first = 0, second = 0] = readPids(out);
  expect(isRunning(first)).toBe(false);
  expect(await running.ended).toMatchObject({ exitCode: 1 });
  expect(isRunning(second)).toBe(false);
});

test("a run that is stopped by a signal has ended them before it is over", async () => {
  const out = writeDag("drained", "retries: 0");
  const running = world.start(["run", "drained"]);
  await waitUntil(running, () => readPids(out).length === 1);
  running.child.kill("SIGTERM");
  expect(await running.ended).toMatchObject({ exitCode: 75 });
  expect(readPids(out).filter(isRunning)).toEqual([]);
});

test("a run that is cancelled has ended them before it is over", async () => {
  const out = writeDag("called_off", "retries: 0");
  const scheduler = world.start(["scheduler"], { DAGMAR_HTTP: "off" });
  await waitUntil(scheduler, () => scheduler.output().includes("is scheduling the Dags"));
  await world.prepare(["trigger", "called_off"]);
  await waitUntil(scheduler, () => readPids(out).length === 1);
  await world.prepare(["runs", "cancel", "called_off"]);
  const readState = () =>
    world.query<{ state: string }>("SELECT state FROM dag_runs WHERE dag_id = 'called_off'")[0]?.state;
  await waitUntil(scheduler, () => readState() === "cancelled");
  expect(readPids(out).filter(isRunning)).toEqual([]);
  scheduler.child.kill("SIGTERM");
  await scheduler.ended;
});
