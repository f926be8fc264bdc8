/** Standard output and standard error on a disk that is full: /dev/full opens, and every write to it fails with ENOSPC. */
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { startChild, type CliProcess } from "../../support/cli.ts";
import { ask, eventually, useServiceWorld, type ServiceWorld } from "../../support/service-process.ts";

const HAS_FULL = existsSync("/dev/full");
const EACH_SECOND = `schedule: "* * * * * *"\ntasks: { nothing: { type: noop } }\n`;

function startWith(world: ServiceWorld, redirect: string, args: readonly string[], more = {}): CliProcess {
  const script = `exec "$@" ${redirect}`;
  return startChild(
    "/bin/bash",
    ["-c", script, "bash", process.execPath, world.cliPath, ...args],
    world.folder,
    { ...world.environment, ...more },
  );
}

test.runIf(HAS_FULL)(
  "a scheduler whose log cannot be written continues, and records it as an event and a metric",
  async () => {
    const world = useServiceWorld();
    world.writeDag("seconds", EACH_SECOND);
    const running = startWith(world, "2>/dev/full", ["scheduler"], { DAGMAR_HTTP: "127.0.0.1:18793" });
    await eventually("it works", () => existsSync(world.databaseFile) && countRuns(world) > 2, running);
    expect(world.query("SELECT message FROM v_events WHERE kind = 'output_lost'")).toEqual([
      {
        message: expect.stringContaining(
          "Standard error cannot be written: no space is left (ENOSPC)",
        ) as string,
      },
    ]);
    expect((await ask("http://127.0.0.1:18793/metrics")).text).toMatch(
      /dagmar_output_lost_total\{stream="stderr"\} [1-9]/,
    );
    running.child.kill("SIGHUP");
    expect((await running.ended).exitCode).toBe(0);
    expect(world.query("SELECT 1 FROM lease WHERE expires_at IS NOT NULL")).toEqual([]);
  },
);

function countRuns(world: ServiceWorld): number {
  try {
    return world.readStates("v_runs", "seconds").filter((state) => state === "success").length;
  } catch {
    // There is no schema yet.
    return 0;
  }
}

test.runIf(HAS_FULL).each([[">/dev/full"], [">/dev/full 2>/dev/full"]])(
  "a run with %s runs, is recorded, and says so in an event",
  async (redirect) => {
    const world = useServiceWorld();
    world.writeDag(
      "one",
      `schedule: manual\ntasks: { work: { type: shell, with: { script: "touch done" } } }\n`,
    );
    const { exitCode, stderr } = await startWith(world, redirect, ["run", "one"]).ended;
    expect(exitCode, stderr).toBe(0);
    expect(world.isThere("done")).toBe(true);
    expect(world.readStates("v_runs", "one")).toEqual(["success"]);
    expect(world.countEvents("output_lost")).toBeGreaterThanOrEqual(1);
  },
);

test.runIf(HAS_FULL)("a command that only prints ends with 75: what was asked for is lost", async () => {
  const world = useServiceWorld();
  const { exitCode, stderr } = await startWith(world, ">/dev/full", ["dags", "list"]).ended;
  expect(exitCode).toBe(75);
  expect(stderr).toMatch(/^dagmar: standard output cannot be written: .*ENOSPC/);
});

test("SIGUSR1 opens no debugger, and SIGHUP, twice as from a closed terminal, drains", async () => {
  const world = useServiceWorld();
  world.writeDag("seconds", EACH_SECOND);
  const running = await world.startScheduler();
  running.child.kill("SIGUSR1");
  running.child.kill("SIGUSR2");
  await eventually("it works", () => countRuns(world) > 1, running);
  running.child.kill("SIGHUP");
  running.child.kill("SIGHUP");
  const { exitCode, stderr } = await running.ended;
  expect(exitCode, stderr).toBe(0);
  expect(stderr).not.toContain("Debugger");
  expect(stderr).toContain("SIGHUP: stopping at the next safe point");
  expect(world.query("SELECT 1 FROM lease WHERE expires_at IS NOT NULL")).toEqual([]);
});
