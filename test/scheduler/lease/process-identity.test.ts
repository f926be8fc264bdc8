/** A process may declare only such processes dead that would be visible to it if they were alive. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { expect, onTestFinished, test, vi } from "vitest";
import { identifyProcess, isProcessAlive } from "../../../scheduler/lease/process-identity.ts";

const US = identifyProcess();
const [boot, namespaces, start] = US.processStarted.split("/");
const { pid: deadPid } = spawnSync(process.execPath, ["--version"]);
const OTHERS = "pid:[1],time:[1]";

const IS_LINUX = process.platform === "linux";
const CASES: readonly [string, number, string, boolean | "unknown"][] = [
  ["this process", US.pid, `${boot}/${namespaces}/${start}`, true],
  ["one that has ended", deadPid, `${boot}/${namespaces}/${start}`, false],
  ["an earlier one of the same pid", US.pid, `${boot}/${namespaces}/1`, false],
  ["one in another namespace, whose pid is free here", deadPid, `${boot}/${OTHERS}/${start}`, "unknown"],
  ["one in another namespace, whose pid is ours here", US.pid, `${boot}/${OTHERS}/${start}`, "unknown"],
  ["one of another boot, or of a machine with this name", deadPid, `boot/${namespaces}/${start}`, "unknown"],
  ["one of 0.1 that is this process", US.pid, `${boot}/${start}`, true],
  ["one of 0.1 whose pid is free here", deadPid, `${boot}/${start}`, "unknown"],
  ["one of 0.1 whose pid has another process here", US.pid, `${boot}/1`, "unknown"],
  ["one of 0.1 of another boot", deadPid, `boot/${start}`, "unknown"],
  ["one that could not tell its own start", deadPid, "unknown", "unknown"],
];

test.runIf(IS_LINUX).each(CASES)("%s", (_, pid, processStarted, expected) => {
  expect(isProcessAlive({ pid, host: hostname(), processStarted })).toBe(expected);
});

test("one on another host is unknown, whatever its pid", () => {
  for (const pid of [US.pid, deadPid]) {
    expect(isProcessAlive({ ...US, pid, host: "another-host" })).toBe("unknown");
  }
});

const HAS_PS = spawnSync("ps", ["--version"]).error === undefined;

test.runIf(HAS_PS)("where there is no /proc, `ps` tells which process has a pid", () => {
  const us = identifyProcess(false);
  expect(us.processStarted).toMatch(/ \d\d:\d\d:\d\d /);
  expect(isProcessAlive(us, false)).toBe(true);
  expect(isProcessAlive({ ...us, processStarted: "Mon Nov 23 06:00:00 2026" }, false)).toBe(false);
  expect(isProcessAlive({ ...us, pid: deadPid }, false)).toBe(false);
  expect(isProcessAlive({ ...us, host: "another-host" }, false)).toBe("unknown");
});

test.runIf(HAS_PS)("where `ps` gives no answer, nothing is known of a pid that is taken", () => {
  const us = identifyProcess(false);
  vi.stubEnv("PATH", "/nowhere");
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  expect(isProcessAlive(us, false)).toBe("unknown");
  expect(isProcessAlive({ ...us, pid: deadPid }, false)).toBe(false);
  expect(identifyProcess(false).processStarted).toBe("unknown");
});

test.runIf(IS_LINUX)("a zombie is dead", async () => {
  // The shell becomes `sleep`, which never asks for its child's end.
  const script = `sh -c 'read -r stat < /proc/$$/stat; echo "$stat"; read -r go' & exec sleep 60`;
  const parent = spawn("/bin/bash", ["-c", `exec 3<&0; ${script.replace("read -r go", "read -r go <&3")}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [stat] = (await once(parent.stdout, "data")) as [Buffer];
  const fields = stat.toString().trim().split(" ");
  const child = { ...US, pid: Number(fields[0]), processStarted: `${boot}/${namespaces}/${fields[21]}` };
  expect(isProcessAlive(child)).toBe(true);
  parent.stdin.write("go\n");
  await expect.poll(() => isProcessAlive(child)).toBe(false);
});
