/** `dagmar scheduler` as an operator meets it: what keeps it from starting, how it crashes, and as the first process of a container. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { startChild } from "../support/cli.ts";
import { ask, eventually, useServiceWorld, type ServiceWorld } from "../support/service-process.ts";

const EACH_SECOND = `schedule: "* * * * * *"\ntasks: { nothing: { type: noop } }\n`;

describe("what is wrong is said in one line and ends it", () => {
  test.each([
    [
      "an address that is none",
      { DAGMAR_HTTP: "8793" },
      /DAGMAR_HTTP must be <host>:<port> such as 127\.0\.0\.1:8793, or off/,
    ],
    ["a folder of Dags that is not there", { DAGMAR_DAGS: "/nowhere/dags" }, /\/nowhere\/dags/],
    [
      "a folder for its database that is a file",
      { DAGMAR_DB: "/dev/null/dagmar.db" },
      /The folder of \/dev\/null\/dagmar\.db cannot be created: .*\n.*DAGMAR_DB/,
    ],
    [
      "a database that is a folder",
      { DAGMAR_DB: "/usr" },
      /\/usr is a folder, not a file\.\n {2}Set DAGMAR_DB to a file\./,
    ],
  ])("%s", async (_name, environment, message) => {
    const world = useServiceWorld();
    const { exitCode, stderr } = await world.run(["scheduler"], environment);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 78 });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test("a port that another program has", async () => {
    const world = useServiceWorld();
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    const port = (other.address() as AddressInfo).port;
    const { exitCode, stderr } = await world.run(["scheduler"], { DAGMAR_HTTP: `127.0.0.1:${port}` });
    // The other program may end: a supervisor tries again.
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 75 });
    expect(stderr).toContain(`DAGMAR_HTTP: 127.0.0.1 port ${port}: another program already listens there.`);
    expect(world.query("SELECT expires_at FROM lease")).toEqual([{ expires_at: null }]);
  });
});

/** Loaded before the program: SIGUSR2 raises an error that no code catches. */
const FAULTS = {
  "an unhandled rejection": "Promise.reject(new Error('planted'))",
  "an uncaught exception": "setImmediate(() => { throw new Error('planted'); })",
};

test.each(Object.entries(FAULTS))(
  "%s ends it with 1 and a readable message, and the next start resumes",
  async (_name, fault) => {
    const world = useServiceWorld();
    world.writeDag("seconds", EACH_SECOND);
    const preload = join(world.folder, "preload.mjs");
    writeFileSync(preload, `process.on("SIGUSR2", () => { ${fault}; });\n`);
    const running = await world.startScheduler({ NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` });
    await eventually("it runs", () => world.readStates("v_runs", "seconds").includes("success"), running);
    running.child.kill("SIGUSR2");
    const { exitCode, stderr } = await running.ended;
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^dagmar: this is a bug in Dagmar; please report it with the lines below\nError: planted$/m,
    );
    const before = world.readStates("v_runs", "seconds").length;
    const next = await world.startScheduler();
    await eventually("it resumes at once", () => world.readStates("v_runs", "seconds").length > before, next);
    expect((await next.stop()).exitCode).toBe(0);
  },
);

/** How long a lease holds. */
const LEASE_MS = 30_000;
/** A process may not be made the first one of a namespace everywhere. */
const UNSHARE = "/usr/bin/unshare";
const mayUnshare = spawnSync(UNSHARE, ["--pid", "--fork", "true"]).status === 0;

describe.runIf(mayUnshare)("as process 1", () => {
  async function startFirst(world: ServiceWorld, patienceMs?: number) {
    const running = startChild(
      UNSHARE,
      ["--pid", "--fork", "--mount-proc", "--kill-child", process.execPath, world.cliPath, "scheduler"],
      world.folder,
      world.environment,
    );
    onTestFinished(() => void running.child.kill("SIGKILL"));
    await eventually(
      "it works",
      () => running.output().includes("is scheduling the Dags"),
      running,
      patienceMs,
    );
    const url = /Health and metrics: (http:\S+?)\/healthz/.exec(running.output())?.[1] ?? "";
    const pid = running.child.pid ?? 0;
    const first = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"));
    return { running, url, first };
  }

  test("SIGTERM drains it and a task's processes, and it ends with 0", async () => {
    const world = useServiceWorld();
    world.writeDag(
      "seconds",
      `schedule: "* * * * * *"\ntasks: { sleep: { type: shell, with: { script: "sleep 300" } } }\n`,
    );
    const { running, url, first } = await startFirst(world);
    await eventually(
      "a task runs",
      () => world.readStates("v_tasks", "seconds").includes("running"),
      running,
    );
    expect(await ask(`${url}/readyz`)).toMatchObject({ status: 200 });
    expect(world.query("SELECT pid FROM v_attempts")).toEqual([{ pid: 1 }]);
    process.kill(first, "SIGTERM");
    const { exitCode, stderr } = await running.ended;
    expect(exitCode).toBe(0);
    expect(stderr).toContain("Stopped: no task is running any more.");
    expect(world.readStates("v_attempts", "seconds")).toEqual(["cancelled"]);
  });

  test("after a crash the same container's next start waits for the lease to expire, since it cannot see the process before it", async () => {
    const world = useServiceWorld();
    world.writeDag("seconds", EACH_SECOND);
    const { running, first } = await startFirst(world);
    await eventually("it runs", () => world.readStates("v_runs", "seconds").includes("success"), running);
    process.kill(first, "SIGKILL");
    await running.ended;
    const before = world.readStates("v_runs", "seconds").length;
    const next = await startFirst(world, LEASE_MS + 15_000);
    await eventually(
      "it continues",
      () => world.readStates("v_runs", "seconds").length > before,
      next.running,
    );
    process.kill(next.first, "SIGTERM");
    expect((await next.running.ended).exitCode).toBe(0);
  }, 90_000);
});

test.runIf(process.platform === "linux")(
  "of its threads only the one that reads for pages gives way",
  async () => {
    const world = useServiceWorld();
    world.writeDag("daily", `schedule: manual\ntasks: { nothing: { type: noop } }\n`);
    const running = await world.startScheduler();
    const url = /Health and metrics: (http:\S+?)\/healthz/.exec(running.output())?.[1] ?? "";
    const folder = `/proc/${running.child.pid}/task`;
    // proc(5): the 19th field is the nice value; the second may hold spaces.
    const listNice = (): readonly number[] =>
      readdirSync(folder)
        .map((id) => Number(readFileSync(`${folder}/${id}/stat`, "utf8").split(") ")[1]?.split(" ")[16]))
        .filter((nice) => nice !== 0);
    expect(listNice()).toEqual([]);
    expect(await ask(`${url}/dags`)).toMatchObject({ status: 200 });
    expect(listNice()).toEqual([19]);
    expect((await running.stop()).exitCode).toBe(0);
  },
);
