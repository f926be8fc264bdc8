/** The command's first file: every Node can read it, and one that is too old gets a sentence. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAst } from "rolldown/parseAst";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ENTRY = fileURLToPath(new URL("../../bin/dagmar.cjs", import.meta.url));
/** What units and images start. */
const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** Starts the entry under another version, which Node then believes of itself. */
function startAs(version: string, code = `require(${JSON.stringify(ENTRY)})`) {
  const pretend = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });`;
  return spawnSync(process.execPath, ["-e", `${pretend} ${code}`, "dagmar", "--version"], {
    encoding: "utf8",
  });
}

describe("the command on a Node of version", () => {
  test.each(["0.12.18", "8.17.0", "16.20.2", "18.20.8", "20.18.3"])(
    "%s says in one sentence what it needs",
    (version) => {
      const { status, stdout, stderr } = startAs(version);
      expect(stderr).toBe(
        `Dagmar needs Node 20.19 or newer, and this is Node ${version}. Install a newer one from https://nodejs.org, then give the same command again.\n`,
      );
      expect({ status, stdout }).toEqual({ status: 78, stdout: "" });
    },
  );

  test.each(["20.19.0", "22.0.0", "24.11.1", "26.2.0", "30.0.0"])("%s starts", (version) => {
    const { status, stdout, stderr } = startAs(version);
    expect(stdout).toMatch(/\d+\.\d+\.\d+/);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

describe.runIf(process.platform === "linux")("with few files that may be open", () => {
  let folder: string;
  let least: number;

  function startWith(limit: number, file: string, ...args: readonly string[]) {
    const command = `ulimit -n ${limit}; exec "$0" "$@"`;
    const environment = { PATH: process.env["PATH"], HOME: folder, DAGMAR_HTTP: "off" };
    return spawnSync("/bin/sh", ["-c", command, process.execPath, file, ...args], {
      cwd: folder,
      env: environment,
      encoding: "utf8",
    });
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "dagmar-entry-"));
    // With less than that Node starts no script.
    writeFileSync(join(folder, "empty.mjs"), "");
    for (least = 3; startWith(least, join(folder, "empty.mjs")).status !== 0;) least += 1;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    [ENTRY, ["--version"]],
    [MAIN, ["--version"]],
    [MAIN, ["dags", "list"]],
    [MAIN, ["run", "absent"]],
    [MAIN, ["scheduler"]],
  ])(
    "%s %j says which limit is reached, and ends with 75",
    (file, args) => {
      const seen = new Set<number | null>();
      for (let limit = least; limit <= least + 18; limit += 1 + (limit % 3)) {
        const { status, stderr } = startWith(limit, file, ...args);
        seen.add(status);
        expect(stderr, `${limit}`).not.toMatch(/^ +at |node:internal/m);
        if (status === 0) continue;
        expect({ limit, status, said: stderr.includes("ulimit -n 4096") }).toEqual({
          limit,
          status: 75,
          said: true,
        });
      }
      expect(seen).toContain(75);
    },
    60_000,
  );
});

/** The syntax tree's words of ECMAScript 5, as far as the entry may use them. */
const OLD_WORDS = new Set([
  "Program",
  "Hashbang",
  "ExpressionStatement",
  "Literal",
  "VariableDeclaration",
  "VariableDeclarator",
  "Identifier",
  "CallExpression",
  "MemberExpression",
  "FunctionDeclaration",
  "BlockStatement",
  "ReturnStatement",
  "IfStatement",
  "LogicalExpression",
  "BinaryExpression",
]);

function listNewWords(text: string): readonly string[] {
  const found: string[] = [];
  JSON.stringify(parseAst(text), (_name, value: unknown) => {
    if (value !== null && typeof value === "object" && "type" in value && typeof value.type === "string") {
      if (!OLD_WORDS.has(value.type)) found.push(value.type);
      if ("kind" in value && typeof value.kind === "string" && value.kind !== "var") found.push(value.kind);
      if ("async" in value && value.async === true) found.push("async");
    }
    return value;
  });
  return found;
}

test("the entry is written in a syntax that Node 0.10 reads", () => {
  expect(listNewWords(readFileSync(ENTRY, "utf8"))).toEqual([]);
});

test.each([
  "const a = 1;",
  "() => 1;",
  "`a`;",
  "import('a');",
  "a?.b;",
  "({ a, ...b });",
  "function f(a = 1) {}",
])("the check of its syntax finds %s", (text) => {
  expect(listNewWords(text).length).toBeGreaterThan(0);
});
