/** `dagmar init` with the packed program, in folders of its own: what it makes works, and it replaces nothing. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkCompose } from "../container/check-compose.ts";
import { startChild, type CliResult } from "../support/cli.ts";
import { installPacked, type PackedProgram } from "../support/packed-program.ts";

const SHIPPED = fileURLToPath(new URL("../../dags", import.meta.url));
const FILES = [
  ".dockerignore",
  ".env",
  ".gitignore",
  "README.md",
  "compose.yaml",
  "dags/csv_ingest.yaml",
  "dags/dag.schema.json",
  "dags/first_steps.yaml",
  "dags/oscar_ingest.yaml",
  "dags/refined.yaml",
  "dags/report.yaml",
  ...fs
    .readdirSync(path.join(SHIPPED, "sql"))
    .toSorted()
    .map((name) => `dags/sql/${name}`),
  "dags/tmdb_ingest.yaml",
  "dags/trusted.yaml",
  "data/input/first_steps.csv",
  "data/web-password",
];

let program: PackedProgram;
let count = 0;
beforeAll(() => {
  program = installPacked();
});
afterAll(() => {
  program.remove();
});

function makeFolder(): string {
  count += 1;
  const folder = path.join(program.folder, `project ${count}`);
  fs.mkdirSync(folder);
  return folder;
}

function dagmar(folder: string, ...args: readonly string[]): Promise<CliResult> {
  return startChild(process.execPath, [program.command, ...args], folder, program.environment).ended;
}

function listFiles(folder: string): readonly string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

describe("a new project", () => {
  test("has everything, and the commands that are named next work as they are printed", async () => {
    const folder = makeFolder();
    const early = await dagmar(folder, "dags", "list");
    expect(early.exitCode).toBe(78);
    expect(early.stderr).toContain(
      "Change to the project's folder, or set DAGMAR_DAGS. `dagmar init` creates",
    );
    const made = await dagmar(folder, "init", "my lake");
    expect({ code: made.exitCode, stderr: made.stderr }).toEqual({ code: 0, stderr: "" });
    const project = path.join(folder, "my lake");
    expect(listFiles(project)).toEqual(FILES);
    const next = made.stdout.slice(made.stdout.indexOf("Next:")).split("\n\n")[0] ?? "";
    const commands = next
      .split("\n")
      .slice(1)
      .map((line) => line.trim().replace(/ {2,}.*$/, ""));
    expect(commands[0]).toBe("cd 'my lake'");
    expect(commands).toHaveLength(4);
    const bin = path.join(folder, "bin");
    fs.mkdirSync(bin);
    fs.symlinkSync(program.command, path.join(bin, "dagmar"));
    const environment = { ...program.environment, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
    const script = `set -e\n${commands.join("\n")}`;
    const followed = await startChild("/bin/sh", ["-c", script], folder, environment).ended;
    expect({ code: followed.exitCode, stderr: followed.stderr }).toEqual({ code: 0, stderr: "" });
    expect(followed.stdout).toContain("7 Dags are valid");
    expect(followed.stdout).toMatch(/first_steps\/manual__\S+ {2}success/);
    const examined = await startChild("/bin/sh", ["-c", "dagmar doctor"], project, environment).ended;
    expect(examined.stdout).toMatch(/^ok +dag files +7 valid/m);
    // The examples with a schedule are off: nothing that is not set up yet is needed.
    expect(examined.stdout).toMatch(
      /^warn +TMDB .*tmdb_ingest, which is off.* — Put TMDB_API_TOKEN=… into \.env/m,
    );
    expect(examined.exitCode).toBe(0);
    const file = path.join(project, "dags/tmdb_ingest.yaml");
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("enabled: false", "enabled: true"));
    const needed = await startChild("/bin/sh", ["-c", "dagmar doctor"], project, environment).ended;
    expect(needed.stdout).toMatch(/^fail +TMDB .*tmdb_ingest.* — Put TMDB_API_TOKEN=… into \.env/m);
    expect(needed.exitCode).toBe(1);
    expect(followed.stdout).toMatch(/Raw\/Local\/CSV\/First\/\S+first_steps\.csv/);
  });

  test("keeps the settings from other users and from git, and every example points editors at the schema next to it", async () => {
    const folder = makeFolder();
    await dagmar(folder, "init");
    for (const name of [".env", "data/web-password"])
      expect(fs.statSync(path.join(folder, name)).mode & 0o777, name).toBe(0o600);
    execFileSync("git", ["init", "--quiet"], { cwd: folder });
    const seen = execFileSync("git", ["status", "--porcelain", "--untracked-files=all"], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(seen).not.toMatch(/\.env|data\//);
    expect(seen).toContain("dags/first_steps.yaml");
    for (const name of fs.readdirSync(path.join(folder, "dags")).filter((one) => one.endsWith(".yaml"))) {
      const [, schema = ""] =
        /^# yaml-language-server: \$schema=(\S+)$/m.exec(
          fs.readFileSync(path.join(folder, "dags", name), "utf8"),
        ) ?? [];
      const text = fs.readFileSync(path.resolve(folder, "dags", schema), "utf8");
      expect(JSON.parse(text), name).toHaveProperty("$schema");
    }
    const readme = fs.readFileSync(path.join(folder, "README.md"), "utf8").trim().split("\n");
    expect(readme.length).toBeLessThanOrEqual(10);
  });

  test("has a password of its own, which another init keeps and the scheduler takes", async () => {
    const folders = [makeFolder(), makeFolder()];
    for (const folder of folders) await dagmar(folder, "init");
    const read = (folder = "") => fs.readFileSync(path.join(folder, "data/web-password"), "utf8");
    const [first, second] = folders.map(read);
    expect(first).toMatch(/^[\w-]{32}\n$/);
    expect(first).not.toBe(second);
    fs.writeFileSync(path.join(folders[0] ?? "", "data/web-password"), "my own\n");
    const { exitCode, stdout } = await dagmar(folders[0] ?? "", "init");
    expect([exitCode, read(folders[0])]).toEqual([0, "my own\n"]);
    expect(stdout).toContain("their password is in data/web-password");
    // For the user of the container.
    const user = process.getuid?.();
    const { uid } = fs.statSync(path.join(folders[1] ?? "", "data/web-password"));
    expect(uid).toBe(user === 0 ? 1000 : user);
  });

  test("has a compose file that runs the image as tightly as ours, made of the package that npm packs of an installed program", async () => {
    const folder = makeFolder();
    await dagmar(folder, "init");
    const compose = fs.readFileSync(path.join(folder, "compose.yaml"), "utf8");
    expect(checkCompose(compose)).toEqual([]);
    const tarball = path.basename(program.tarball);
    expect(compose).toContain(`COPY ${tarball} /tmp/`);
    execFileSync("npm", ["pack", "--ignore-scripts", program.home], { cwd: folder, stdio: "ignore" });
    const list = (file: string) =>
      execFileSync("tar", ["-tzf", file], { encoding: "utf8" }).split("\n").toSorted();
    expect(list(path.join(folder, tarball))).toEqual(list(program.tarball));
  });
});

describe("a folder that is not empty", () => {
  test.each<[string, (folder: string) => void, string]>([
    ["a README", (folder) => fs.writeFileSync(path.join(folder, "README.md"), "mine"), "README.md"],
    [
      "settings and a Dag",
      (folder) => {
        fs.writeFileSync(path.join(folder, ".env"), "A=1");
        fs.mkdirSync(path.join(folder, "dags"));
        fs.writeFileSync(path.join(folder, "dags", "csv_ingest.yaml"), "dag: csv_ingest");
      },
      "dags/csv_ingest.yaml and .env",
    ],
    ["a file named data", (folder) => fs.writeFileSync(path.join(folder, "data"), ""), "data and data/input"],
    [
      "a link that leads nowhere",
      (folder) => fs.symlinkSync("/not/there", path.join(folder, "compose.yaml")),
      "compose.yaml",
    ],
  ])("with %s is left as it is, and what stands there is named", async (_, prepare, named) => {
    const folder = makeFolder();
    prepare(folder);
    const before = listFiles(folder);
    const { exitCode, stderr } = await dagmar(folder, "init");
    expect(stderr).toBe(
      `dagmar: ${folder} already has ${named.replace("data and data/input", "data")}.\n  init never replaces a file; nothing was written. Name another folder, or move these away.\n`,
    );
    expect(exitCode).toBe(2);
    expect(listFiles(folder)).toEqual(before);
  });

  test("keeps its other files", async () => {
    const folder = makeFolder();
    fs.writeFileSync(path.join(folder, "notes.txt"), "mine");
    expect((await dagmar(folder, "init")).exitCode).toBe(0);
    expect(listFiles(folder)).toEqual([...FILES, "notes.txt"].toSorted());
  });

  test("that an init has half filled before it was killed is filled by the next one", async () => {
    const folder = makeFolder();
    await dagmar(folder, "init");
    for (const name of ["README.md", "compose.yaml", "dags/tmdb_ingest.yaml"])
      fs.rmSync(path.join(folder, name));
    fs.writeFileSync(path.join(folder, ".README.md.init"), "# A Dag");
    fs.writeFileSync(path.join(folder, "dags", ".first_steps.yaml.init"), "dag: fir");
    const { exitCode, stdout } = await dagmar(folder, "init");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("3 files written");
    expect(listFiles(folder)).toEqual(FILES);
    expect((await dagmar(folder, "init")).stdout).toContain(`already has all ${FILES.length} files`);
  });

  test("is refused where the folder is a file", async () => {
    const folder = makeFolder();
    fs.writeFileSync(path.join(folder, "file"), "");
    const { exitCode, stderr } = await dagmar(folder, "init", "file");
    expect(stderr).toContain("is a file, not a folder");
    expect(exitCode).toBe(2);
  });
});
