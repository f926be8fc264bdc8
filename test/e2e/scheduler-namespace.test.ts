/** A scheduler in another pid namespace under the same host name, as in two containers with `hostname:` or the host's network. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { startChild } from "../support/cli.ts";
import { eventually, useServiceWorld, type ServiceWorld } from "../support/service-process.ts";

const ENTER = ["--pid", "--fork", "--kill-child=SIGTERM"];
const MAY_UNSHARE = spawnSync("unshare", [...ENTER, "true"]).status === 0;
if (!MAY_UNSHARE) {
  process.stdout.write("What needs another pid namespace is SKIPPED: only root on Linux may make one.\n");
}

function startInNamespace(world: ServiceWorld, isProcMounted: boolean) {
  const mount = isProcMounted ? ["--mount-proc"] : [];
  return startChild(
    "unshare",
    [...ENTER, ...mount, process.execPath, world.cliPath, "scheduler"],
    world.folder,
    world.environment,
  );
}

test.runIf(MAY_UNSHARE).each([
  ["its own /proc", true],
  ["the /proc of its host", false],
] as const)(
  "one that shows %s gets requests, this one is its standby, and its program is not ended",
  async (_, isProcMounted) => {
    const world = useServiceWorld();
    world.writeDag(
      "long",
      `schedule: manual\ntasks: { work: { type: shell, with: { script: "echo x >> began; while ! test -e go; do sleep 0.05; done" } } }\n`,
    );
    const there = startInNamespace(world, isProcMounted);
    await eventually("it scheduled", () => there.output().includes("is scheduling the Dags"), there);
    const asked = await world.run(["trigger", "long"]);
    expect(asked.exitCode, asked.stderr).toBe(0);
    expect(asked.stdout).not.toContain("No scheduler is running");
    await eventually("its program runs", () => world.isThere("began"), there);
    const here = await world.startScheduler();
    await eventually("this one is a standby", () => here.output().includes("Standing by."), here);
    world.writeFile("go");
    await eventually("it is done", () => world.readStates("v_runs", "long")[0] === "success", there);
    expect(world.readStates("v_attempts", "long")).toEqual(["success"]);
    expect(here.output()).not.toContain("is scheduling the Dags");
    expect((await here.stop()).exitCode).toBe(0);
    there.child.kill("SIGKILL");
    await there.ended;
  },
);
