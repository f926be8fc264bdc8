/** What `npm run package:lambda` makes: what is in it, that it is the same again, and that it starts where Lambda unpacks it. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listSystemFaults, NODE_LINES } from "../../packaging/limits.ts";
import { findArchitecture } from "../../packaging/native-binary.ts";
import { ageFile, startChild, type CliResult } from "../support/cli.ts";
import { findZip, layOut, readZip, unpack } from "./support/unpack.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ZIPS = ["function.zip", "layer.zip"] as const;
/** A build in a copy of the project, on a machine that does other work. */
const COPY_MS = 300_000;

let folder: string;
beforeAll(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), "dagmar-lambda-")));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const hashZip = (file: string): string => createHash("sha256").update(fs.readFileSync(file)).digest("hex");

describe("the zips", () => {
  it("are 20 MB together at most", () => {
    const sizes = ZIPS.map((name) => fs.statSync(findZip(name)).size);
    process.stdout.write(
      `lambda: ${ZIPS.map((name, index) => `${name} ${sizes[index]} bytes`).join(", ")}\n`,
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(20_000_000);
  });

  it("hold the function with its Dags, and neither pages, tools nor sources", () => {
    const files = [...readZip("function.zip").keys()];
    const wanted =
      /^(?:index\.mjs|package\.json|LICENSE|dags\/\w+\.yaml|dags\/sql\/\w+\.sql|dist\/(?:build-id|third-party-licenses\.txt|lambda\/handler\.js|tasks\/(?:csv-to-ids\/worker|(?:sql|report)-to-lake\/engine)\.js|cli\/process\/(?:read|verify)-thread\.js|chunks\/[\w-]+\.js))$/;
    expect(files.filter((file) => !wanted.test(file))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining([
        "index.mjs",
        "package.json",
        "dags/tmdb_ingest.yaml",
        "dist/build-id",
        "dist/lambda/handler.js",
        "dist/tasks/csv-to-ids/worker.js",
      ]),
    );
  });

  it("hold in the layer better-sqlite3 and what it loads, with a binary for each Node line", () => {
    const files = [...readZip("layer.zip").keys()];
    const binaries = files.filter((file) => file.endsWith(".node"));
    const shelf = "nodejs/node_modules/better-sqlite3/lib/binding";
    expect(binaries).toEqual(
      NODE_LINES.map(({ abi }) => `${shelf}/node-v${abi}-linux-${process.arch}/better_sqlite3.node`),
    );
    expect(files.filter((file) => /\.(?:c|cpp|h|gyp|md)$|\/test\//.test(file))).toEqual([
      "nodejs/node_modules/bindings/LICENSE.md",
    ]);
  });

  it("hold binaries that load on Amazon Linux 2023", () => {
    const binaries = [...readZip("layer.zip")].filter(([name]) => name.endsWith(".node"));
    expect(binaries).toHaveLength(NODE_LINES.length);
    for (const [name, binary] of binaries) {
      expect(listSystemFaults(binary, findArchitecture()), name).toEqual([]);
    }
  });

  it("name neither this machine's folders nor its user", () => {
    for (const [name, bytes] of [...readZip("function.zip"), ...readZip("layer.zip")]) {
      expect(bytes.includes(ROOT), name).toBe(false);
    }
  });

  // Under another Node the suite runs in a copy that git does not know: see test/support/with-node.sh.
  const isClone = fs.existsSync(path.join(ROOT, ".git"));
  it.runIf(isClone)("are the same byte for byte, made again and elsewhere", { timeout: COPY_MS }, () => {
    const before = ZIPS.map((name) => hashZip(findZip(name)));
    const copy = path.join(folder, "elsewhere", "copy");
    copyProject(copy);
    for (const place of [ROOT, copy]) {
      execFileSync(process.execPath, ["bundle.mjs", "--lambda"], { cwd: place });
      execFileSync(process.execPath, ["dist/packaging/main.js"], {
        cwd: place,
        env: { ...process.env, TZ: "Asia/Tokyo" },
      });
      const after = ZIPS.map((name) => hashZip(path.join(place, "dist/lambda", name)));
      expect(after, place).toEqual(before);
    }
  });
});

/** The files that git knows or would take, with packages and compiled binaries; linked where the disk allows it. */
function copyProject(to: string): void {
  fs.mkdirSync(to, { recursive: true });
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  for (const name of listed.split("\0").filter((one) => one !== "" && fs.existsSync(path.join(ROOT, one)))) {
    fs.cpSync(path.join(ROOT, name), path.join(to, name));
  }
  for (const name of ["node_modules", ".prebuilds"]) {
    const script = `cp -alL "$1" "$2" 2>/dev/null || { rm -rf "$2"; cp -aL "$1" "$2"; }`;
    execFileSync("sh", ["-c", script, "sh", path.join(ROOT, name), path.join(to, name)]);
  }
}

const DAG = `dag: hello
schedule: manual
tasks:
  films: { type: file-to-lake, with: { dataset: films, file: films.csv, key: "Raw/\${partition}/films.csv" } }
  ids: { type: csv-to-ids, needs: [films], with: { source: { dataset: films }, id: id } }
`;
/** As Lambda's runtime does: the handler is imported by its path, and called with the event. */
const RUNTIME = `const { handler } = await import(process.argv[2]);
console.log(JSON.stringify(await handler(JSON.parse(process.argv[3]), {})));
`;

/** Hands one event to the function in that folder, whose Dags get one with a thread. */
async function invoke(task: string, event: unknown, variables: Readonly<Record<string, string>> = {}) {
  const home = fs.mkdtempSync(path.join(folder, "run-"));
  fs.mkdirSync(path.join(home, "input"));
  fs.writeFileSync(path.join(home, "input", "films.csv"), "id|title\ntt0000001|One\n");
  ageFile(path.join(home, "input", "films.csv"));
  fs.writeFileSync(path.join(task, "dags", "hello.yaml"), DAG);
  const runtime = path.join(home, "runtime.mjs");
  fs.writeFileSync(runtime, RUNTIME);
  const words = [runtime, path.join(task, "index.mjs"), JSON.stringify(event)];
  return startChild(process.execPath, words, task, {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    DAGMAR_DB: path.join(home, "dagmar.db"),
    DAGMAR_LOGS: path.join(home, "logs"),
    DAGMAR_INPUT: path.join(home, "input"),
    DAGMAR_LAKE: `file:${path.join(home, "lake")}`,
    ...variables,
  }).ended;
}

/** The state of the run, or what was said where there is none. */
function readState({ exitCode, stdout, stderr }: CliResult): string {
  if (exitCode !== 0) return stderr;
  const { state } = JSON.parse(stdout) as { readonly state: string };
  return state === "success" ? state : stdout;
}

describe("the unpacked function", () => {
  it("finds the layer where Lambda puts it, without NODE_PATH, and runs a Dag with a thread", async () => {
    const task = layOut(path.join(folder, "as-in-lambda"));
    expect(readState(await invoke(task, { dag: "hello" }))).toBe("success");
  });

  it("finds it by NODE_PATH, as Lambda sets it", async () => {
    const task = path.join(folder, "task-alone");
    const layer = path.join(folder, "layer-alone");
    unpack("function.zip", task);
    unpack("layer.zip", layer);
    const shelf = path.join(layer, "nodejs/node_modules");
    expect(readState(await invoke(task, { dag: "hello" }, { NODE_PATH: `/absent:${shelf}` }))).toBe(
      "success",
    );
  });

  it("finds it in the function's own folder", async () => {
    const task = path.join(folder, "one-folder");
    unpack("function.zip", task);
    unpack("layer.zip", task);
    expect(readState(await invoke(task, { dag: "hello" }))).toBe("success");
  });

  it("says that the layer is missing", async () => {
    const task = path.join(folder, "no-layer");
    unpack("function.zip", task);
    const { stderr, exitCode } = await invoke(task, { dag: "hello" });
    expect(stderr).toContain(
      "The layer with better-sqlite3 is missing: attach dist/lambda/layer.zip to the function.",
    );
    expect(exitCode).toBe(1);
  });

  it("knows its version, its build and its Dags from its own folder", async () => {
    const task = layOut(path.join(folder, "own-folder"));
    const { stdout, stderr } = await invoke(task, { dag: "csv_ingests" });
    expect(stdout).toBe("");
    expect(stderr).toContain("csv_ingest");
  });

  it("refuses an event that is not valid before anything is opened", async () => {
    const task = layOut(path.join(folder, "wrong-event"));
    const { stderr } = await invoke(task, { dag: "hello", when: "now" });
    expect(stderr).toContain('"when" is no field of it');
  });
});
