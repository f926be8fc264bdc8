/** Dag files that are meant to harm: each is refused in readable faults, in bounded time, and stops no other. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { checkDagFile } from "../../config/dag-file/check-dag-file.ts";
import { rules } from "../config/registry.ts";
import { BAIT, judgeEnd, useHostileWorld } from "./hostile/hostile-world.ts";

const head = (dagId: string, schedule = "manual"): string => `dag: ${dagId}\nschedule: ${schedule}\n`;
const noop = "tasks:\n  a: { type: noop }\n";
const withKey = (key: string): string =>
  `tasks:\n  a: { type: file-to-lake, with: { dataset: d, file: f.csv, key: ${JSON.stringify(key)} } }\n`;
const withFile = (file: string): string =>
  `tasks:\n  a: { type: file-to-lake, with: { dataset: d, file: ${JSON.stringify(file)}, key: "Raw/a.csv" } }\n`;

/** Below 256 KiB each, except where size is tested. Made from the Dag's id, which is the file's name. */
const FILES: Readonly<Record<string, (dagId: string) => string | Buffer>> = {
  empty: () => "",
  nul: (id) => `${head(id)}description: "a\u0000b"\n${noop}`,
  nothing_but_nuls: () => Buffer.alloc(100_000),
  invalid_utf8: (id) => Buffer.concat([Buffer.from(head(id)), Buffer.from([0xff, 0xfe, 0xc0, 0x80])]),
  utf16: (id) => Buffer.from(`\ufeff${head(id)}${noop}`, "utf16le"),
  half_a_megabyte: (id) => `${head(id)}description: ${"x".repeat(512 * 1024)}\n${noop}`,
  escape_in_a_name: (id) => `${head(id)}"\\e[2J\\e]0;owned\\a": 1\n${noop}`,
  line_feed_in_a_name: (id) => `${head(id)}"forged\\ndagmar: all is well": 1\n${noop}`,
  right_to_left_in_a_name: (id) => `${head(id)}"\u202egnihtyna": 1\n${noop}`,
  escape_in_a_type: (id) => `${head(id)}tasks:\n  a: { type: "\\e[2J" }\n`,
  proto: (id) => `${head(id)}__proto__: { polluted: true }\n${noop}`,
  proto_task: (id) => `${head(id)}tasks:\n  __proto__: { type: noop }\n`,
  constructor_param: (id) => `${head(id)}params: { constructor: { prototype: 1 } }\n${noop}`,
  constructor_type: (id) => `${head(id)}tasks:\n  a: { type: constructor }\n`,
  alias_bomb: (id) => {
    const rows = Array.from(
      { length: 12 },
      (_, n) => `x${n + 1}: &x${n + 1} [${Array(9).fill(`*x${n}`).join()}]`,
    );
    return `${head(id)}x0: &x0 [a]\n${rows.join("\n")}\n${noop}`;
  },
  alias_circle: (id) => `${head(id)}params: &p { a: [*p] }\n${noop}`,
  merge_key: (id) => `${head(id)}params: { "<<": { a: 1 } }\n${noop}`,
  deep_flow: (id) => `${head(id)}params: ${"[".repeat(40_000)}${"]".repeat(40_000)}\n${noop}`,
  deep_open: () => "[".repeat(200_000),
  deep_maps: (id) => `${head(id)}params: ${"{a: ".repeat(30_000)}1${"}".repeat(30_000)}\n${noop}`,
  deep_indent: (id) =>
    `${head(id)}${Array.from({ length: 600 }, (_, n) => `${" ".repeat(n)}a:`).join("\n")}\n`,
  dashes: () => "- ".repeat(100_000),
  question_marks: () => "? ".repeat(100_000),
  anchors: () => "&a ".repeat(80_000),
  tags: (id) => `${head(id)}params: { a: !!js/function "function () {}" }\n${noop}`,
  binary_tag: (id) => `${head(id)}params: { a: !!binary aGk= }\n${noop}`,
  two_documents: (id) => `${head(id)}${noop}---\n${head(id)}${noop}`,
  yaml_directive: (id) => `%YAML 9.9\n---\n${head(id)}${noop}`,
  huge_number: (id) => `${head(id)}params: { a: ${"9".repeat(5_000)} }\n${noop}`,
  infinity: (id) => `${head(id)}max_active_runs: .inf\n${noop}`,
  not_a_number: (id) => `${head(id)}max_active_runs: .nan\n${noop}`,
  negative_retries: (id) => `${head(id)}defaults: { retries: -1 }\n${noop}`,
  endless_timeout: (id) => `${head(id)}defaults: { timeout: 99999999999999999999h }\n${noop}`,
  many_tasks: (id) =>
    `${head(id)}tasks:\n${Array.from({ length: 9_000 }, (_, n) => `  t${n}: { type: noop }`).join("\n")}\n`,
  circle: (id) => `${head(id)}tasks:\n  a: { type: noop, needs: [b] }\n  b: { type: noop, needs: [a] }\n`,
  many_unknown_names: (id) =>
    `${head(id)}${Array.from({ length: 9_000 }, (_, n) => `k${n}: 1`).join("\n")}\n${noop}`,
  key_up: (id) => `${head(id)}${withKey(`Raw/../../${BAIT}`)}`,
  key_absolute: (id) => `${head(id)}${withKey(`/tmp/${BAIT}`)}`,
  key_backslash: (id) => `${head(id)}${withKey(`..\\..\\${BAIT}`)}`,
  key_nul: (id) => `${head(id)}${withKey("Raw/a\u0000.csv")}`,
  key_own: (id) => `${head(id)}${withKey("_DAGMAR/probe")}`,
  key_long: (id) => `${head(id)}${withKey(`Raw/${"é".repeat(600)}.csv`)}`,
  key_templates: (id) => `${head(id)}${withKey("${a}".repeat(50_000))}`,
  key_open_templates: (id) => `${head(id)}${withKey("${".repeat(100_000))}`,
  key_nested_template: (id) => `${head(id)}${withKey("Raw/${params.${ds}}.csv")}`,
  key_code: (id) => `${head(id)}${withKey("Raw/${process.env.TMDB_API_TOKEN}.csv")}`,
  key_proto: (id) => `${head(id)}${withKey("Raw/${params.__proto__}/${constructor}.csv")}`,
  cron_words: (id) => `${head(id, '"every now and then"')}${noop}`,
  cron_long: (id) => `${head(id, `"${"1,".repeat(50_000)}1 * * * *"`)}${noop}`,
  cron_constructor: (id) => `${head(id, "constructor")}${noop}`,
  cron_proto: (id) => `${head(id, "__proto__")}${noop}`,
  cron_never: (id) => `${head(id, '"0 0 31 2 *"')}${noop}`,
  cron_huge: (id) => `${head(id, '"*/99999999999999999999 * * * *"')}${noop}`,
  cron_escape: (id) => `${head(id, '"\\e[2J * * * *"')}${noop}`,
  zone_path: (id) => `${head(id)}timezone: ../../../etc/passwd\n${noop}`,
  zone_escape: (id) => `${head(id)}timezone: "\\e[2J"\n${noop}`,
  after_itself: (id) => `${head(id, `{ after: ${id} }`)}${noop}`,
  after_escape: (id) => `${head(id, '{ after: "\\e[2J" }')}${noop}`,
  another_name: () => `${head("../../etc/passwd")}${noop}`,
};

