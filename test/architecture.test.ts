/** The laws of the house hold in the sources, and each of them is shown to catch a planted offence. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkArchitecture } from "./support/architecture/check-architecture.ts";
import { ROOMS, SOLE_USES } from "./support/architecture/laws.ts";
import { listReferences } from "./support/architecture/list-references.ts";
import { maskSource } from "./support/architecture/mask-source.ts";
import { readRooms } from "./support/architecture/read-rooms.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OPENING = "/** A sentence that says what is decided here. */\n";

/** A small house that keeps every law, to plant offences in. */
const HOUSE: Readonly<Record<string, string>> = {
  "model/noun.ts": `${OPENING}import { z } from "zod";\nexport const noun = z.string();\n`,
  "state/nouns.ts": `${OPENING}import { noun } from "../model/noun.ts";\nexport const nouns = [noun];\n`,
  "lake/keys.ts": `${OPENING}export const keys = ["a"];\n`,
  "tasks/copy/index.ts": `${OPENING}export { copy } from "./copy.ts";\n`,
  "tasks/copy/copy.ts": `${OPENING}import { keys } from "../../lake/keys.ts";\nexport const copy = keys;\n`,
  "tasks/copy/worker.ts": `${OPENING}export const isWorker = true;\n`,
  "scheduler/plan.ts": `${OPENING}import { nouns } from "../state/nouns.ts";\nexport const plan = nouns;\n`,
};

function judge(planted: Readonly<Record<string, string>>): readonly string[] {
  const files = new Map(Object.entries({ ...HOUSE, ...planted }));
  return checkArchitecture(files).map(({ law, where }) => `${law} ${where}`);
}

describe("the house as it stands", () => {
  const { files, counts } = readRooms(ROOT);

  it("shows its files to the check, in every room that exists", () => {
    const seen = [...counts].map(([room, count]) => `${room} ${count}`);
    process.stdout.write(`architecture: files seen: ${seen.join(", ")}\n`);
    expect([...counts.keys()]).toEqual(Object.keys(ROOMS).filter((room) => existsSync(`${ROOT}/${room}`)));
    expect([...counts.keys()]).toEqual(
      expect.arrayContaining([
        "model",
        "config",
        "logs",
        "state",
        "lake",
        "tasks",
        "scheduler",
        "app",
        "web",
        "cli",
      ]),
    );
    for (const [room, count] of counts) expect(count, room).toBeGreaterThan(0);
    expect(files.size).toBe([...counts.values()].reduce((sum, count) => sum + count, 0));
  });

  it("shows the imports in them, so that a check of nothing cannot pass", () => {
    const references = [...files.values()].flatMap((text) => listReferences(maskSource(text)));
    expect(references.length).toBeGreaterThan(files.size);
    expect(references.filter((reference) => reference.kind === "url").length).toBeGreaterThan(0);
  });

  it("keeps every law", () => {
    expect(checkArchitecture(files).map(({ law, where, what }) => `${where} [${law}] ${what}`)).toEqual([]);
  });

  it.each(SOLE_USES)("has the home that the law of the $law names", ({ homes }) => {
    for (const home of homes) {
      expect(
        [...files.keys()].filter((path) => path === home || path.startsWith(home)).length,
        home,
      ).toBeGreaterThan(0);
    }
  });
});

