/** How a shell task's processes are stopped, and that none of them is left. */
import { getEventListeners } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { createHandClock, type HandClock } from "../support/hand-clock.ts";
import { makeTempFolder } from "../support/test-world.ts";
import { startShellProcess } from "./shell-program.ts";
import { endAfterTest, isRunning, readPid, runShell, startShell, untilGone } from "./shell-world.ts";

function countOpen(): number {
  return process.getActiveResourcesInfo().filter((name) => /Pipe|Process/.test(name)).length;
}

async function advanceUntilSettled(clock: HandClock, output: Promise<unknown>): Promise<void> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  output.then(settle, settle);
  await vi.waitUntil(
    async () => {
      await clock.advance(20);
      return isSettled;
    },
    { timeout: 5000, interval: 5 },
  );
}

/** Starts a copy of itself in a session of its own, which prints `pid N` and its output. */
const STRAY = `setsid sh -c 'echo "pid $$"; exec >/dev/null 2>&1; exec sleep 1000' &`;

const LOOP = "while :; do sleep 0.02; done";

describe("an attempt that is to stop", () => {
  test("asks the whole group to end, and is at an end when it has", async () => {
    const stop = new AbortController();
    // It prints its pid when it has begun: a shell that is about to start a program loses the signal.
    const sleeper = 'echo "pid $$"; exec sleep 1000';
    const script = `trap 'echo bye; exit 0' TERM; sh -c "$1" & ${LOOP}`;
    const attempt = startShell({ script, args: [sleeper] }, { signal: stop.signal });
    const pid = readPid(await attempt.untilLine(/pid \d+$/));
    stop.abort(new Error("drain"));
    await expect(attempt.output).rejects.toThrow("drain");
    expect(attempt.lines).toContain("stdout: bye");
    await untilGone(pid);
  });

  test("gives what the script started the same grace, though the script is gone and the output closed", async () => {
    const stop = new AbortController();
    const folder = makeTempFolder();
    const inner = `trap 'sleep 0.2; : > bye; exit' TERM; echo "pid $$"; exec >/dev/null 2>&1; ${LOOP}`;
    const attempt = startShell(
      { script: 'sh -c "$1" & wait', args: [inner], cwd: folder },
      { signal: stop.signal },
    );
    await attempt.untilLine(/pid \d+$/);
    stop.abort(new Error("drain"));
    await expect(attempt.output).rejects.toThrow("drain");
    expect(existsSync(join(folder, "bye"))).toBe(true);
  });

  test("ends by force what has not ended five seconds later", async () => {
    const stop = new AbortController();
    const clock = createHandClock();
    const script = `trap '' TERM; sleep 1000 & echo "pid $!"; ${LOOP}`;
    const attempt = startShell({ script }, { signal: stop.signal, clock });
    const pid = readPid(await attempt.untilLine(/pid \d+$/));
    stop.abort(new Error("too long"));
    await clock.advance(4900);
    expect(isRunning(pid)).toBe(true);
    await clock.advance(200);
    // SIGKILL takes real time, and the processes that are left are looked for repeatedly.
    await advanceUntilSettled(clock, attempt.output);
    await expect(attempt.output).rejects.toThrow("too long");
    expect(isRunning(pid)).toBe(false);
    expect(clock.sleepers).toBe(0);
  });

  test("ends what has left its group, with the same grace, and is not over before", async () => {
    const stop = new AbortController();
    const folder = makeTempFolder();
    const inner = `trap 'sleep 0.2; : > bye; exit' TERM; echo "pid $$"; exec >/dev/null 2>&1; ${LOOP}`;
    const attempt = startShell(
      { script: `${STRAY} setsid sh -c "$1" & wait; wait`, args: [inner], cwd: folder },
      { signal: stop.signal },
    );
    await vi.waitUntil(() => attempt.lines.length === 2);
    stop.abort(new Error("drain"));
    await expect(attempt.output).rejects.toThrow("drain");
    expect(attempt.lines.map(readPid).filter(isRunning)).toEqual([]);
    expect(existsSync(join(folder, "bye"))).toBe(true);
  });

  test("ends by force what has left its group and ignores SIGTERM", async () => {
    const stop = new AbortController();
    const clock = createHandClock();
    const script = `trap 'exit 0' TERM; setsid sh -c "trap '' TERM; echo pid \\$\\$; ${LOOP}" & ${LOOP}`;
    const attempt = startShell({ script }, { signal: stop.signal, clock });
    const pid = readPid(await attempt.untilLine(/pid \d+$/));
    stop.abort(new Error("too long"));
    await clock.advance(4900);
    expect(isRunning(pid)).toBe(true);
    await advanceUntilSettled(clock, attempt.output);
    await expect(attempt.output).rejects.toThrow("too long");
    expect(isRunning(pid)).toBe(false);
  });

  test("starts nothing when that was known before", async () => {
    const folder = makeTempFolder();
    const signal = AbortSignal.abort(new Error("drain"));
    const attempt = startShell({ script: ": > started", cwd: folder }, { signal });
    await expect(attempt.output).rejects.toThrow("drain");
    expect(existsSync(join(folder, "started"))).toBe(false);
  });
});

