/** A Node process of its own that runs one attempt of a shell task, to test what happens when such a process ends. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { makeTempFolder } from "../support/test-world.ts";
import { endAfterTest, readPid } from "./shell-world.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface ShellProcess {
  readonly dagmar: ChildProcess;
  /** Its exit code. */
  readonly exited: Promise<number | null>;
  /** The pids that the script printed, each on a line. */
  readonly pids: readonly number[];
}

/**
 * Resolves when the script has printed that many pids. `onLine` is JavaScript that the process runs at each line of
 * output.
 */
export async function startShellProcess(
  script: string,
  pidCount: number,
  options: { readonly cookie?: string; readonly onLine?: string } = {},
): Promise<ShellProcess> {
  const folder = compileShell();
  const file = join(folder, "attempt.mjs");
  writeFileSync(file, writeAttempt(script, options.cookie ?? folder, options.onLine ?? ""));
  const dagmar = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  if (dagmar.pid !== undefined) endAfterTest(dagmar.pid);
  const exited = new Promise<number | null>((resolve) => dagmar.once("exit", resolve));
  const pids: number[] = [];
  await new Promise<void>((resolve, reject) => {
    dagmar.once("exit", () => reject(new Error("it ended before its script began")));
    createInterface(dagmar.stdout).on("line", (line) => {
      const pid = readPid(line);
      endAfterTest(pid);
      if (pids.push(pid) === pidCount) resolve();
    });
  });
  return { dagmar, exited, pids };
}

/** Node 20 loads no TypeScript. */
function compileShell(): string {
  const folder = makeTempFolder();
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const target = ["--target", "esnext", "--module", "nodenext", "--rewriteRelativeImportExtensions"];
  const settings = [...target, "--noCheck", "--ignoreConfig", "--rootDir", ROOT, "--outDir", folder];
  execFileSync(process.execPath, [tsc, ...settings, join(ROOT, "tasks/shell/index.ts")], { cwd: ROOT });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  return folder;
}

function writeAttempt(script: string, cookie: string, onLine: string): string {
  return `
import { createShell } from "./tasks/shell/index.js";
globalThis.lines = 0;
const type = createShell({ environment: process.env, secrets: [] });
const written = { script: ${JSON.stringify(script)} };
await type.run({
  written,
  options: type.options.parse(written),
  run: { dagId: "d", runId: "r" },
  taskId: "t",
  attempt: 3,
  cookie: ${JSON.stringify(cookie)},
  log: { info(line) { console.log(line); ${onLine} } },
  signal: new AbortController().signal,
  clock: { sleep: () => new Promise(() => {}) },
});
`;
}
