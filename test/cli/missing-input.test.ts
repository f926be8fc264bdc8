/** A missing folder is reported at once at a terminal, without waiting for retries. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openCliWorld } from "../support/cli.ts";

const dag = (file: string): string => `dag: demo
schedule: manual
timezone: UTC
tasks:
  movies:
    type: file-to-lake
    retries: 3
    retry_delay: 1h
    with: { dataset: handed, file: ${file}, key: "a/\${partition}/movies.csv" }
`;

test.each([
  ["the input folder", "movies.csv", /The input folder \S+input does not exist\. Create it/],
  [
    "a folder in it",
    "handed/over/movies.csv",
    /The folder \S+input\/handed\/over does not exist\. Create it/,
  ],
])("%s that does not exist ends the run at once, with what to do", async (what, file, reason) => {
  const world = openCliWorld();
  onTestFinished(() => world.remove());
  writeFileSync(join(world.dagsFolder, "demo.yaml"), dag(file));
  if (what === "the input folder") rmSync(world.inputFolder, { recursive: true });
  const { exitCode, stdout, stderr } = await world.run(["run", "demo"]);
  expect(exitCode, stdout + stderr).toBe(1);
  expect(stdout).toMatch(reason);
  expect(world.query("SELECT attempts, state FROM v_tasks")).toEqual([{ attempts: 1, state: "failed" }]);
});
