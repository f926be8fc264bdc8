/**
 * The first command of a new user: prepares a fresh clone for the quickstart (Node's version, packages, build)
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
    const installed = await runStep("installing packages (npm ci)", [
      "ci",
      "--include=dev",
      "--no-progress",
      // What it fetches, and what a package's own script prints, such as better-sqlite3's compiler.
      "--loglevel=http",
      "--foreground-scripts",
    ]);
    if (installed !== 0) return installed;
    const rebuild = ["rebuild", "better-sqlite3", "--foreground-scripts"];
    if (!isDatabaseUsable() && (await runStep("compiling better-sqlite3", rebuild)) !== 0) return 1;
    if (!isDatabaseUsable()) {
      console.error(
        "better-sqlite3 is installed but cannot be loaded. Does your npm refuse install scripts?",
      );
      console.error(COMPILER_HINT);
      return 1;
    }
  }
  if (isBuildStale()) {
    const built = await runStep("building (npm run build)", ["run", "build"]);
    if (built !== 0) {
      // The output of a failed build looks newer than its sources.
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

/** Whether a source or a setting of the build is newer than the build. */
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

/**
 * A step with what npm is doing at the moment, and its time at the end: in a terminal in one line that is redrawn, else
 * a line every ten seconds. All that npm printed is shown when it fails.
 * @returns {Promise<number>} npm's exit code
 */
async function runStep(name, npmArguments) {
  const isTerminal = process.stdout.isTTY;
  process.stdout.write(`${name} … `);
  const startedMs = performance.now();
  const elapsed = () => (performance.now() - startedMs) / 1000;
  const [program, ...first] = findNpm();
  const child = spawn(program, [...first, ...npmArguments], {
    cwd: project,
    shell: process.platform === "win32" && first.length === 0,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  let isFirst = true;
  const show = () => {
    const line = `${name} … ${elapsed().toFixed(0)} s, ${describeNpm(output)}`;
    if (isTerminal) process.stdout.write(`\r\u001b[K${line.slice(0, (process.stdout.columns || 80) - 1)}`);
    else process.stdout.write(`${isFirst ? "\n" : ""}  ${line.slice(name.length + 3)}\n`);
    isFirst = false;
  };
  const showing = setInterval(show, isTerminal ? 1000 : 10_000);
  const status = await new Promise((resolve) => {
    child.once("error", (error) => {
      output += error.message;
      resolve(1);
    });
    child.once("close", (code) => resolve(code ?? 1));
  });
  clearInterval(showing);
  const end = status === 0 ? `${elapsed().toFixed(1)} s` : `failed after ${elapsed().toFixed(1)} s`;
  if (isFirst) console.log(end);
  else console.log(isTerminal ? `\r\u001b[K${name} … ${end}` : `${name} … ${end}`);
  if (status === 0) return 0;
  console.error(output);
  if (/not found: make|gyp ERR! (stack|find)|g\+\+: (command )?not found|no C\+\+ compiler/i.test(output)) {
    console.error(COMPILER_HINT);
  }
  return status;
}

/** What npm is doing, from what it has printed so far. */
function describeNpm(output) {
  const scripts = [...output.matchAll(/^> (@?[\w./-]+)@\S+ (?:pre|post)?(?:install|rebuild)\b/gm)];
  const script = scripts.at(-1);
  if (script !== undefined) {
    const hasCompiler = /\b(?:CXX|CC)\(target\)|node-gyp rebuild|gyp info/.test(output.slice(script.index));
    return hasCompiler ? `compiling ${script[1]}, which takes a minute or two` : `setting up ${script[1]}`;
  }
  const fetched = output.match(/^npm http fetch GET 200 \S+/gm)?.length ?? 0;
  return fetched === 0 ? "npm has begun" : `${fetched} files fetched from the registry`;
}

/** The npm that started this script, if one did; its script needs no shell and no PATH. */
function findNpm() {
  const script = process.env.npm_execpath;
  if (script !== undefined && /npm-cli\.c?js$/.test(script)) return [process.execPath, script];
  return ["npm"];
}

/** @returns {Promise<number>} */
function runQuickstart() {
  const child = spawn(process.execPath, [builtMain], { cwd: project, stdio: "inherit" });
  // Ctrl-C reaches the whole process group; this process stays until the run has drained.
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
