/** What the machine lacks is one sentence with what to do, and no fault of Dagmar's own; and what it writes is for its user alone. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCliWorld, type CliWorld } from "../support/cli.ts";

let world: CliWorld;

beforeAll(() => {
  world = openCliWorld();
  writeFileSync(
    join(world.dagsFolder, "words.yaml"),
    "dag: words\nschedule: manual\ntasks:\n  a: { type: shell, with: { script: echo hello } }\n",
  );
});
afterAll(() => world.remove());

/** The command line after a line of the shell's. */
function runAfter(line: string, ...args: readonly string[]) {
  const command = `${line} && exec "$0" "$@"`;
  const { status, stdout, stderr } = spawnSync(
    "/bin/sh",
    ["-c", command, process.execPath, world.cliPath, ...args],
    { cwd: world.folder, env: world.environment, encoding: "utf8" },
  );
  return { status, said: stdout + stderr };
}

test("too few file descriptors name the limit, and end with 75", () => {
  // Below, Node itself cannot read the program; above, there are enough. Where that is depends on Node.
  const ends = [28, 29, 30, 31, 32, 33, 34].map((limit) => runAfter(`ulimit -n ${limit}`, "run", "words"));
  for (const { said } of ends) expect(said).not.toContain("fault of Dagmar's own");
  const told = ends.filter(({ said }) => said.includes("ulimit -n"));
  expect(told.map(({ status }) => status)).toContain(75);
});

test("a working directory that was removed is said to be so", () => {
  mkdirSync(join(world.folder, "gone"));
  const { status, said } = runAfter("cd gone && rmdir ../gone", "dags", "list");
  expect(said).toBe(
    "dagmar: The working directory does not exist any more.\n  Change to a directory that exists, and give the command again there.\n",
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
