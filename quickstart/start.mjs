/**
 * The first command of a newcomer: brings a fresh clone to where the quickstart can run (Node's version, packages, build)
 * and runs it. Plain JavaScript without imports from npm, for it runs before anything is installed.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = [20, 19];
const project = fileURLToPath(new URL("..", import.meta.url));
const builtMain = join(project, "dist", "quickstart", "main.js");

const COMPILER_HINT =
  "better-sqlite3 has to be compiled here and no C++ compiler was found: install one (Debian, Ubuntu: apt-get install g++ make python3; " +
  "Fedora: dnf install gcc-c++ make python3; macOS: xcode-select --install) and run `npm run quickstart` again.";

process.exitCode = await start();

/** @returns {Promise<number>} the exit code */
async function start() {
  const fault = findNodeFault(process.versions.node);
  if (fault !== undefined) {
    console.error(fault);
    return 78;
  }
  if (!areInstalled()) {
    const installed = runStep("installing packages (npm ci)", ["ci", "--include=dev", "--no-progress"]);
    if (installed !== 0) return installed;
    if (!isDatabaseUsable() && runStep("compiling better-sqlite3", ["rebuild", "better-sqlite3"]) !== 0) {
      return 1;
    }
    if (!isDatabaseUsable()) {
      console.error(
        "better-sqlite3 is installed but cannot be loaded. Does your npm refuse install scripts?",
      );
      console.error(COMPILER_HINT);
      return 1;
    }
  }
  if (isBuildStale()) {
    const built = runStep("building (npm run build)", ["run", "build"]);
    if (built !== 0) {
      // What a failed build left behind looks newer than its sources.
      rmSync(builtMain, { force: true });
      return built;
    }
  }
  return runQuickstart();
}

function findNodeFault(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return `Dagmar needs Node ${OLDEST_NODE.join(".")} or newer, and this is Node ${version}: get one from https://nodejs.org and run again.`;
}

/** Every package that package.json names is there in its exact version, and the native one can be loaded. */
function areInstalled() {
  const { dependencies = {}, devDependencies = {} } = readJson(join(project, "package.json"));
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    const manifest = join(project, "node_modules", name, "package.json");
    if (!existsSync(manifest) || readJson(manifest).version !== version) return false;
  }
  return isDatabaseUsable();
}

/** In a process of its own: a library that failed to load once stays failed. */
function isDatabaseUsable() {
  const script = "new (require('better-sqlite3'))(':memory:').close()";
  return spawnSync(process.execPath, ["-e", script], { cwd: project, stdio: "ignore" }).status === 0;
}

/** Some source, or a setting of the build, is newer than what was built. */
function isBuildStale() {
  if (!existsSync(builtMain)) return true;
  const builtAt = statSync(builtMain).mtimeMs;
  const rooms = readJson(join(project, "tsconfig.build.json")).include;
  const sources = rooms.flatMap((room) => listSources(join(project, room)));
  const settings = ["package.json", "tsconfig.json", "tsconfig.build.json", "bundle.mjs"]
    .map((name) => join(project, name))
    .filter((path) => existsSync(path));
  return [...sources, ...settings].some((path) => statSync(path).mtimeMs > builtAt);
}

function listSources(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

/** One line a step, with its time; what npm says is shown only when it fails. */
function runStep(name, npmArguments) {
  process.stdout.write(`${name} … `);
  const startedMs = performance.now();
  const [program, ...first] = findNpm();
  const result = spawnSync(program, [...first, ...npmArguments], {
    cwd: project,
    encoding: "utf8",
    maxBuffer: 100_000_000,
    shell: process.platform === "win32" && first.length === 0,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  if (result.status === 0) {
    console.log(`${seconds} s`);
    return 0;
  }
  console.log(`failed after ${seconds} s`);
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`;
  console.error(output);
  if (/not found: make|gyp ERR! (stack|find)|g\+\+: (command )?not found|no C\+\+ compiler/i.test(output)) {
    console.error(COMPILER_HINT);
  }
  return result.status ?? 1;
}

/** The npm that runs us, where npm does; its script needs no shell and no PATH. */
function findNpm() {
  const script = process.env.npm_execpath;
  if (script !== undefined && /npm-cli\.c?js$/.test(script)) return [process.execPath, script];
  return ["npm"];
}

/** @returns {Promise<number>} */
function runQuickstart() {
  const child = spawn(process.execPath, [builtMain], { cwd: project, stdio: "inherit" });
  // Ctrl-C reaches the whole group by itself; we stay until the run has drained.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve) => {
    child.once("error", (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}
