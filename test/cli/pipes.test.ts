/** Output into a pipe whose reader is slow, or has gone. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { startChild } from "../support/cli.ts";
import { eventually, useServiceWorld, type ServiceWorld } from "../support/service-process.ts";

const DAGS = 1_400;
/** A pipe on Linux holds 64 KiB of unread data. */
const LEAST_BYTES = 80_000;

function spawnUnread(world: ServiceWorld, ...args: readonly string[]) {
  const environment = world.environment as NodeJS.ProcessEnv;
  return spawn(process.execPath, [world.cliPath, ...args], {
    cwd: world.folder,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

describe("a reader that is slow gets all of", () => {
  test.each([
    ["what is wrong", "stderr", ["dags", "validate"], 78, "tasks: { work: { type: nop } }"],
    ["what is asked for", "stdout", ["dags", "list"], 0, "tasks: { work: { type: noop } }"],
  ] as const)("%s, on %s", async (_, name, args, exitCode, tasks) => {
    const world = useServiceWorld();
    for (let place = 0; place < DAGS; place += 1) {
      const dagId = `a_dag_with_a_name_as_long_as_those_that_people_give_${place}`;
      world.writeDag(dagId, `description: ${"words ".repeat(15)}\nschedule: manual\n${tasks}\n`);
    }
    // A shell pipe whose reader starts long after the command has printed everything.
    const other = name === "stdout" ? "2>/dev/null" : "2>&1 >/dev/null";
    const { exitCode: code, stdout: printed } = await startChild(
      "/bin/bash",
      [
        "-o",
        "pipefail",
        "-c",
        `"$@" ${other} | { sleep 3; cat; }`,
        "bash",
        process.execPath,
        world.cliPath,
        ...args,
      ],
      world.folder,
      world.environment,
    ).ended;
    expect(printed.length).toBeGreaterThan(LEAST_BYTES);
    expect(printed.match(/people_give_\d+/g)?.length).toBeGreaterThanOrEqual(DAGS);
    expect(printed).toContain(`people_give_${DAGS - 1}`);
    expect(code).toBe(exitCode);
  });
});

describe("when the reader has gone", () => {
  test("a run stops where it can resume", async () => {
    const world = useServiceWorld();
    world.writeDag(
      "slow",
      `schedule: manual
tasks:
  first: { type: shell, with: { script: "touch started; while ! test -e go; do sleep 0.05; done" } }
  second: { type: shell, needs: [first], with: { script: "test -e well || sleep 300" } }
`,
    );
    const child = spawnUnread(world, "run", "slow");
    const ended = once(child, "close");
    await eventually("it runs", () => world.isThere("started"));
    child.stdout.destroy();
    world.writeFile("go");
    expect((await ended)[0]).toBe(75);
    world.writeFile("well");
    const resumed = await world.run(["run", "slow"]);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(resumed.stdout).toContain("(resumed)");
  });

  test("what a scheduler logs, it drains, and ends so that it is started again", async () => {
    const world = useServiceWorld();
    world.writeDag("seconds", `schedule: "* * * * * *"\ntasks: { nothing: { type: noop } }\n`);
    const child = spawnUnread(world, "scheduler");
    const ended = once(child, "close");
    await once(child.stderr, "data");
    child.stderr.destroy();
    expect(await ended).toEqual([75, null]);
    expect(world.query("SELECT 1 FROM lease WHERE expires_at IS NOT NULL")).toEqual([]);
  });
});