describe("a planted offence is caught", () => {
  it("while the small house around it keeps every law", () => {
    expect(judge({})).toEqual([]);
  });

  it.each([
    ["a value", 'import { nouns } from "../state/nouns.ts";\nexport const a = nouns;'],
    ["a type", 'import type { nouns } from "../state/nouns.ts";\nexport type A = typeof nouns;'],
    [
      "a type inside braces",
      'import { type nouns } from "../state/nouns.ts";\nexport type A = typeof nouns;',
    ],
    ["the effect alone", 'import "../state/nouns.ts";\nexport const a = 1;'],
    ["a re-export", 'export { nouns } from "../state/nouns.ts";\nexport const a = 1;'],
    ["a re-export of everything", 'export * from "../state/nouns.ts";\nexport const a = 1;'],
    ["a dynamic import", 'export const a = (): unknown => import("../state/nouns.ts");'],
    ["a dynamic import in backticks", "export const a = (): unknown => import(`../state/nouns.ts`);"],
    ["a dynamic import inside a template", 'export const a = `${await import("../state/nouns.ts")}`;'],
    ["a type's import", 'export type A = import("../state/nouns.ts").A;'],
    ["a URL", 'export const a = new URL("../state/nouns.ts", import.meta.url);'],
    ["a URL of the compiled file", 'export const a = new URL("../state/nouns.js", import.meta.url);'],
    ["import.meta.resolve", 'export const a = import.meta.resolve("../state/nouns.ts");'],
    ["require", 'export const a = require("../state/nouns.ts");'],
    ["several lines", 'import {\n  nouns,\n} from\n  "../state/nouns.ts";\nexport const a = nouns;'],
  ])("an import that goes up: %s", (_, code) => {
    expect(judge({ "model/a.ts": OPENING + code })).toEqual([
      expect.stringMatching(/^floor model\/a\.ts:\d+$/),
    ]);
  });

  it.each(
    Object.entries(ROOMS).flatMap(([room, below]) =>
      Object.keys(ROOMS)
        .filter((other) => other !== room)
        .map((other) => ({ room, other, isLegal: below.includes(other) })),
    ),
  )("an import of $other by $room (legal: $isLegal)", ({ room, other, isLegal }) => {
    const found = judge({
      [`${room}/from-here.ts`]: `${OPENING}import { b } from "../${other}/to-there.ts";\nexport const a = b;\n`,
      [`${other}/to-there.ts`]: `${OPENING}export const b = 1;\n`,
    });
    expect(found).toEqual(isLegal ? [] : [`floor ${room}/from-here.ts:2`]);
  });

  it.each(["../../test/support/clock.ts", "../../quickstart/main.ts", "../../../elsewhere.ts"])(
    "an import from outside the house: %s",
    (specifier) => {
      const found = judge({
        "cli/commands/a.ts": `${OPENING}import { b } from "${specifier}";\nexport const a = b;\n`,
      });
      expect(found).toEqual(["floor cli/commands/a.ts:2", "unresolved cli/commands/a.ts:2"]);
    },
  );

  it("an import that cannot be followed", () => {
    expect(judge({ "cli/a.ts": `${OPENING}export const a = (name: string) => import(name);` })).toEqual([
      "computed cli/a.ts:2",
    ]);
    expect(
      judge({ "cli/a.ts": `${OPENING}export const a = (n: string) => import(\`./\${n}.ts\`);` }),
    ).toEqual(["computed cli/a.ts:2"]);
    expect(
      judge({ "lake/a.ts": `${OPENING}export const a = (n: string) => new URL(n, import.meta.url);` }),
    ).toEqual(["computed lake/a.ts:2"]);
    expect(judge({ "lake/a.ts": `${OPENING}import { b } from "./gone.ts";\nexport const a = b;` })).toEqual([
      "unresolved lake/a.ts:2",
    ]);
  });

  it.each([
    ["a name", "export const isTmdb = true;"],
    ["a text", 'export const code = "TMDB_UNAVAILABLE";'],
    ["a comment", "/** Such as https://api.themoviedb.org/3. */\nexport const a = 1;"],
  ])("a provider that the shared HTTP client names: %s", (_, code) => {
    const planted = OPENING + code;
    expect(judge({ "tasks/http/a.ts": planted })).toEqual(["service tasks/http/a.ts:2"]);
    expect(judge({ "tasks/tmdb-to-lake/a.ts": planted })).toEqual([]);
  });

  it("a cycle, be it of two files, of types alone, or through a dynamic import", () => {
    const found = judge({
      "lake/a.ts": `${OPENING}import type { B } from "./b.ts";\nexport type A = B;`,
      "lake/b.ts": `${OPENING}export const load = () => import("./c.ts");\nexport type B = 1;`,
      "lake/c.ts": `${OPENING}export type { A } from "./a.ts";\nexport const c = 1;`,
    });
    expect(found).toEqual(["cycle lake/a.ts"]);
    expect(judge({ "lake/a.ts": `${OPENING}import { a as b } from "./a.ts";\nexport const a = b;` })).toEqual(
      ["cycle lake/a.ts"],
    );
  });

  it.each([
    ["lake/a.ts", "zod"],
    ["config/a.ts", "croner"],
    ["model/a.ts", "yaml"],
    ["cli/a.ts", "winston"],
    ["config/a.ts", "winston"],
    ["scheduler/a.ts", "knex"],
    ["lake/a.ts", "better-sqlite3"],
    ["lake/a.ts", "@aws-sdk/client-s3"],
    ["lake/s3/a.ts", "@aws-sdk/client-sts"],
    ["scheduler/a.ts", "axios"],
    ["lake/a.ts", "axios-retry"],
    ["tasks/copy/a.ts", "csv-parse/sync"],
    ["scheduler/a.ts", "commander"],
    ["config/a.ts", "picocolors"],
    ["cli/a.ts", "lodash"],
    ["model/a.ts", "node:fs"],
    ["lake/a.ts", "fs"],
  ])("a package away from its home: %s imports %s", (path, name) => {
    expect(judge({ [path]: `${OPENING}import type { b } from "${name}";\nexport type A = b;\n` })).toEqual([
      `package ${path}:2`,
    ]);
  });

  it.each([
    ["clock", "export const a = Date.now();"],
    ["clock", "export const a = [1].map(Date.now);"],
    ["clock", "export const a = new Date();"],
    ["clock", "export const a = new Date( /* now */ );"],
    ["clock", "export const a = new Date;"],
    ["clock", "export const a = Date();"],
    ["clock", "export const a = performance.now();"],
    ["clock", "export const a = process.hrtime.bigint();"],
    ["clock", "setTimeout(() => undefined, 5);\nexport const a = 1;"],
    ["clock", "export const a = globalThis\n  .clearInterval ?? setInterval;"],
    ["clock", 'import { setTimeout as wait } from "node:timers/promises";\nexport const a = wait;'],
    ["clock", 'import { performance as p } from "node:perf_hooks";\nexport const a = p;'],
    ["clock", 'export const a = "UPDATE t SET at = CURRENT_TIMESTAMP";'],
    ["clock", "export const a = `SELECT datetime('now') FROM ${String(1)}`;"],
    ["clock", "export const a = `${String(`${Date.now()}`)}`;"],
    ["deadline", "export const a = AbortSignal.timeout(5);"],
    ["environment", "export const a = process.env.HOME;"],
    ["environment", 'export const a = process.env["HOME"];'],
    ["environment", "process.loadEnvFile();\nexport const a = 1;"],
    ["exit", "export const a = () => process.exit(1);"],
    ["exit", "process.exitCode = 1;\nexport const a = 1;"],
    ["exit", "export const a = () => process\n  .abort();"],
    ["disguise", 'export const a = process["env"];'],
    ["disguise", "const { env } = process;\nexport const a = env;"],
    ["disguise", 'export const a = globalThis["Date"];'],
    ["disguise", 'import { env } from "node:process";\nexport const a = env;'],
    ["enum", "export enum Color { red }"],
    ["enum", "export const enum Color { red }"],
    ["enum", "export namespace Colors { export const red = 1; }"],
  ])("what only one file may do, or none: %s, by %j", (law, code) => {
    const laws = judge({ "scheduler/a.ts": OPENING + code }).map((found) => found.split(" ")[0]);
    expect(laws).toContain(law);
  });

  it("chance inside the model", () => {
    expect(judge({ "model/a.ts": `${OPENING}export const a = () => Math.random();` })).toEqual([
      "purity model/a.ts:2",
    ]);
    expect(judge({ "scheduler/a.ts": `${OPENING}export const a = () => Math.random();` })).toEqual([]);
  });

  it.each([
    ["a text", 'export const a = "tmdb";'],
    ["a name", "export const tmdbToken = 1;"],
    ["a comment", "/** As TMDB does. */\nexport const a = 1;"],
    ["a statement", "export const a = `SELECT 1 WHERE imdb_id = ${1}`;"],
    ["an address", 'export const a = "https://api.themoviedb.org/3";'],
  ])("a service that is named outside of its task type's folder: %s", (_, code) => {
    for (const room of ["model", "state", "scheduler", "app", "lake", "config"]) {
      expect(judge({ [`${room}/a.ts`]: OPENING + code })).toEqual([
        expect.stringMatching(new RegExp(`^service ${room}/a\\.ts:\\d$`)),
      ]);
    }
    expect(judge({ "tasks/copy/a.ts": OPENING + code })).toEqual([]);
  });

  it.each([
    ["a map", "const known = new Map();", true],
    ["a typed set", "const known: Set<string> = new Set();", true],
    ["a weak map, whatever its type", "const known: ReadonlySet<object> = new WeakSet();", true],
    ["a variable", "let count = 0;", true],
    ["a table that never changes", 'const STATES: ReadonlySet<string> = new Set(["open"]);', false],
    ["a map of an object's own", "export function make() {\n  const known = new Map();\n}", false],
  ])("memory that no object owns: %s", (_, code, isOffence) => {
    const found = isOffence ? ["memory scheduler/a.ts:2"] : [];
    expect(judge({ "scheduler/a.ts": `${OPENING}${code}\n` })).toEqual(found);
  });

  it("a home that no longer does what it alone may do", () => {
    expect(judge({ "cli/process/system-clock.ts": `${OPENING}export const now = 1;\n` })).toEqual([
      "clock cli/process/system-clock.ts",
    ]);
    expect(
      judge({ "cli/process/system-clock.ts": `${OPENING}export const now = () => Date.now();\n` }),
    ).toEqual([]);
  });

  it.each([
    ["empty-name", "lake/utils/a.ts"],
    ["empty-name", "tasks/copy/helpers/a.ts"],
    ["empty-name", "config/common/a.ts"],
    ["empty-name", "model/types.ts"],
    ["empty-name", "state/lib/a.ts"],
    ["name", "state/fooBar.ts"],
    ["name", "state/Foo.ts"],
    ["name", "state/foo_bar.ts"],
    ["name", "state/subFolder/a.ts"],
    ["name", "state/a.js"],
    ["name", "state/a.d.ts"],
    ["barrel", "state/index.ts"],
    ["barrel", "tasks/copy/client/index.ts"],
    ["room", "elsewhere/a.ts"],
  ])("a name that breaks the law (%s): %s", (law, path) => {
    expect(judge({ [path]: `${OPENING}export const a = 1;\n` })).toContain(`${law} ${path}`);
  });

  it.each([
    'export { noun } from "./noun.ts";',
    'export * from "./noun.ts";\nexport type { b } from "./noun.ts";',
    'import { noun } from "./noun.ts";\nexport { noun };',
    'import {\n  noun as b, // hidden\n} from "./noun.ts";\nexport { b as noun };',
  ])("a barrel: %j", (code) => {
    expect(judge({ "model/all.ts": `${OPENING}${code}\n` })).toEqual(["barrel model/all.ts"]);
  });

  it.each([
    ["no comment", "export const a = 1;\n"],
    ["a line comment", "// What is decided here.\nexport const a = 1;\n"],
    ["a comment that comes later", `import { z } from "zod";\n${OPENING}export const a = z;\n`],
    ["no sentence", "/** a */\nexport const a = 1;\n"],
  ])("a file that does not say what it decides: %s", (_, text) => {
    expect(judge({ "model/a.ts": text })).toEqual(["opening model/a.ts:1"]);
  });

  it("a file of 501 lines, while one of 500 is let pass", () => {
    const lines = (count: number): string =>
      `${OPENING}${"export {};\n".repeat(count - 2)}export const a = 1;\n`;
    expect(judge({ "model/a.ts": lines(501) })).toEqual(["length model/a.ts"]);
    expect(judge({ "model/a.ts": lines(500) })).toEqual([]);
  });

  it("a source that the scanner cannot read to its end", () => {
    expect(judge({ "model/a.ts": `${OPENING}export const a = "` })).toEqual(["readable model/a.ts"]);
    expect(judge({ "model/a.ts": `${OPENING}/* export const a = 1;` })).toEqual(["readable model/a.ts"]);
  });
});

