/** One Dag file: its definition when it is valid, and the place and text of each fault. */
import { describe, expect, test } from "vitest";
import { checkDagFile, type LoadedDag } from "../../config/dag-file/check-dag-file.ts";
import { formatDagIssue } from "../../model/errors.ts";
import { rules } from "./registry.ts";

function check(text: string | Uint8Array, file = "demo.yaml"): readonly string[] {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const result = checkDagFile(file, bytes, rules);
  return "issues" in result ? result.issues.map(formatDagIssue) : [];
}

function load(text: string): LoadedDag {
  const result = checkDagFile("demo.yaml", Buffer.from(text), rules);
  if ("issues" in result) throw new Error(result.issues.map(formatDagIssue).join("\n"));
  return result.checked.dag;
}

const head = "dag: demo\nschedule: manual\n";
const noop = `${head}tasks:\n  a: { type: noop }\n`;

/** A Dag with one file-to-lake task and this key, or with these options instead. */
const withKey = (key: string, more = ""): string =>
  `${head}params: { name: x }\ntasks:\n  a:\n    type: file-to-lake\n    with: { dataset: d, file: f.csv, key: ${JSON.stringify(key)}${more} }\n`;

const tmdb = (options: string): string =>
  `${head}params: { limit: null, words: [a, b], since: 2001 }\ntasks:\n  ids:\n    type: csv-to-ids\n    with: { source: { dataset: m }, id: id }\n  a:\n    type: tmdb-to-lake\n    needs: [ids]\n    with:\n      dataset: t\n      entity: movie\n      language: pt-BR\n      key: "x/\${run_stamp}-\${seq}.json"\n${options}`;

