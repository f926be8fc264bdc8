/** What `npm pack` makes runs in an empty folder, with better-sqlite3 as its only other package. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ageFile, startChild, type CliResult } from "../support/cli.ts";
import { installPacked, pack, type PackedProgram } from "../support/packed-program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** A build in a clone, and copies of a few megabytes, on a machine that does other work. */
const CLONE_MS = 120_000;
const MEBIBYTE = 1024 * 1024;

let program: PackedProgram;
let place: string;
beforeAll(() => {
  program = installPacked();
  place = path.join(program.folder, "empty");
  fs.mkdirSync(place);
});
afterAll(() => {
  program.remove();
});

function run(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<CliResult> {
  return startChild(process.execPath, [program.command, ...args], place, {
    ...program.environment,
    ...variables,
  }).ended;
}

const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
};

describe("the package", () => {
  test("holds the program, its pages and its examples, and neither sources, tools nor a former build", () => {
    const unexpected = program.files.filter(
      (file) =>
        !/^(?:bin\/(?:dagmar|start)\.cjs|dist\/(?:cli\/main|cli\/process\/(?:read|verify)-thread|tasks\/(?:csv-to-ids\/worker|(?:report|sql)-to-lake\/engine)|chunks\/[^/]+)\.js|dist\/browser\/dagmar\.(?:css|js)|dist\/browser\/mark\.svg|dist\/third-party-licenses\.txt|dist\/build-id|dags\/(?:\w+\.yaml|sql\/\w+\.sql)|docs\/(?:reference\/|pt-BR\/)?[\w-]+\.(?:md|schema\.json)|docs\/reference\/(?:dag\.schema|openapi)\.json|deploy\/aws\/[\w-]+\.(?:md|json)|deploy\/lambda\/(?:README(?:\.pt-BR)?\.md|template\.yaml)|\.env\.example|CHANGELOG\.md|README(?:\.pt-BR)?\.md|LICENSE|package\.json)$/.test(
          file,
        ),
    );
    expect(unexpected).toEqual([]);
    expect(program.files).toEqual(
      expect.arrayContaining([manifest.bin["dagmar"], ".env.example", "docs/reference/dag.schema.json"]),
    );
    // A chunk that no other file names is of another build, or of a tool.
    const scripts = program.files.filter((file) => file.endsWith(".js"));
    const text = scripts.map((file) => fs.readFileSync(path.join(program.home, file), "utf8")).join("\n");
    const chunks = scripts.filter((file) => file.includes("/chunks/"));
    expect(chunks.length).toBeGreaterThan(50);
    expect(chunks.filter((file) => !text.includes(path.basename(file)))).toEqual([]);
  });

  test("is small, and names the one package that it needs", () => {
    expect(fs.statSync(program.tarball).size).toBeLessThan(2 * MEBIBYTE);
    expect(Object.keys(manifest.dependencies)).toEqual(["better-sqlite3"]);
  });

  test("asks for no package that is not installed with it, but for DuckDB, which is optional, and drivers of other databases", () => {
    const scripts = program.files.filter((file) => /^dist\/.*\.js$/.test(file));
    const asked = scripts.flatMap((file) => {
      const text = fs.readFileSync(path.join(program.home, file), "utf8");
      const found = text.matchAll(
        /^(?:import|export)\b[^"\n]*"([^"\n]+)";$|\bimport\("([^"\n]+)"\)|\b__require\("([^"\n]+)"\)/gm,
      );
      return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
    });
    const foreign = new Set(asked.filter((name) => !name.startsWith(".") && !isBuiltin(name)));
    expect([...foreign].toSorted()).toEqual([
      "@duckdb/node-api",
      "better-sqlite3",
      "mariadb/callback",
      "mysql",
      "mysql2",
      "oracledb",
      "pg",
      "pg-query-stream",
      "sqlite3",
      // Asked for by `debug`, which does without.
      "supports-color",
      "tedious",
    ]);
  });

  test("is the same when it is built from a clone as npm builds it from git", { timeout: CLONE_MS }, () => {
    const clone = fs.mkdtempSync(path.join(tmpdir(), "dagmar-clone-"));
    try {
      const names = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
        cwd: ROOT,
        encoding: "utf8",
      });
      for (const name of names
        .split("\0")
        .filter((one) => one !== "" && fs.existsSync(path.join(ROOT, one)))) {
        fs.cpSync(path.join(ROOT, name), path.join(clone, name));
      }
      fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(clone, "node_modules"));
      execFileSync("npm", ["run", "prepare"], { cwd: clone, stdio: "ignore" });
      expect(pack(clone, clone).files.map(dropHash).toSorted()).toEqual(
        program.files.map(dropHash).toSorted(),
      );
    } finally {
      fs.rmSync(clone, { recursive: true, force: true });
    }
  });

  test("leaves a folder without tools for development as it is when npm prepares it", () => {
    const folder = fs.mkdtempSync(path.join(tmpdir(), "dagmar-bare-"));
    try {
      for (const name of ["package.json", "bundle.mjs"])
        fs.cpSync(path.join(ROOT, name), path.join(folder, name));
      const printed = execFileSync("npm", ["run", "--silent", "prepare"], { cwd: folder, encoding: "utf8" });
      expect(printed).toBe("dist/ is not built: rolldown is not installed here.\n");
      expect(fs.readdirSync(folder).toSorted()).toEqual(["bundle.mjs", "package.json"]);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("the installed program", () => {
  test("has sources that V8 holds in one byte for each character", () => {
    const scripts = program.files.filter((file) => /^dist\/(?:cli|chunks|tasks)\/.*\.js$/.test(file));
    expect(scripts.length).toBeGreaterThan(20);
    const wide = scripts.filter((file) =>
      /[^\0-\x7f]/.test(fs.readFileSync(path.join(program.home, file), "utf8")),
    );
    expect(wide).toEqual([]);
  });

  test("loads every one of its files", async () => {
    const chunks = program.files.filter((file) => /^dist\/chunks\/.*\.js$/.test(file));
    const script = `for (const file of process.argv.slice(1)) await import(file); console.log("all");`;
    const { stdout, stderr } = await startChild(
      process.execPath,
      ["--input-type=module", "-e", script, ...chunks.map((file) => path.join(program.home, file))],
      place,
      program.environment,
    ).ended;
    expect({ stdout, stderr }).toEqual({ stdout: "all\n", stderr: "" });
  });

  test("works with the Dags, files and state of the folder where it is run, and writes nothing into its own folder", async () => {
    const before = listTree(program.home);
    fs.mkdirSync(path.join(place, "dags"));
    fs.mkdirSync(path.join(place, "data", "input"), { recursive: true });
    const dag = `dag: films
schedule: manual
tasks:
  stored: { type: file-to-lake, with: { dataset: films, file: films.csv, key: "Raw/\${partition}/films.csv" } }
  ids: { type: csv-to-ids, needs: [stored], with: { source: { dataset: films }, id: id } }
  said: { type: shell, needs: [ids], with: { script: "echo read" } }
`;
    fs.writeFileSync(path.join(place, "dags", "films.yaml"), dag);
    fs.writeFileSync(path.join(place, "data", "input", "films.csv"), "id|title\ntt0000001|One\n");
    ageFile(path.join(place, "data", "input", "films.csv"));
    const { exitCode, stdout, stderr } = await run(["run", "films", "--date", "2026-11-23"]);
    expect({ exitCode, stderr, stdout }).toMatchObject({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("films/manual__2026-11-23T00:00:00.000Z  success");
    expect(fs.readdirSync(path.join(place, "data")).toSorted()).toEqual(
      expect.arrayContaining(["dagmar.db", "input", "lake", "logs"]),
    );
    expect((await run(["runs", "list", "--json"])).stdout).toContain('"state": "success"');
    expect(listTree(program.home)).toEqual(before);
  });

  test("reaches S3 with what it has: an address that answers nothing is the store's fault, not its own", async () => {
    const { exitCode, stderr } = await run(["lake", "verify"], {
      DAGMAR_LAKE: "s3://bucket",
      AWS_REGION: "sa-east-1",
      AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9",
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
    });
    expect(stderr).not.toMatch(/bug in Dagmar|Cannot find/);
    expect(exitCode).not.toBe(0);
  });

  test("says its version", async () => {
    expect((await run(["--version"])).stdout).toContain(manifest.version);
  });
});

/** A chunk's name holds a hash of its content, in which the folder of the packages counts. */
function dropHash(file: string): string {
  return file.replace(/(\/chunks\/.*)-[\w-]{8}\.js$/, "$1.js");
}

function listTree(folder: string): readonly string[] {
  return fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
}
