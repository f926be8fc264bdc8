/** The simulator as a process of its own, as the benchmark starts it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../../dist/quickstart/simulator/main.js", import.meta.url));

test("it says where it is, answers, gives its figures on SIGUSR2 and ends on SIGTERM", async () => {
  const flags = ["--instant", "--body-size", "3000", "--token", "t", "--unknown-share", "0"];
  const child = spawn(process.execPath, [MAIN, ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ready = JSON.parse(String((await lines.next()).value)) as { url: string; pid: number };
    expect(ready.pid).toBe(child.pid);
    const response = await fetch(`${ready.url}/movie/tt0000002?api_key=t`);
    expect(response.status).toBe(200);
    expect((await response.text()).length).toBeGreaterThan(2_900);
    child.kill("SIGUSR2");
    expect(JSON.parse(String((await lines.next()).value))).toMatchObject({
      requests: 1,
      byStatus: { "200": 1 },
    });
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
  }
});

test("a flag that is no number is refused", async () => {
  const child = spawn(process.execPath, [MAIN, "--rate", "fast"], { stdio: "ignore" });
  expect(await once(child, "exit")).toEqual([1, null]);
});
