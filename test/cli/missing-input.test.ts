/** A missing folder is reported at once at a terminal, without waiting for retries; and how a corrected file is read. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ageFile, openCliWorld } from "../support/cli.ts";

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

test("a file without the column: the message says that only --rerun reads the corrected file", async () => {
  const world = openCliWorld();
  onTestFinished(() => world.remove());
  const text = `${dag("titles.csv").replace("retries: 3", "retries: 0")}  ids: { type: csv-to-ids, needs: [movies], with: { source: { dataset: handed }, id: imdb_id } }\n`;
  writeFileSync(join(world.dagsFolder, "demo.yaml"), text);
  const write = (header: string): void => {
    writeFileSync(join(world.inputFolder, "titles.csv"), `${header}\ntt0000001|One\n`);
    ageFile(join(world.inputFolder, "titles.csv"));
  };
  write("id|title");
  const run = ["run", "demo", "--date", "2026-11-23"];
  const failed = await world.run(run);
  expect(failed.exitCode).toBe(1);
  expect(failed.stdout).toContain('no column "imdb_id"');
  expect(failed.stdout).toContain("After a correction of the file, run with --rerun");
  write("imdb_id|title");
  expect((await world.run(run)).exitCode).toBe(1);
  expect((await world.run([...run, "--rerun"])).exitCode).toBe(0);
});
