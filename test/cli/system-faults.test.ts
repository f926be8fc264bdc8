/** What the machine lacks is one sentence with what to do, and no fault of Dagmar's own; and what it writes is for its user alone. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCliWorld, waitUntil, type CliWorld } from "../support/cli.ts";

let world: CliWorld;

beforeAll(() => {
  world = openCliWorld();
  writeFileSync(
    join(world.dagsFolder, "words.yaml"),
    "dag: words\nschedule: manual\ntasks:\n  a: { type: shell, with: { script: echo hello } }\n",
  );
});
afterAll(() => world.remove());

/** Runs the command line after a line of shell. */
function runAfter(line: string, ...args: readonly string[]) {
  const command = `${line} && exec "$0" "$@"`;
  const { status, stdout, stderr } = spawnSync(
    "/bin/sh",
    ["-c", command, process.execPath, world.cliPath, ...args],
    { cwd: world.folder, env: world.environment, encoding: "utf8" },
  );
  return { status, said: stdout + stderr };
}

test.runIf(process.platform === "linux")(
  "too few file descriptors name the limit to raise, and stop one task alone",
  async () => {
    writeFileSync(join(world.inputFolder, "crew.csv"), "id\n1\n");
    writeFileSync(
      join(world.dagsFolder, "files.yaml"),
      'dag: files\nschedule: manual\ntasks:\n  a:\n    type: file-to-lake\n    retries: 0\n    with: { dataset: crew, file: crew.csv, key: "Raw/${partition}/crew.csv", on_unchanged: write, stable_for: 0s }\n',
    );
    const scheduler = world.start(["scheduler"], { DAGMAR_HTTP: "off" });
    await waitUntil(scheduler, () => scheduler.output().includes("is scheduling the Dags"));
    const readState = (day: string) =>
      world.query<{ state: string }>(
        `SELECT state FROM dag_runs WHERE dag_id = 'files' AND logical_date LIKE '${day}%'`,
      )[0]?.state;
    await world.prepare(["trigger", "files", "--date", "2026-11-01"]);
    await waitUntil(scheduler, () => readState("2026-11-01") === "success");
    // It keeps what it has open, and gets nothing more.
    const limit = (open: string) =>
      execFileSync("/usr/bin/prlimit", [`--pid=${scheduler.child.pid}`, `--nofile=${open}`]);
    limit("12:4096");
    await world.prepare(["trigger", "files", "--date", "2026-11-02"]);
    await waitUntil(scheduler, () => readState("2026-11-02") === "failed");
    limit("1024:4096");
    const [task] = world.query<{ message: string }>(
      "SELECT message FROM task_instances WHERE state = 'failed'",
    );
    expect(task?.message).toContain("`ulimit -n 4096`");
    expect(scheduler.output()).not.toContain("bug in Dagmar");
    await world.prepare(["trigger", "files", "--date", "2026-11-03"]);
    await waitUntil(scheduler, () => readState("2026-11-03") === "success");
    scheduler.child.kill("SIGTERM");
    await scheduler.ended;
  },
);

test("a working directory that was removed is said to be so", () => {
  mkdirSync(join(world.folder, "gone"));
  const { status, said } = runAfter("cd gone && rmdir ../gone", "dags", "list");
  expect(said).toBe(
    "dagmar: The working directory no longer exists.\n  Change to an existing directory and run the command again.\n",
  );
  expect(status).toBe(75);
});

test("the database, its logs and its backup can be read by their user alone, whatever the umask", async () => {
  const { status } = runAfter("umask 0", "run", "words");
  expect(status).toBe(0);
  await world.prepare(["db", "backup", join(world.folder, "backup.db")]);
  const logs = join(world.folder, "data/logs");
  const inLogs = readdirSync(logs, { recursive: true, encoding: "utf8" }).map((name) => join(logs, name));
  const written = [world.databaseFile, join(world.folder, "backup.db"), ...inLogs];
  expect(inLogs.some((name) => name.endsWith(".log"))).toBe(true);
  for (const name of written) expect(statSync(name).mode & 0o077, name).toBe(0);
});