describe("a good file", () => {
  test("says when a task runs, how its runs are bounded and who goes first", () => {
    const when = 'when: { value: "${params.mode}", any_of: [full, half] }';
    const { definition } = load(
      `${head}max_active_tasks: 3\ntimeout: 6h\nparams: { mode: full }\ntasks:\n  a: { type: noop, priority: 5, depends_on_past: true, ${when} }\n`,
    );
    expect(definition).toMatchObject({
      maxActiveTasks: 3,
      timeoutSeconds: 21_600,
      tasks: [
        {
          priority: 5,
          dependsOnPast: true,
          when: { value: "${params.mode}", operator: "any_of", operand: ["full", "half"] },
        },
      ],
    });
  });

  test.each([
    ['{ value: "${params.mood}", equals: full }', "unknown template ${params.mood}"],
    ['{ value: "${params.mode}" }', "must compare its value by exactly one of"],
    ['{ value: "${params.mode}", equals: a, is_null: true }', "must compare its value by exactly one of"],
    ["{ equals: a }", "value"],
  ])("a `when` of %s is refused", (when, fault) => {
    const text = `${head}params: { mode: full }\ntasks:\n  a: { type: noop, when: ${when} }\n`;
    expect(check(text).join("\n")).toContain(fault);
  });

  test("gets every default", () => {
    const { definition, enabled } = load(noop);
    expect(enabled).toBe(true);
    expect(definition).toEqual({
      dagId: "demo",
      description: "",
      schedule: { kind: "manual" },
      timezone: "UTC",
      startAt: null,
      endAt: null,
      catchup: "none",
      catchupLimit: 100,
      maxActiveRuns: 1,
      maxActiveTasks: null,
      timeoutSeconds: null,
      params: {},
      tasks: [
        {
          taskId: "a",
          type: "noop",
          needs: [],
          triggerRule: "all_success",
          allowFailure: false,
          pool: "default",
          priority: 0,
          dependsOnPast: false,
          when: null,
          retries: 0,
          retryDelaySeconds: 30,
          retryBackoff: "fixed",
          retryDelayMaxSeconds: 3600,
          timeoutSeconds: 86_400,
          with: {},
        },
      ],
    });
  });

  test("passes the Dag's defaults to tasks, which may say otherwise", () => {
    const { definition } = load(
      `${head}defaults: { retries: 3, timeout: 2h, pool: tmdb }\ntasks:\n  a: { type: noop }\n  b: { type: noop, retries: 0, pool: default, timeout: 90s }\n`,
    );
    expect(
      definition.tasks.map(({ retries, timeoutSeconds, pool }) => [retries, timeoutSeconds, pool]),
    ).toEqual([
      [3, 7200, "tmdb"],
      [0, 90, "default"],
    ]);
  });

  test("has its tasks in the order in which they can run", () => {
    const { definition } = load(
      `${head}tasks:\n  c: { type: noop, needs: [b] }\n  b: { type: noop, needs: [a] }\n  a: { type: noop }\n`,
    );
    expect(definition.tasks.map((task) => task.taskId)).toEqual(["a", "b", "c"]);
  });

  test("reads start and end in its zone, and includes the last day", () => {
    const { definition } = load(
      `dag: demo\nschedule: "@daily"\ntimezone: America/Sao_Paulo\nstart: 2026-01-01\nend: 2026-01-31\ntasks:\n  a: { type: noop }\n`,
    );
    expect([definition.startAt, definition.endAt]).toEqual([
      "2026-01-01T03:00:00.000Z",
      "2026-02-01T02:59:59.999Z",
    ]);
  });

  test("may follow one Dag or several", () => {
    const after = (value: string) => load(noop.replace("manual", value)).definition.schedule;
    expect(after("{ after: one }")).toEqual({ kind: "after", dagIds: ["one"] });
    expect(after("{ after: [one, two] }")).toEqual({ kind: "after", dagIds: ["one", "two"] });
  });

  test("may use aliases", () => {
    expect(load(`${head}tasks:\n  a: &t { type: noop }\n  b: *t\n`).definition.tasks).toHaveLength(2);
  });

  test("is frozen to its last value", () => {
    const { definition } = load(tmdb("      append: [credits]\n"));
    const frozen: unknown[] = [definition];
    for (const value of frozen) {
      expect(Object.isFrozen(value)).toBe(true);
      frozen.push(
        ...Object.values(value as Record<string, unknown>).filter(
          (inner) => inner !== null && typeof inner === "object",
        ),
      );
    }
    expect(frozen.length).toBeGreaterThan(8);
  });

  test("has a fingerprint that values change, but layout, comments and order of fields do not", () => {
    const { fingerprint } = load(noop);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(
      load(`# hello\ntasks: {a: {with: {}, type: "noop"}}\n\nschedule: manual\ndag: demo\n`).fingerprint,
    ).toBe(fingerprint);
    expect(load(`${noop}max_active_runs: 2\n`).fingerprint).not.toBe(fingerprint);
    expect(load(`${head}tasks:\n  a: { type: noop, with: { note: hi } }\n`).fingerprint).not.toBe(
      fingerprint,
    );
  });

  test("keeps templates as they are written", () => {
    expect(load(tmdb('      limit: "${params.limit}"\n')).definition.tasks[1]?.with["limit"]).toBe(
      "${params.limit}",
    );
  });
});

