/** The image's own commands work from its layout: the program alone, production packages only, nothing writable but /data. */
import { once } from "node:events";
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  isRoot,
  layOutImage,
  listTree,
  removeImage,
  runInImage,
  startInImage,
  type Finished,
  type Image,
} from "./lay-out-image.ts";
import { parseDockerfile, parseEnvironment } from "./parse-dockerfile.ts";

const DOCKERFILE = readFileSync(fileURLToPath(new URL("../../Dockerfile", import.meta.url)), "utf8");
const ENVIRONMENT = parseEnvironment(parseDockerfile(DOCKERFILE).at(-1)!);
/** With what a careless reader would change: a byte order mark, CRLF, a broken letter, no final newline. */
const MOVIES = Buffer.from("\uFEFFid|titulo\r\ntt0000001|Caf\u00e9 \xff", "latin1");

let image: Image;
let before: readonly string[];

beforeAll(() => {
  image = layOutImage(DOCKERFILE);
  writeFileSync(join(image.root, "input", "movies.csv"), MOVIES);
  writeFileSync(join(image.root, "input", "series.csv"), "");
  before = listTree(join(image.root, "app"));
});
afterAll(() => {
  removeImage(image);
});

const run = (...args: readonly string[]): Promise<Finished> =>
  runInImage(image, [...image.entrypoint, ...args], ENVIRONMENT);

/** A user id that is not in use. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe("the image's layout", () => {
  it("holds the program, the packages of production and the example Dags, and no sources or tools", () => {
    const app = join(image.root, "app");
    expect(readdirSync(app).toSorted()).toEqual(["dags", "dist", "node_modules", "package.json"]);
    const dist = listTree(join(app, "dist")).map((path) => relative(join(app, "dist"), path));
    expect(dist.filter((path) => path.endsWith(".js") && !path.startsWith("chunks/"))).toEqual([
      "browser/dagmar.js",
      "cli/main.js",
      "cli/process/read-thread.js",
      "cli/process/verify-thread.js",
      "tasks/csv-to-ids/worker.js",
      "tasks/report-to-lake/engine.js",
      "tasks/sql-to-lake/engine.js",
    ]);
    const shipped = listTree(app).filter((path) => !path.startsWith(join(app, "node_modules")));
    expect(shipped.filter((path) => /\.(?:ts|tsbuildinfo)$/.test(path))).toEqual([]);
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(app, "package.json"), "utf8"),
    ) as Record<"dependencies" | "devDependencies", Record<string, string>>;
    const isThere = (name: string): boolean => existsSync(join(app, "node_modules", name));
    expect(Object.keys(dependencies).filter((name) => !isThere(name))).toEqual([]);
    expect(Object.keys(devDependencies).filter(isThere)).toEqual([]);
  });

  it("brings in its own files what it imports, but for Node's modules and the native packages", () => {
    const scripts = listTree(join(image.root, "app", "dist")).filter((path) => path.endsWith(".js"));
    const imported = scripts.flatMap((path) => {
      const text = readFileSync(path, "utf8");
      return [...text.matchAll(/^(?:import|export)\b[^"\n]*"([^"\n]+)";$|\bimport\("([^"\n]+)"\)/gm)];
    });
    const packages = imported
      .map((match) => match[1] ?? match[2] ?? "")
      .filter((name) => !name.startsWith(".") && !isBuiltin(name));
    expect(imported.length).toBeGreaterThan(scripts.length);
    expect(new Set(packages)).toEqual(new Set(["@duckdb/node-api", "better-sqlite3"]));
  });

  it("cannot be written to by the user that runs it", async () => {
    const writable = listTree(join(image.root, "app")).filter((path) => {
      const status = lstatSync(path);
      return !status.isSymbolicLink() && (status.mode & 0o222) !== 0;
    });
    expect(writable).toEqual([]);
    expect(image.userId).toBeGreaterThan(0);
    const probe = `process.stdout.write(String(process.getuid()));require("fs").writeFileSync(process.argv[1],"")`;
    const attempt = await runInImage(image, ["node", "-e", probe, "/app/dist/probe.txt"], {});
    expect(attempt.stderr).toContain("EACCES");
    expect(attempt.stdout).toBe(String(isRoot() ? image.userId : process.getuid?.()));
  });
});

describe("the image's commands", () => {
  it("list the Dags without a database", async () => {
    const { exitCode, stdout, stderr } = await run("dags", "list");
    expect(stderr).toBe("");
    expect(stdout).toMatch(/csv_ingest[\s\S]*tmdb_ingest/);
    expect(exitCode).toBe(0);
    expect(readdirSync(join(image.root, "data"))).toEqual([]);
  });

  it("explain themselves", async () => {
    const { exitCode, stdout } = await run("--help");
    expect(stdout).toContain("Usage: dagmar");
    expect(exitCode).toBe(0);
  });

  it("run a Dag into the volume", async () => {
    const { exitCode, stderr } = await run("run", "csv_ingest", "--date", "2026-11-23T12:00:00Z");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const lake = join(image.root, "data", "lake");
    expect(readFileSync(join(lake, "Raw/Local/CSV/Movies/2026/11/23/movies.csv"))).toEqual(MOVIES);
    expect(readFileSync(join(lake, "Raw/Local/CSV/Series/2026/11/23/series.csv"))).toHaveLength(0);
  });

  it("keep what a task logs in the volume", async () => {
    const dags = join(image.root, "data", "dags");
    mkdirSync(dags);
    const hello = `dag: hello\nschedule: manual\ntasks: { say: { type: shell, with: { script: "echo hello" } } }\n`;
    writeFileSync(join(dags, "hello.yaml"), hello);
    const command = [...image.entrypoint, "run", "hello"];
    const { exitCode } = await runInImage(image, command, { ...ENVIRONMENT, DAGMAR_DAGS: "/data/dags" });
    expect(exitCode).toBe(0);
    const logs = listTree(join(image.root, "data", "logs")).filter((path) => path.endsWith(".log"));
    expect(logs.map((path) => readFileSync(path, "utf8")).join("")).toContain("hello");
  });

  it("are the service when nothing is asked: its health check passes while it works, and it ends with 0", async () => {
    const port = await findFreePort();
    const environment = { ...ENVIRONMENT, DAGMAR_HTTP: `127.0.0.1:${port}`, TMDB_API_TOKEN: "none" };
    const check = () => runInImage(image, image.healthcheck, environment);
    expect((await check()).exitCode).toBe(1);
    const { child, finished } = startInImage(image, [...image.entrypoint, ...image.command], environment);
    onTestFinished(() => void child.kill("SIGKILL"));
    let health = await check();
    for (let round = 0; round < 50 && health.exitCode !== 0; round += 1) health = await check();
    expect(health).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    child.kill("SIGTERM");
    const { exitCode, stderr } = await finished;
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain("Stopped: no task is running any more.");
  });

  it("leave the program's own folder as it was", () => {
    expect(listTree(join(image.root, "app"))).toEqual(before);
  });
});
