/**
 * `npx --package=./dagmar-….tgz dagmar` in an empty folder, as npm installs it. npm takes packages from its cache, and asks its
 * registry for those that it lacks; better-sqlite3 is the one that is compiled already.
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execFileSync } from "node:child_process";
import { expect, onTestFinished, test } from "vitest";
import { startChild } from "../support/cli.ts";
import { pack } from "../support/packed-program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("runs the program, makes a project and runs its first Dag", { timeout: 300_000 }, async () => {
  const home = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), "dagmar-npx-")));
  onTestFinished(() => fs.rmSync(home, { recursive: true, force: true }));
  const folder = path.join(home, "empty");
  fs.mkdirSync(folder);
  const { tarball } = pack(ROOT, folder);
  const keep = `(await import("./keep-compiled.mjs")).keepCompiled(".", ${JSON.stringify(path.join(home, "prebuilds"))})`;
  execFileSync(process.execPath, ["--input-type=module", "-e", keep], { cwd: ROOT });
  // npx installs into npm's cache: one of its own, with the packages of the real one.
  const cache = execFileSync("npm", ["config", "get", "cache"], { cwd: ROOT, encoding: "utf8" }).trim();
  fs.mkdirSync(path.join(home, "cache"));
  fs.symlinkSync(path.join(cache, "_cacache"), path.join(home, "cache", "_cacache"));
  const environment = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    npm_config_cache: path.join(home, "cache"),
    npm_config_better_sqlite3_local_prebuilds: path.join(home, "prebuilds"),
    ...pickRegistry(),
  };
  const npx = (...args: readonly string[]) => {
    const words = ["--yes", "--prefer-offline", `--package=./${path.basename(tarball)}`, "dagmar", ...args];
    return startChild("npx", words, folder, environment).ended;
  };
  const version = await npx("--version");
  expect(version.stdout, version.stderr).toMatch(/^dagmar \d+\.\d+\.\d+, Node \S+, SQLite \d/);
  const made = await npx("init");
  expect({ code: made.exitCode, next: made.stdout }).toMatchObject({
    code: 0,
    next: expect.stringContaining("Next:") as unknown,
  });
  const ran = await npx("run", "first_steps");
  expect(ran.exitCode, ran.stdout + ran.stderr).toBe(0);
  expect(fs.existsSync(path.join(folder, "data/dagmar.db"))).toBe(true);
  expect(fs.existsSync(path.join(folder, "node_modules"))).toBe(false);
});

/** How this machine reaches npm's registry. */
function pickRegistry(): Readonly<Record<string, string>> {
  const wanted =
    /^(?:npm_config_(?:registry|cafile|proxy|https_proxy)|NODE_EXTRA_CA_CERTS|https?_proxy|no_proxy)$/i;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      wanted.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}