describe("a program that has ended", () => {
  test("leaves nothing of its group behind", async () => {
    const { lines } = await runShell({
      script: 'sleep 1000 & echo "pid $!"; (trap "" HUP TERM INT; exec sleep 1000) & echo "pid $!"',
    });
    for (const line of lines) await untilGone(readPid(line));
    expect(lines).toHaveLength(2);
  });

  test.each([
    ["failed", "exit 3", "SHELL_FAILED"],
    ["printed too much", "head -c 5000 /dev/zero | tr '\\0' z", "OUTPUT_TOO_LONG"],
  ])("and has %s leaves nothing behind at all", async (_, end, code) => {
    const attempt = startShell({ script: `mkfifo out; ${STRAY} sleep 0.2; ${end}`, cwd: makeTempFolder() });
    await expect(attempt.output).rejects.toMatchObject({ code });
    const pids = attempt.lines.filter((line) => line.includes("pid")).map(readPid);
    expect(pids).toHaveLength(1);
    expect(pids.filter(isRunning)).toEqual([]);
  });

  test("is not waited for because of a daemon that left its group and holds its output", async () => {
    const daemon = 'echo "pid $$"; echo > out; exec sleep 1000';
    const { lines, output } = await runShell({
      script: 'mkfifo out; setsid sh -c "$1" & read line < out',
      args: [daemon],
      cwd: makeTempFolder(),
    });
    const pid = readPid(lines[0] ?? "");
    endAfterTest(pid);
    expect(output["exit_code"]).toBe(0);
    expect(isRunning(pid)).toBe(true);
  });

  test("leaves no listener and no open stream, in whatever way it ended", async () => {
    const stop = new AbortController();
    const exitListeners = process.listenerCount("exit");
    const openBefore = countOpen();
    const { signal } = stop;
    await Promise.all(Array.from({ length: 8 }, () => runShell({ script: "echo hi" }, { signal })));
    await expect(startShell({ command: ["no-such-program"] }, { signal }).output).rejects.toThrow(
      "no-such-program was not found",
    );
    await expect(startShell({ script: "exit 1" }, { signal }).output).rejects.toThrow("exit code 1");
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(process.listenerCount("exit")).toBe(exitListeners);
    await vi.waitFor(() => expect(countOpen()).toBeLessThanOrEqual(openBefore), { interval: 5 });
  });
});

test("a Dagmar that exits at once takes the programs with it, also what has left their group", async () => {
  const script = `trap "" TERM; echo "pid $$"; sleep 0.2; ${STRAY} ${LOOP}`;
  const onLine = "if (++globalThis.lines === 2) setImmediate(() => process.exit(7));";
  const { exited, pids } = await startShellProcess(script, 2, { onLine });
  expect(await exited).toBe(7);
  for (const pid of pids) await untilGone(pid);
});