/** Valid as files; their requests are refused when the task runs. */
const RUNS: Readonly<Record<string, string>> = {
  reads_up: withFile(`../../../../etc/passwd`),
  reads_absolute: withFile("/etc/passwd"),
  reads_link: withFile("link.csv"),
  reads_device: withFile("device.csv"),
  reads_folder: withFile("folder"),
  reads_odd_name: withFile("a\u001b[2J\u202e.csv"),
};

test("each hostile file is refused with a readable message, and the valid one next to them runs", async () => {
  const world = useHostileWorld({ DAGMAR_TIMEZONE: "UTC" });
  const write = (name: string, content: string | Buffer): void =>
    writeFileSync(join(world.dagsFolder, `${name}.yaml`), content);
  for (const [name, make] of Object.entries(FILES)) write(name, make(name));
  write("valid", `${head("valid")}${noop}`);

  const startedMs = performance.now();
  const validated = await world.run(["dags", "validate"]);
  const seconds = (performance.now() - startedMs) / 1000;
  expect(world.judge(validated)).toEqual([]);
  expect(validated.exitCode).toBe(78);
  const faults = validated.stderr.trimEnd().split("\n");
  const isOf = (line: string, name: string): boolean => line.includes(`/${name}.yaml:`);
  expect(Object.keys(FILES).filter((name) => !faults.some((line) => isOf(line, name)))).toEqual([]);
  // A line without a file's name would be a forged one.
  expect(faults.slice(0, -1).filter((line) => !/^\/\S+\/dags\/\w+\.yaml:/.test(line))).toEqual([]);
  expect(
    faults.filter(
      (line) => isOf(line, "valid") || line.length > 2_000 || /TypeError|is not a function/.test(line),
    ),
  ).toEqual([]);
  expect(seconds).toBeLessThan(45);

  const valid = await world.run(["run", "valid", "--date", "2026-11-20"]);
  expect(valid.exitCode).toBe(0);
  expect(world.judge(valid)).toEqual([]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
}, 120_000);

test("a file that wants to read what is not its input is refused when it is read or run, and stores nothing", async () => {
  const world = useHostileWorld({ DAGMAR_TIMEZONE: "UTC" });
  symlinkSync("/etc/passwd", join(world.inputFolder, "link.csv"));
  symlinkSync("/dev/zero", join(world.inputFolder, "device.csv"));
  mkdirSync(join(world.inputFolder, "folder"));
  const wrong: string[] = [];
  for (const [dagId, text] of Object.entries(RUNS)) {
    writeFileSync(join(world.dagsFolder, `${dagId}.yaml`), `${head(dagId)}${text}`);
    const result = await world.run(["run", dagId, "--date", "2026-11-20"]);
    if (result.exitCode !== 1 && result.exitCode !== 78) wrong.push(`${dagId}: exit code ${result.exitCode}`);
    for (const fault of judgeEnd(result)) wrong.push(`${dagId}: ${fault}`);
  }
  expect(wrong).toEqual([]);
  expect(world.judge(await world.run(["dags", "list"]))).toEqual([]);
  expect(world.listLake()).toEqual([]);
}, 120_000);

test("whatever bytes a file holds, it is read to the end or refused, and nothing is thrown", () => {
  const check = (bytes: Uint8Array): void => {
    const result = checkDagFile("demo.yaml", bytes, rules);
    const messages = "issues" in result ? result.issues.map(({ message }) => message) : ["none"];
    expect(messages.length).toBeGreaterThan(0);
    expect(messages).not.toContain("");
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), check), { numRuns: 500 });
  const yaml = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          "dag: demo",
          "schedule: ",
          "tasks:",
          "  a: ",
          "- ",
          "? ",
          ": ",
          "{",
          "}",
          "[",
          "]",
          "\n",
        ),
        fc.constantFrom(
          "&a ",
          "*a ",
          "!!str ",
          "|\n",
          ">-\n",
          "#",
          "'",
          '"',
          "\\e",
          "${",
          "}",
          "@",
          "`",
          "%YAML 1.1\n",
        ),
        fc.constantFrom(
          "<<: ",
          "__proto__: ",
          "noop",
          "type: ",
          "0o17",
          "1e999",
          ".nan",
          "~",
          "---\n",
          "...\n",
          "\t",
        ),
        fc.string({ maxLength: 5, unit: "binary" }),
      ),
      { maxLength: 40 },
    )
    .map((parts) => Buffer.from(parts.join("")));
  fc.assert(fc.property(yaml, check), { numRuns: 3_000 });
  // A real Dag file with one character changed, removed or added.
  const valid = readFileSync(join(import.meta.dirname, "../../dags/tmdb_ingest.yaml"), "utf8");
  const edit = fc.tuple(fc.nat(valid.length), fc.nat(3), fc.string({ maxLength: 3, unit: "binary" }));
  fc.assert(
    fc.property(edit, ([at, length, text]) =>
      check(Buffer.from(valid.slice(0, at) + text + valid.slice(at + length))),
    ),
    { numRuns: 1_000 },
  );
}, 120_000);
