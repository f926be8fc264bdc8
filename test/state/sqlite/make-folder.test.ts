/** Where no folder can be made, making one ends: Node's own recursive mkdir would not. Each in a process that can be killed. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openCliWorld, type CliResult, type CliWorld } from "../../support/cli.ts";

async function runInTime(
  world: CliWorld,
  args: readonly string[],
  more: Readonly<Record<string, string>>,
): Promise<CliResult> {
  const running = world.start(args, more);
  const killing = setTimeout(() => running.child.kill("SIGKILL"), 30_000);
  return running.ended.finally(() => clearTimeout(killing));
}

test.runIf(process.platform === "linux")(
  "a database below /proc is refused, logs there are done without, and nothing hangs",
  { timeout: 90_000 },
  async () => {
    const world = openCliWorld();
    onTestFinished(() => world.remove());
    const database = await runInTime(world, ["db", "migrate"], { DAGMAR_DB: "/proc/dagmar/a/dagmar.db" });
    expect({ exitCode: database.exitCode, signal: database.signal }).toEqual({ exitCode: 78, signal: null });
    expect(database.stderr).toContain("The folder of /proc/dagmar/a/dagmar.db cannot be created");
    const dag = `dag: said\nschedule: manual\ntasks: { a: { type: shell, with: { script: echo word } } }\n`;
    writeFileSync(join(world.dagsFolder, "said.yaml"), dag);
    const run = await runInTime(world, ["run", "said"], { DAGMAR_LOGS: "/proc/dagmar/logs" });
    expect({ exitCode: run.exitCode, signal: run.signal }, run.stderr).toEqual({ exitCode: 0, signal: null });
  },
);