describe("what merely looks like an offence is let pass", () => {
  it.each([
    [
      "a comment",
      "// Date.now() and process.exit(1)\n/* import x from '../cli/a.ts' */\nexport const a = 1;",
    ],
    ["a text", `export const a = 'import "../cli/a.ts"; Date.now(); enum X {';`],
    ["a template's text", "export const a = `process.env ${String(1)} new Date() ${`process.exit`}`;"],
    ["a regular expression", 'export const a = /["\'`]\\/[/"]process.exit/.test("x");'],
    ["a division", "const b = 4;\nexport const a = b / 2 / b;\nexport const c = (b) / 2; // '"],
    ["an instant that is given", "export const a = new Date(5).toISOString();\nexport type D = Date;"],
    ["a parser of instants", 'export const a = Date.parse("2026-11-23");\nexport const b = Date.UTC(2026);'],
    [
      "a method of the same name",
      "export const a = (x: { exit(): void; env: string }) => (x.exit(), x.env);",
    ],
    ["a method called from", 'export const a = Array.from("ab");\nexport const b = Buffer.from(`c`);'],
    [
      "a brace after a template's expression",
      "export const a = `${[1].map((n) => { return `${n}`; }).join()}`;",
    ],
    ["a door that adds something", 'export { noun } from "./noun.ts";\nexport const a = 1;'],
  ])("%s", (_, code) => {
    expect(judge({ "model/a.ts": `${OPENING}${code}\n` })).toEqual([]);
  });

  it("a worker that a task type names by its compiled name", () => {
    const code = 'export const worker = new URL("./worker.js", import.meta.url);';
    expect(judge({ "tasks/copy/start.ts": `${OPENING}${code}\n` })).toEqual([]);
  });

  it("the first line of a program", () => {
    expect(judge({ "cli/a.ts": `#!/usr/bin/env node\n${OPENING}export const a = 1;\n` })).toEqual([]);
  });
});
