/** Mutates code: StrykerJS makes the mutants and runs, for each, the tests that reach it. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sample } from "./draw-sample.ts";
import type { MutantResult } from "./result.ts";
import { WORK_FOLDER } from "./rooms.ts";

/** A busy machine must not pass for a test that noticed something. */
const TIMEOUT = { timeoutMS: 20_000, timeoutFactor: 4, dryRunTimeoutMinutes: 30 };

export interface StrykerRun {
  readonly root: string;
  readonly name: string;
  readonly files: readonly string[];
  readonly sample: Sample | null;
}

export async function runStryker({
  root,
  name,
  files,
  sample,
}: StrykerRun): Promise<readonly MutantResult[]> {
  const resultsFile = join(root, WORK_FOLDER, `${name}.json`);
  const options = {
    mutate: [...files],
    testRunner: "vitest",
    vitest: { configFile: "test/mutation/vitest.config.ts" },
    plugins: ["@stryker-mutator/vitest-runner", join(root, "dist/test/mutation/stryker-plugins.js")],
    checkers: ["sample"],
    reporters: ["results"],
    coverageAnalysis: "perTest",
    // What is computed once, when a file is loaded, would have to be loaded again for each of its mutants, with all tests.
    ignoreStatic: true,
    ignorers: ["messages"],
    ignorePatterns: ["/dist", "/data", "/coverage", "/bench/work"],
    tempDirName: join(WORK_FOLDER, "sandboxes"),
    // What was not drawn would be kept as if it had been tried.
    incremental: sample === null,
    incrementalFile: join(WORK_FOLDER, `${name}-incremental.json`),
    concurrency: 1,
    ...TIMEOUT,
    // Stryker reads and rewrites it with an API that TypeScript 7 no longer has; vitest needs none.
    tsconfigFile: "none",
    allowConsoleColors: false,
    warnings: false,
    sample,
    root,
    resultsFile,
  };
  const optionsFile = join(root, WORK_FOLDER, `${name}-options.json`);
  writeFileSync(optionsFile, JSON.stringify(options));
  const program = join(root, "node_modules/@stryker-mutator/core/bin/stryker.js");
  const { status } = spawnSync(process.execPath, [program, "run", optionsFile], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("Stryker has stopped. What it printed says why.");
  return JSON.parse(readFileSync(resultsFile, "utf8")) as readonly MutantResult[];
}