describe("one fault", () => {
  test.each<[string, string, string]>([
    ["an unknown field", `${noop}retrys: 1\n`, 'demo.yaml:5:1: retrys: unknown field "retrys"'],
    ["an unknown field, nearly right", `${noop}catch_up: none\n`, '(did you mean "catchup"?)'],
    [
      "an unknown field of a task",
      noop.replace("type: noop", "type: noop, poool: x"),
      'demo.yaml:4:20: tasks.a.poool: unknown field "poool" (did you mean "pool"?)',
    ],
    [
      "a missing field",
      "dag: demo\ntasks:\n  a: { type: noop }\n",
      'demo.yaml:1:1: schedule: the field "schedule" is missing',
    ],
    [
      "a task without a type",
      `${head}tasks:\n  a: { retries: 1 }\n`,
      'demo.yaml:4:3: tasks.a.type: the field "type" is missing',
    ],
    ["no tasks", `${head}tasks: {}\n`, "tasks: must name at least one task"],
    [
      "a task that is empty",
      `${head}tasks:\n  a:\n`,
      "tasks.a: must be a map, but is empty (indent its fields below it)",
    ],
    [
      "tasks that are a list",
      `${head}tasks:\n  - { id: a, type: noop }\n`,
      "tasks: must be a map, but is a list (write name: value, without dashes)",
    ],
    [
      "a text in the place of a list",
      `${head}tasks:\n  a: { type: noop }\n  b: { type: noop, needs: a }\n`,
      'tasks.b.needs: must be a list, but is text ("a") (write [a])',
    ],
    [
      "several words in the place of a list",
      `${head}tasks:\n  a: { type: noop }\n  b: { type: noop, needs: "a, c" }\n`,
      "(write [a, c])",
    ],
    [
      "a wrong type",
      `${noop}max_active_runs: "two"\n`,
      'max_active_runs: must be a number, but is text ("two")',
    ],
    [
      "a number out of range",
      `${noop}max_active_runs: 0\n`,
      "demo.yaml:5:18: max_active_runs: must be at least 1",
    ],
    [
      "a number beyond its range",
      `${noop}defaults: { retries: 1000 }\n`,
      "defaults.retries: must be at most 100",
    ],
    [
      "a wrong word",
      `${noop}catchup: lattest\n`,
      'catchup: must be one of none, latest, all (did you mean "latest"?)',
    ],
    ["a duration without a unit", `${noop}defaults: { timeout: "30" }\n`, '(write the unit: "30s")'],
    [
      "a duration that is a number",
      `${noop}defaults: { timeout: 30 }\n`,
      'defaults.timeout: must be a duration such as "30s", "5m", "2h" or "7d" (write the unit: "30s")',
    ],
    ["a duration beyond ten years", `${noop}defaults: { timeout: 3651d }\n`, "must not be longer than 3650d"],
    ["no time at all", `${noop}defaults: { timeout: 0s }\n`, "must be longer than 0"],
    [
      "an id that is not snake_case",
      `${head}tasks:\n  My-Task: { type: noop }\n`,
      "demo.yaml:4:3: tasks.My-Task: the name must be snake_case",
    ],
    [
      "another name than the file's",
      noop.replace("demo", "other"),
      'the Dag\'s id "other" is not the file\'s name "demo" (name the file other.yaml or the Dag demo)',
    ],
    [
      "a schedule that is a list",
      noop.replace("manual", "[1]"),
      "schedule: must be a cron expression in quotes, manual, or { after: <Dag id> }",
    ],
    [
      "a bad cron line",
      noop.replace("manual", '"0 25 * * *"'),
      'demo.yaml:2:11: schedule: the hour field "25" is not valid',
    ],
    [
      "a word for a schedule",
      noop.replace("manual", "daily"),
      "(a cron expression, manual, or { after: <Dag id> })",
    ],
    ["a schedule that never comes", noop.replace("manual", '"0 0 30 2 *"'), "is never due"],
    [
      "a misspelt after",
      noop.replace("manual", "{ afer: x }"),
      'unknown field "afer" (did you mean "after"?)',
    ],
    [
      "a bad zone",
      `${noop}timezone: America/Sao_Paolo\n`,
      'timezone: "America/Sao_Paolo" is not a time zone (did you mean "America/Sao_Paulo"?)',
    ],
    ["a day that does not exist", `${noop}start: 2026-02-30\n`, 'start: "2026-02-30" is not a date'],
    [
      "an end before the start",
      `${noop}start: 2026-02-02\nend: 2026-02-01\n`,
      "end: the end lies before the start",
    ],
    [
      "a missing upstream",
      `${head}tasks:\n  alpha: { type: noop }\n  b: { type: noop, needs: [alhpa] }\n`,
      'tasks.b.needs.0: there is no task "alhpa" in this Dag (did you mean "alpha"?)',
    ],
    [
      "a task that needs itself",
      `${head}tasks:\n  a: { type: noop, needs: [a] }\n`,
      "a task cannot need itself",
    ],
    [
      "a need named twice",
      `${head}tasks:\n  a: { type: noop }\n  b: { type: noop, needs: [a, a] }\n`,
      '"a" is named twice',
    ],
    [
      "a cycle",
      `${head}tasks:\n  a: { type: noop, needs: [c] }\n  b: { type: noop, needs: [a] }\n  c: { type: noop, needs: [b] }\n`,
      "tasks need each other in a cycle: ",
    ],
    [
      "an unknown task type",
      noop.replace("noop", "file_to_lake"),
      'tasks.a.type: unknown task type "file_to_lake" (did you mean "file-to-lake"?)',
    ],
    [
      "an unknown option",
      withKey("a/b.csv", ", fil: x"),
      'tasks.a.with.fil: unknown field "fil" (did you mean "file"?)',
    ],
    [
      "a missing option",
      `${head}tasks:\n  a: { type: file-to-lake, with: { dataset: d, key: k } }\n`,
      'tasks.a.with.file: the field "file" is missing',
    ],
    [
      "a wrong option",
      withKey("a/b.csv", ", on_unchanged: skp"),
      'must be one of skip, write (did you mean "skip"?)',
    ],
    [
      "a wrong option in a union",
      `${head}tasks:\n  a: { type: csv-to-ids, with: { source: { dataset: d }, id: id, where: { g: { any_off: [x] } } } }\n`,
      'tasks.a.with.where.g.any_off: unknown field "any_off" (did you mean "any_of"?)',
    ],
    [
      "a param of the wrong type",
      tmdb('      limit: "${params.words}"\n'),
      "tasks.a.with.limit: must be a number, but is a list",
    ],
    [
      "a param of the wrong type in a list's place",
      tmdb('      append: "${params.since}"\n'),
      "tasks.a.with.append: must be a list, but is 2001",
    ],
    ["a number in a text", tmdb('      limit: "1${ds}"\n'), "must be a number, but is text"],
    [
      "an unknown template",
      withKey("a/${partiton}/b.csv"),
      'tasks.a.with.key: unknown template ${partiton} (did you mean "partition"?)',
    ],
    ["Jinja's ds", withKey("a/{{ ds }}.csv"), "key: {{ ds }} is a template of another tool (write ${ds})"],
    ["Jinja's ds after a dollar", withKey("a/${{ ds }}.csv"), "(write ${ds})"],
    ["Airflow's ts_nodash", withKey("a/{{ ts_nodash }}.csv"), "(write ${run_stamp})"],
    ["Airflow's params", withKey("a/{{ params.name }}.csv"), "(write ${params.name}, and declare the param)"],
    ["an unknown name in Jinja", withKey("a/{{ macros.x }}.csv"), "write ${NAME}; there are: partition, ds"],
    ["a bare name", withKey("a/$partition/b.csv"), "$partition is not a template (write ${partition})"],
    ["a bare name before a dot", withKey("a/$ds.csv"), "$ds is not a template (write ${ds})"],
    ["a misspelt bare name", withKey("a/$partiton/b.csv"), "(write ${partition})"],
    ["a bare param", withKey("a/$params.name/b.csv"), "(write ${params.name})"],
    [
      "a name in single braces",
      withKey("a/{partition}/b.csv"),
      "{partition} is not a template (write ${partition})",
    ],
    ["strftime", withKey("a/%Y/%m/%d/b.csv"), "%Y is not replaced here (${partition} is yyyy/mm/dd"],
    [
      "Jinja in another option",
      `${head}tasks:\n  a: { type: noop, with: { note: "at {{ ts }}" } }\n`,
      "note: {{ ts }}",
    ],
    [
      "Jinja in a value to compare with",
      `${head}tasks:\n  a: { type: csv-to-ids, with: { source: { dataset: d }, id: id, where: { g: { equals: "{{ ds }}" } } } }\n`,
      "equals: {{ ds }} is a template of another tool",
    ],
    [
      "an unquoted cron line",
      "dag: demo\nschedule: */5 * * * *\ntasks:\n  a: { type: noop }\n",
      'demo.yaml:2:11: the value */5 * * * * must be in quotes, because YAML gives * a meaning of its own (write schedule: "*/5 * * * *")',
    ],
    [
      "an unquoted cron line of stars",
      "dag: demo\nschedule: * * * * *  # always\ntasks:\n  a: { type: noop }\n",
      '(write schedule: "* * * * *")',
    ],
    [
      "an unquoted @daily",
      "dag: demo\nschedule: @daily\ntasks:\n  a: { type: noop }\n",
      '(write schedule: "@daily")',
    ],
    [
      "an unquoted %Y",
      `${head}tasks:\n  a:\n    type: noop\n    with:\n      note: %Y\n`,
      '(write note: "%Y")',
    ],
    [
      "unquoted Jinja",
      `${head}tasks:\n  a:\n    type: noop\n    with:\n      note: {{ ds }}/x\n`,
      '(write note: "${ds}")',
    ],
    ["an undeclared param", withKey("a/${params.nam}.csv"), '(did you mean "params.name"?)'],
    ["a name that another task type resolves", withKey("a/${seq}.csv"), "unknown template ${seq}"],
    ["an unfinished template", withKey("a/${ds.csv"), "a template is not finished"],
    ["a template in a template", withKey("a/${params.${ds}}.csv"), "a template is not finished"],
    ["an empty template", withKey("a/${}.csv"), "unknown template ${}"],
    ["a name from JavaScript", withKey("a/${constructor}.csv"), "unknown template ${constructor}"],
    [
      "a template in a field's name",
      `${head}tasks:\n  a: { type: csv-to-ids, with: { source: { dataset: d }, id: id, where: { "\${ds}": { equals: 1 } } } }\n`,
      "a field's name cannot be a template",
    ],
    [
      "a template in a param",
      `${noop}params: { day: "\${ds}" }\n`,
      "params.day: a param's value cannot hold templates",
    ],
    [
      "an unknown pool",
      noop.replace("type: noop", "type: noop, pool: tmbd"),
      'tasks.a.pool: unknown pool "tmbd" (did you mean "tmdb"?; set pools in DAGMAR_POOLS)',
    ],
    ["an absolute key", withKey("/a/b.csv"), "tasks.a.with.key: the key must not begin with /"],
    ["a key with ..", withKey("a/../b.csv"), 'the key must not hold "." or ".." as a part'],
    ["a key with a backslash", withKey("a\\b.csv"), "the key must not hold a backslash"],
    ["a key with //", withKey("a//b.csv"), "the key must not hold //"],
    ["a key that is a folder", withKey("a/"), "the key must not end with /"],
    ["a key of Dagmar's own", withKey("_dagmar/b.csv"), "keys below _dagmar/ are reserved for Dagmar"],
    ["a key that readers skip", withKey("a/_b.csv"), "must not begin with _"],
    ["a key with a control character", withKey("a/\u001bb.csv"), "the key must not hold control characters"],
    ["a key beyond S3's limit", withKey("é".repeat(600)), "the key is longer than 1024 bytes"],
    [
      "many objects without a number",
      tmdb("").replace("-${seq}", ""),
      "the key of a task that stores many objects needs ${seq}",
    ],
    ["many objects without a stamp", tmdb("").replace("${run_stamp}-", ""), "needs ${run_stamp}"],
  ])("%s is a fault", (_sentence, text, message) => {
    const faults = check(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });
});

test.each([
  ["a dollar that names nothing", withKey("a/$recycle/$9/b.csv")],
  ["a percent sign", withKey("a/100%25/b.csv")],
  ["braces of another name", withKey("a/{x1}/b.csv")],
  [
    "signs in a value to compare with",
    `${head}tasks:\n  a: { type: csv-to-ids, with: { source: { dataset: d }, id: id, where: { g: { equals: "50%d" } } } }\n`,
  ],
])("%s is a text like any other", (_sentence, text) => {
  expect(check(text)).toEqual([]);
});

test("a task without options lacks every one that is needed", () => {
  const faults = check(`${head}tasks:\n  a: { type: file-to-lake }\n`);
  expect(faults.map((fault) => fault.split(": ")[1])).toEqual(
    ["dataset", "file", "key"].map((name) => `tasks.a.with.${name}`),
  );
});

describe("templates", () => {
  test("of outputs are known behind the task that gives them, at any distance", () => {
    const dag = (needs: string): string =>
      `${head}tasks:\n  a:\n    type: file-to-lake\n    with: { dataset: d, file: f, key: k/f }\n  b: { type: noop, needs: [a] }\n  c: { type: noop, needs: [${needs}], with: { note: "\${outputs.a.key}" } }\n`;
    expect(check(dag("a"))).toEqual([]);
    expect(check(dag("b"))).toEqual([]);
    expect(check(dag(""))).toEqual([
      expect.stringContaining('the outputs of "a" are known only to tasks that need it'),
    ]);
    expect(check(dag("a").replace("outputs.a.key", "outputs.a.kye"))).toEqual([
      expect.stringContaining('did you mean "outputs.a.key"?'),
    ]);
  });

  test("that are a whole value are trusted, unless a param says what they are", () => {
    expect(check(tmdb('      limit: "${outputs.ids.candidates}"\n'))).toEqual([]);
    expect(check(tmdb('      append: "${params.words}"\n      limit: "${params.since}"\n'))).toEqual([]);
    expect(check(tmdb("").replace("pt-BR", '"${outputs.ids.candidates}"'))).toEqual([]);
  });

  test("within a text leave its form to the run", () => {
    expect(check(tmdb("").replace("pt-BR", '"pt-${ds}"'))).toEqual([]);
    expect(check(tmdb("").replace("pt-BR", '"pt-${params.since}"'))).toEqual([
      expect.stringContaining("must be a language"),
    ]);
  });
});

test("all faults of a file are reported at once, in the order of the text", () => {
  const faults = check(
    `dag: demo\nschedule: "0 25 * * *"\ntimezone: Mars\ncatchup: some\ntasks:\n  a: { type: nop }\n  b: { type: noop, needs: [x], with: { note: "\${y}", z: 1 } }\n`,
  );
  expect(faults.map((fault) => fault.split(": ").slice(0, 2).join(" "))).toEqual([
    "demo.yaml:2:11 schedule",
    "demo.yaml:3:11 timezone",
    "demo.yaml:4:10 catchup",
    "demo.yaml:6:14 tasks.a.type",
    "demo.yaml:7:28 tasks.b.needs.0",
    "demo.yaml:7:46 tasks.b.with.note",
    "demo.yaml:7:54 tasks.b.with.z",
  ]);
});

describe("a hostile file", () => {
  const bomb = `${head}params:\n  a: &a [${"x,".repeat(9)}x]\n${Array.from("bcdefghi")
    .map((name, index) => `  ${name}: &${name} [${`*${"abcdefgh"[index]},`.repeat(9)}]\n`)
    .join("")}tasks:\n  a: { type: noop }\n`;
  test.each<[string, string | Uint8Array, string]>([
    ["an alias bomb", bomb, "the file uses more than 100 YAML aliases"],
    ["an alias of itself", `${noop}params: &p { x: *p }\n`, "refers to itself"],
    ["an alias of nothing", `${noop}params: *p\n`, "demo.yaml:5:9"],
    [
      "__proto__",
      `${noop}__proto__: { enabled: false }\n`,
      "demo.yaml:5:1: __proto__: the name __proto__ is not allowed",
    ],
    [
      "constructor",
      noop.replace("type: noop", "type: noop, constructor: x"),
      "the name constructor is not allowed",
    ],
    ["prototype", `${noop}params: { prototype: x }\n`, "the name prototype is not allowed"],
    [
      "10,000 lists in each other",
      `${noop}params: ${"[".repeat(10_000)}${"]".repeat(10_000)}\n`,
      "nested deeper than 32",
    ],
    ["10,000 lists that are not closed", `${noop}params: ${"[".repeat(10_000)}\n`, "nested deeper than 32"],
    ["10,000 block lists", "- ".repeat(10_000), "nested deeper than 32"],
    [
      "10,000 maps in each other",
      `${noop}params: ${"{a: ".repeat(10_000)}${"}".repeat(10_000)}\n`,
      "nested deeper than 32",
    ],
    [
      "100 maps in each other",
      `${noop}params: ${"{a: ".repeat(100)}${"}".repeat(100)}\n`,
      "nested deeper than 32",
    ],
    ["a megabyte", `${noop}# ${"x".repeat(1_000_000)}\n`, "larger than 256 KiB"],
    ["a NUL", noop.replace("noop", "no\0op"), "demo.yaml:4:16: the file holds the control character U+0000"],
    [
      "latin-1",
      Buffer.from(`${noop}description: São Paulo\n`, "latin1"),
      "demo.yaml:5:15: the file is not UTF-8 text",
    ],
    [
      "half a character, which no file and no program can be given",
      `${noop}description: "a \\uD800 b"\n`,
      "demo.yaml:5:14: description: the text holds half a character (U+D800)",
    ],
    ["half a character in a name", `${noop}params: { "\\uDC00": 1 }\n`, "holds half a character (U+DC00)"],
    ["UTF-16", Buffer.from(noop, "utf16le"), "control character U+0000"],
    ["tabs", `${head}tasks:\n\ta: { type: noop }\n`, "(indent with spaces)"],
    ["a field twice", `${noop}dag: demo\n`, 'demo.yaml:5:1: dag: the field "dag" appears twice'],
    ["a task twice", `${noop}  a: { type: noop }\n`, 'tasks.a: the field "a" appears twice'],
    ["two documents", `${noop}---\n${noop}`, "several YAML documents"],
    ["a tag", `${noop}description: !!str x\n`, "the YAML tag tag:yaml.org,2002:str is not allowed"],
    ["a tag of its own", `${noop}description: !exec x\n`, "the YAML tag !exec is not allowed"],
    ["YAML 1.1", `%YAML 1.1\n---\n${noop}`, "another YAML version"],
    ["a list for a name", `${noop}? [a]\n: 1\n`, "a field's name must be plain text"],
    ["a number for a name", `${noop}1: 1\n`, "a field's name must be plain text"],
    ["a merge key", `${noop}<<: { enabled: false }\n`, 'unknown field "<<"'],
    [
      "a number that would be rounded",
      `${noop}params: { x: 12345678901234567890 }\n`,
      "the number 12345678901234567890 cannot be represented exactly",
    ],
    ["not a number", `${noop}params: { x: .nan }\n`, "cannot be represented exactly"],
    ["nothing", "", "the file is empty"],
    ["a comment alone", "# nothing\n", "the file is empty"],
    ["a list", "- a\n", "must be a map, but is a list"],
    ["a text", "hello\n", "must be a map, but is text"],
    ["YAML that is not closed", `${head}tasks: { a: `, "not valid YAML"],
    ["an anchor after the other", "&a ".repeat(80_000), "the file holds more than 100000 YAML tokens"],
    ["20,000 fields", Array.from({ length: 20_000 }, (_, index) => `a${index}: 1\n`).join(""), "YAML tokens"],
    [
      "8,000 unknown fields",
      `${noop}${Array.from({ length: 8_000 }, (_, index) => `a${index}: 1\n`).join("")}`,
      "and 7900 more faults",
    ],
    [
      "2,000 tasks",
      `${head}tasks:\n${Array.from({ length: 2_000 }, (_, index) => `  a${index}: { type: noop }\n`).join("")}`,
      "must not name more than 1000 tasks",
    ],
  ])("with %s is refused in good time", (_sentence, text, message) => {
    const began = process.hrtime.bigint();
    const faults = check(text);
    expect(Number(process.hrtime.bigint() - began) / 1e6).toBeLessThan(10_000);
    expect(faults.join("\n")).toContain(message);
    expect(faults.length).toBeLessThanOrEqual(101);
  });

  test("does not change Object's prototype", () => {
    check(`${noop}params: { __proto__: { polluted: yes } }\n"__proto__": { polluted: yes }\n`);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("with a byte order mark or CRLF is a file like any other", () => {
    expect(check(`\uFEFF${noop}`)).toEqual([]);
    expect(check(noop.replaceAll("\n", "\r\n"))).toEqual([]);
  });
});
