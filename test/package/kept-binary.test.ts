/** The compiled better-sqlite3 survives `npm ci`: its install script finds it again without a network or a compiler. */
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HOME = "node_modules/better-sqlite3";
const BINARY = "build/Release/better_sqlite3.node";

/** A project in which better-sqlite3 is compiled and nothing else is installed. */
function makeProject(): string {
  const folder = fs.mkdtempSync(path.join(tmpdir(), "dagmar-kept-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  for (const file of [
    ".prebuild-installrc",
    "keep-compiled.mjs",
    `${HOME}/package.json`,
    `${HOME}/${BINARY}`,
  ]) {
    fs.cpSync(path.join(ROOT, file), path.join(folder, file));
  }
  return folder;
}

function keep(folder: string): void {
  const script = `(await import("./keep-compiled.mjs")).keepCompiled(${JSON.stringify(folder)})`;
  execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: folder });
}

/** better-sqlite3's install script, without its compiler. */
function install(folder: string): number | null {
  fs.rmSync(path.join(folder, HOME, "build"), { recursive: true, force: true });
  const script = path.join(ROOT, "node_modules/prebuild-install/bin.js");
  return spawnSync(process.execPath, [script], {
    cwd: path.join(folder, HOME),
    // A proxy that is not there: nothing can be fetched.
    env: { PATH: process.env["PATH"], HOME: folder, HTTPS_PROXY: "http://127.0.0.1:1" },
  }).status;
}

test("what was compiled is installed again as it was", () => {
  const folder = makeProject();
  const compiled = fs.readFileSync(path.join(folder, HOME, BINARY));
  keep(folder);
  expect(install(folder)).toBe(0);
  expect(fs.readFileSync(path.join(folder, HOME, BINARY)).equals(compiled)).toBe(true);
  expect(fs.readdirSync(path.join(folder, ".prebuilds"))).toHaveLength(1);
});

test.each([
  ["nothing was kept", () => undefined],
  [
    "what was kept is damaged",
    (folder: string) => {
      keep(folder);
      const shelf = path.join(folder, ".prebuilds");
      for (const name of fs.readdirSync(shelf)) fs.writeFileSync(path.join(shelf, name), "no archive");
    },
  ],
])("where %s, the install script fails here, and npm then compiles", (_name, prepare) => {
  const folder = makeProject();
  prepare(folder);
  expect(install(folder)).not.toBe(0);
});
