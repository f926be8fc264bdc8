/** start.mjs in a project of three files, with a stand-in for npm: real processes, nothing installed. */
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

/** Notes its arguments; `ci` installs better-sqlite3, `run build` builds; fails with a text on request. */
const NPM = `
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
const command = process.argv.slice(2).filter((word) => !word.startsWith("--")).join(" ");
appendFileSync("npm.log", command + "\\n");
if (command === process.env.FAIL) { console.error(process.env.FAIL_TEXT); process.exit(3); }
if (command === process.env.SLOW) {
  const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
  console.error("npm http fetch GET 200 https://r/a.tgz 5ms\\nnpm http fetch GET 200 https://r/b.tgz 5ms");
  pause();
  console.log("> better-sqlite3@1.2.3 install\\n> prebuild-install || node-gyp rebuild --release\\n");
  pause();
}
if (command === "ci") {
  mkdirSync("node_modules/better-sqlite3", { recursive: true });
  writeFileSync("node_modules/better-sqlite3/package.json", JSON.stringify({ name: "better-sqlite3", version: "1.2.3" }));
  writeFileSync("node_modules/better-sqlite3/index.js", "module.exports = class { close() {} };");
}
if (command === "run build") {
  mkdirSync("dist/quickstart", { recursive: true });
  writeFileSync("dist/quickstart/main.js", "console.log('quickstart ran'); process.exitCode = Number(process.env.CODE ?? 0);");
}
`;

let project: string;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), "dagmar-start-"));
  await mkdir(join(project, "quickstart"));
  await mkdir(join(project, "model"));
  await copyFile(
    new URL("../../quickstart/start.mjs", import.meta.url),
    join(project, "quickstart", "start.mjs"),
  );
  await writeFile(join(project, "model", "clock.ts"), "");
  await writeFile(join(project, "npm-cli.js"), NPM);
  const manifest = { type: "module", dependencies: { "better-sqlite3": "1.2.3" } };
  await writeFile(join(project, "package.json"), JSON.stringify(manifest));
  await writeFile(join(project, "tsconfig.json"), "{}");
  await writeFile(join(project, "tsconfig.build.json"), JSON.stringify({ include: ["model", "not-there"] }));
});
afterEach(async () => {
  await rm(project, { recursive: true, force: true });
});

async function start(
  environment: Record<string, string> = {},
  nodeArguments: string[] = [],
): Promise<{ status: number | null; stdout: string; stderr: string; npm: string[] }> {
  await writeFile(join(project, "npm.log"), "");
  const result = spawnSync(process.execPath, [...nodeArguments, "quickstart/start.mjs"], {
    cwd: project,
    encoding: "utf8",
    env: { npm_execpath: join(project, "npm-cli.js"), ...environment },
  });
  const log = (await readFile(join(project, "npm.log"), "utf8")).trim();
  return { ...result, npm: log === "" ? [] : log.split("\n") };
}

test("a fresh clone is installed and built, one line a step, and then runs", async () => {
  const { status, stdout, stderr, npm } = await start();
  expect(npm).toEqual(["ci", "run build"]);
  expect(stdout).toMatch(
    /^installing packages \(npm ci\) … \d+\.\d s\nbuilding \(npm run build\) … \d+\.\d s\nquickstart ran\n$/,
  );
  expect([status, stderr]).toEqual([0, ""]);
});

test("a step that takes long says what npm is doing", async () => {
  const source = await readFile(join(project, "quickstart", "start.mjs"), "utf8");
  await writeFile(join(project, "quickstart", "start.mjs"), source.replace("10_000", "20"));
  const { stdout } = await start({ SLOW: "ci" });
  expect(stdout).toMatch(/^ {2}\d+ s, 2 files fetched from the registry$/m);
  expect(stdout).toMatch(/^ {2}\d+ s, compiling better-sqlite3, which takes a minute or two$/m);
  expect(stdout).toMatch(/^installing packages \(npm ci\) … \d+\.\d s$/m);
});

test("what is installed and built is not installed and built again", async () => {
  await start();
  const { npm, stdout } = await start();
  expect([npm, stdout]).toEqual([[], "quickstart ran\n"]);
});

test("a package in another version, or a database that cannot be loaded, is installed again", async () => {
  await start();
  const installed = join(project, "node_modules", "better-sqlite3");
  await writeFile(join(installed, "index.js"), "throw new Error('no binding');");
  expect((await start()).npm).toEqual(["ci"]);
  await writeFile(join(installed, "package.json"), JSON.stringify({ version: "1.0.0" }));
  expect((await start()).npm).toEqual(["ci"]);
});

test("a source newer than the build is built", async () => {
  await start();
  const builtAt = Date.parse("2026-01-01T00:00:00Z") / 1000;
  await utimes(join(project, "dist", "quickstart", "main.js"), builtAt, builtAt);
  expect((await start()).npm).toEqual(["run build"]);
});

test("a step that fails shows what npm said and ends with its code", async () => {
  const { status, stdout, stderr } = await start({
    FAIL: "run build",
    FAIL_TEXT: "model/ports/clock.ts(1,1): error",
  });
  expect(status).toBe(3);
  expect(stdout).toMatch(/building \(npm run build\) … failed after/);
  expect(stderr).toContain("model/ports/clock.ts(1,1): error");
  expect((await start()).npm).toEqual(["run build"]);
});

test("a missing C++ compiler is explained in one sentence", async () => {
  const { status, stderr } = await start({ FAIL: "ci", FAIL_TEXT: "gyp ERR! stack Error: not found: make" });
  expect(status).toBe(3);
  expect(stderr).toContain("apt-get install g++ make python3");
});

test("the quickstart's exit code is start's", async () => {
  expect((await start({ CODE: "75" })).status).toBe(75);
});

test("an old Node gets a message with the version that is needed, and nothing is tried", async () => {
  const pretend = "Object.defineProperty(process.versions, 'node', { value: '18.20.4' })";
  const { status, stderr, npm } = await start({}, ["--import", `data:text/javascript,${pretend}`]);
  expect(status).toBe(78);
  expect(stderr).toBe(
    "Dagmar needs Node 20.19 or newer, and this is Node 18.20.4: get one from https://nodejs.org and run again.\n",
  );
  expect(npm).toEqual([]);
});
