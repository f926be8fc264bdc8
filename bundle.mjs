/**
 * Builds `dist/` from the sources: the program and the tools around it, each bundled with its packages into a few files.
 * `--lambda` also builds the function for AWS Lambda into `dist/lambda/build`, which `npm run package:lambda` makes zips of.
 * Types are checked elsewhere. Why, and what must stay outside: docs/decisions/0010.
 */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(fileURLToPath(import.meta.url));
const DIST = join(ROOT, "dist");

// npm calls this after each install in this folder. A folder without the development tools has its `dist/`, or needs none.
if (process.argv.includes("--where-installed") && !existsSync(join(ROOT, "node_modules/rolldown"))) {
  process.stdout.write("dist/ is not built: rolldown is not installed here.\n");
  process.exit();
}
// A folder that is only built, such as an image's, has no such file.
if (process.argv.includes("--where-installed") && existsSync(join(ROOT, "keep-compiled.mjs"))) {
  const { keepCompiled } = await import("./keep-compiled.mjs");
  try {
    keepCompiled(ROOT);
  } catch (error) {
    process.stdout.write(`The compiled better-sqlite3 is not kept for the next install: ${error.message}\n`);
  }
}
const { build } = await import("rolldown");

/** Entry points of processes. Tools are bundled separately, so that they do not split the program's chunks. */
const PROGRAM = ["cli/main"];
const TOOLS = [
  "docs/generate",
  "quickstart/main",
  "quickstart/simulator/main",
  "bench/main",
  "bench/create-bucket",
  "bench/scan-file",
  "bench/upload-file",
  "test/mutation/main",
  "test/mutation/stryker-plugins",
  "packaging/main",
];
/** Under a name one folder deep; the zip's `index.mjs` exports it again. */
const FUNCTION = { "lambda/handler": "deploy/lambda/handler.ts" };

/** A native binary, found by its path inside its package. */
const NATIVE = /^better-sqlite3$/;
/** Loaded by a process of its own, where it is installed. */
const OPTIONAL = /^@duckdb\/node-api$/;
/** Drivers of other databases, whole names: knex loads one of them where it is used. What knex always loads is bundled. */
const ABSENT = /^(?:mariadb|mysql2?|oracledb|pg|pg-query-stream|sqlite3|tedious)(?:\/|$)/;

/** What only the tools of the tests use; it is started from the repository, where it is installed. */
const TEST_TOOLS = /^(?:playwright-core|rolldown|vitest)(?:\/|$)/;

/** A thread's module, as the starting module names it: `new URL("./worker.js", import.meta.url)`. */
const THREAD = /new URL\(\s*"(\.[^"]+)\.js",\s*import\.meta\.url\s*\)/g;

/** A process that was started before this build may still load its chunks. */
const KEPT_MS = 24 * 3600 * 1000;

const BUILD_ID = "build-id";

/** In the sources and in `dist/`. */
const ASSETS = "browser";

/** Zips are made here; nothing of it belongs to the package. */
const LAMBDA = join(DIST, "lambda");

const written = new Set();
/**
 * What one product ships: its files, and the folders of the packages that are in them.
 * @typedef {{ files: Set<string>, packages: Set<string> }} Shipped
 */
/** @type {Shipped} Of the program alone. */
const shipped = { files: new Set(), packages: new Set() };
// The program last: both have the threads of the task types, and a thread of the program must find its chunks in the package.
for (const entries of [TOOLS, PROGRAM]) {
  // The image is built from the program's sources alone.
  const found = entries.filter((entry) => existsSync(join(ROOT, `${entry}.ts`)));
  if (found.length === 0) continue;
  const output = await bundle(Object.fromEntries(found.map((entry) => [entry, `${entry}.ts`])), DIST);
  for (const { fileName } of output) written.add(join(DIST, fileName));
  if (entries === PROGRAM) note(output, shipped);
}
await buildAssets();
removeFormerBuilds();
writeNotices(DIST, shipped);
writeBuildId(DIST, shipped);
writePackList();
if (process.argv.includes("--lambda")) await buildFunction(join(LAMBDA, "build"));

/** @param {Record<string, string>} input sources by the names of their files, without an extension */
async function bundle(input, dir, plugins = []) {
  const { output } = await build({
    input,
    cwd: ROOT,
    platform: "node",
    resolve: {
      // The AWS SDK's `main` takes twice as long to load, and nothing of it can be left out.
      mainFields: ["module", "main"],
      // The same sources as `yaml` gives to Node, as modules.
      alias: { yaml: join(ROOT, "node_modules/yaml/browser/dist/index.js") },
    },
    external: [...(plugins.length === 0 ? [NATIVE] : []), OPTIONAL, ABSENT, TEST_TOOLS],
    plugins: [keepPlaces(), ...plugins, writeAscii()],
    onLog: judgeLog,
    // Timings describe the machine, not the bundle.
    checks: { bundlerTimings: false },
    output: {
      dir,
      format: "esm",
      entryFileNames: "[name].js",
      chunkFileNames: "chunks/[name]-[hash].js",
    },
  });
  return output;
}

/** @param {Shipped} list */
function note(output, list) {
  for (const { fileName, moduleIds = [] } of output) {
    list.files.add(fileName);
    for (const id of moduleIds) {
      const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? [];
      if (folder !== undefined) list.packages.add(folder);
    }
  }
}

