/** Which processes belong to an attempt, and that all of them are ended, on a real `/proc`. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, test, vi } from "vitest";
import { COOKIE_VARIABLE, makeAttemptCookie } from "../../model/run/attempt-cookie.ts";
import { createProcessSearch, endProcesses } from "../../tasks/shell/attempt-processes.ts";
import { createTestClock, makeTempFolder } from "../support/test-world.ts";
import { startShellProcess } from "./shell-program.ts";
import { endAfterTest, isRunning, readPid, untilGone } from "./shell-world.ts";

/** How many were found; all of them must have ended. */
async function endOrphans(cookies: ReadonlySet<string>): Promise<number> {
  const search = createProcessSearch(cookies);
  expect(await endProcesses(search, createTestClock())).toEqual([]);
  return search.foundCount;
}

/** No other test, and no other run of the tests, has such a cookie. */
function makeCookie(taskId = "t"): string {
  return makeAttemptCookie({ dagId: "d", runId: "r", taskId, attempt: 1 }, makeTempFolder());
}

/** Starts a script with a cookie and waits for the pids that it prints, one a line. */
async function startScript(cookie: string, script: string, pids: number, detached = true) {
  const child = spawn("/bin/sh", ["-c", script], {
    env: { PATH: process.env["PATH"], [COOKIE_VARIABLE]: cookie },
    stdio: ["ignore", "pipe", "inherit"],
    detached,
  });
  const found: number[] = [];
  await new Promise<void>((resolve) => {
    createInterface(child.stdout).on("line", (line) => {
      const pid = readPid(line);
      endAfterTest(pid);
      found.push(pid);
      if (found.length === pids) resolve();
    });
  });
  return found;
}

function readGroup(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[2]);
}

describe.runIf(process.platform === "linux")("orphans", () => {
  test("are ended wherever they went, and counted", async () => {
    const cookie = makeCookie();
    const pids = await startScript(
      cookie,
      'echo $$; sleep 1000 & echo $!; setsid sh -c "echo \\$\\$; sleep 1000 & echo \\$!; wait" & wait',
      4,
    );
    expect(new Set(pids.map(readGroup)).size).toBe(2);
    // A process that has only just become another program shows no environment for a moment.
    await vi.waitUntil(() =>
      pids.every((pid) => readFileSync(`/proc/${pid}/environ`, "utf8").includes(cookie)),
    );
    expect(await endOrphans(new Set([cookie]))).toBe(4);
    for (const pid of pids) await untilGone(pid);
    expect(await endOrphans(new Set([cookie]))).toBe(0);
  });

  test("take along what in their group has no cookie", async () => {
    const cookie = makeCookie();
    const pids = await startScript(
      cookie,
      "echo $$; env -i /bin/sh -c 'echo $$; exec /bin/sleep 1000' & wait",
      2,
    );
    expect(await endOrphans(new Set([cookie]))).toBe(2);
    for (const pid of pids) await untilGone(pid);
  });

  test("take along what they have started, though it has left their group and has no cookie", async () => {
    const cookie = makeCookie();
    const script = `echo $$; setsid env -i /bin/sh -c 'echo $$; /bin/sleep 1000 & echo $!; wait' & wait`;
    const pids = await startScript(cookie, script, 3);
    expect(await endOrphans(new Set([cookie]))).toBe(pids.length);
    for (const pid of pids) await untilGone(pid);
  });

  test("that start others while they are ended do not outrun it", async () => {
    const cookie = makeCookie();
    const folder = makeTempFolder();
    const script = 'export SELF="$1"; sh -c "$SELF"';
    const self = ': > alive; setsid sh -c "$SELF" & exit';
    const child = spawn("/bin/sh", ["-c", script, "sh", self], {
      cwd: folder,
      env: { PATH: process.env["PATH"], [COOKIE_VARIABLE]: cookie },
      stdio: "ignore",
      detached: true,
    });
    const alive = join(folder, "alive");
    await vi.waitUntil(() => existsSync(alive));
    expect(child.pid).toBeGreaterThan(1);
    const search = createProcessSearch(new Set([cookie]));
    expect(await endProcesses(search, createTestClock())).toEqual([]);
    rmSync(alive);
    expect(createProcessSearch(new Set([cookie])).find()).toEqual([]);
    expect(existsSync(alive)).toBe(false);
  });

  test("of other attempts and other databases are not touched, whatever else their cookie has in common", async () => {
    const cookie = makeCookie();
    const others = [`${cookie}x`, `x${cookie}`, cookie.slice(0, -1), makeCookie(), makeCookie("u")];
    const pids: number[] = [];
    for (const other of others) pids.push(...(await startScript(other, "echo $$; exec sleep 1000", 1)));
    expect(await endOrphans(new Set([cookie]))).toBe(0);
    expect(await endOrphans(new Set())).toBe(0);
    expect(pids.every(isRunning)).toBe(true);
    expect(await endOrphans(new Set(others))).toBe(others.length);
    for (const pid of pids) await untilGone(pid);
  });

  test("in the group of this process are ended one by one: this process continues", async () => {
    const cookie = makeCookie();
    const pids = await startScript(cookie, "echo $$; exec sleep 1000", 1, false);
    expect(pids.map(readGroup)).toEqual([readGroup(process.pid)]);
    expect(await endOrphans(new Set([cookie]))).toBe(1);
    for (const pid of pids) await untilGone(pid);
  });

  test("are what a Dagmar that was killed leaves behind, and nothing of them stays", async () => {
    const cookie = makeCookie();
    const script = 'setsid sleep 1000 & echo "pid $!"; sleep 1000 & echo "pid $!"; wait';
    const { dagmar, exited, pids } = await startShellProcess(script, 2, { cookie });
    dagmar.kill("SIGKILL");
    await exited;
    expect(pids.every(isRunning)).toBe(true);
    expect(await endOrphans(new Set([cookie]))).toBe(3);
    for (const pid of pids) await untilGone(pid);
  });
});