/** The function has chunks of its own, because it finds its native package elsewhere than the program does. */
async function buildFunction(dir) {
  rmSync(dir, { recursive: true, force: true });
  /** @type {Shipped} */
  const list = { files: new Set(), packages: new Set() };
  note(await bundle(FUNCTION, dir, [findInLayer()]), list);
  writeNotices(dir, list);
  writeBuildId(dir, list);
}

/**
 * In Lambda better-sqlite3 is in a layer, where `import` does not look: it ignores NODE_PATH. `deploy/lambda/layer.mjs` finds it
 * there. A module that asks for it with `require`, as knex does, gets the class itself, as from the package.
 */
function findInLayer() {
  const layer = join(ROOT, "deploy/lambda/layer.mjs");
  const required = "\0required-from-layer";
  return {
    name: "find-in-layer",
    resolveId(source, _importer, { kind }) {
      if (source === required) return required;
      if (!NATIVE.test(source)) return undefined;
      return kind === "require-call" ? required : layer;
    },
    load(id) {
      return id === required ? `module.exports = require(${JSON.stringify(layer)}).default;` : undefined;
    },
  };
}

/**
 * A module finds its neighbours from where it would be without bundling, `dist/<folder>/<name>.js`; what it
 * starts as a thread is put there.
 */
function keepPlaces() {
  const moved = new Set();
  return {
    name: "keep-places",
    transform(code, id) {
      if (!id.endsWith(".ts") || !code.includes("import.meta.url")) return;
      const path = relative(ROOT, id).split(sep).join(posix.sep);
      for (const [, name] of code.matchAll(THREAD)) {
        const thread = posix.join(posix.dirname(path), name);
        this.emitFile({ type: "chunk", id: join(ROOT, `${thread}.ts`), fileName: `${thread}.js` });
      }
      moved.add(id);
      const place = `(new URL("../${path.replace(/\.ts$/, ".js")}", import.meta.url).href)`;
      return { code: code.replaceAll("import.meta.url", place), map: null };
    },
    renderChunk(_code, { fileName, moduleIds }) {
      const isOneFolderDeep = fileName.split("/").length === 2;
      if (!isOneFolderDeep && moduleIds.some((id) => moved.has(id))) {
        this.error(`${fileName} lies too deep for a module that uses import.meta.url.`);
      }
    },
  };
}

/**
 * V8 holds a source in memory for as long as its module lives: a byte for each character, but two for each if only
 * one of them is not Latin-1. An escape means the same in strings, templates and patterns.
 */
function writeAscii() {
  const escape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return {
    name: "write-ascii",
    generateBundle(_options, made) {
      for (const chunk of Object.values(made)) {
        if (chunk.type === "chunk") chunk.code = chunk.code.replaceAll(/[^\0-\x7f]/g, escape);
      }
    },
  };
}

/** What pages load: the script in one file for browsers, and the files that need no building. */
async function buildAssets() {
  const folder = join(DIST, ASSETS);
  await build({
    input: { dagmar: "browser/main.ts" },
    cwd: ROOT,
    platform: "browser",
    onLog: judgeLog,
    checks: { bundlerTimings: false },
    output: { dir: folder, format: "iife", minify: true, entryFileNames: "[name].js" },
  });
  for (const name of ["dagmar.css", "mark.svg"]) copyFileSync(join(ROOT, ASSETS, name), join(folder, name));
  for (const name of readdirSync(folder)) {
    written.add(join(folder, name));
    shipped.files.add(`${ASSETS}/${name}`);
  }
}

/** Without this, a missing import would only fail when it is used. */
function judgeLog(level, log) {
  if (log.code === "UNRESOLVED_IMPORT") throw new Error(log.message);
  if (level === "warn") process.stderr.write(`${log.message}\n`);
}

function removeFormerBuilds() {
  const now = Date.now();
  for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (path.startsWith(LAMBDA + sep) || !entry.isFile() || written.has(path)) continue;
    if (now - statSync(path).mtimeMs > KEPT_MS) rmSync(path);
  }
}

/**
 * The licences of the bundled packages require their texts to be included; each text once.
 * @param {Shipped} list
 */
function writeNotices(dir, list) {
  const namesByText = new Map();
  for (const folder of [...list.packages].toSorted()) {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim();
    namesByText.set(text, [...(namesByText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const notices = [...namesByText].map(([text, names]) => `${names.join("\n")}\n\n${text}\n`);
  const file = "third-party-licenses.txt";
  writeFileSync(join(dir, file), notices.join(`\n${"-".repeat(72)}\n\n`));
  list.files.add(file);
}

/**
 * The id of this build: another build repeats the checks of Dag files.
 * @param {Shipped} list
 */
function writeBuildId(dir, list) {
  const hash = createHash("sha256");
  for (const file of [...list.files].toSorted()) hash.update(file).update(readFileSync(join(dir, file)));
  writeFileSync(join(dir, BUILD_ID), hash.digest("hex").slice(0, 16));
  list.files.add(BUILD_ID);
}

/** `npm pack` takes only the program's files of this build: no tools, no chunks of an earlier build, and nothing for Lambda. */
function writePackList() {
  const others = readdirSync(DIST, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(DIST, join(entry.parentPath, entry.name)).split(sep).join(posix.sep))
    .filter((name) => !shipped.files.has(name) && !name.startsWith("lambda/"));
  writeFileSync(join(DIST, ".npmignore"), ["lambda/", ...others].map((name) => `/${name}\n`).join(""));
}
