/**
 * Which faults the task types' own rules find in a Dag file: languages, TMDB's names, paths, and the source of the ids.
 */
import { expect, test } from "vitest";
import { checkDagFile } from "../../config/dag-file/check-dag-file.ts";
import { formatDagIssue } from "../../model/errors.ts";
import { createRegistry } from "../../tasks/registry.ts";
import { createTestClock, silentLog } from "../support/test-world.ts";

const registry = createRegistry({
  inputFolder: "/input",
  values: {},
  clock: createTestClock(),
  log: silentLog,
  random: () => 0,
});
const rules = { registry, timezone: "UTC", pools: new Set(["default", "tmdb"]) };

function check(tasks: string): readonly string[] {
  const text = `dag: demo\nschedule: manual\ntasks:\n${tasks}`;
  const result = checkDagFile("demo.yaml", Buffer.from(text), rules);
  return "issues" in result ? result.issues.map(formatDagIssue) : [];
}

const ids = (name: string): string =>
  `  ${name}: { type: csv-to-ids, with: { source: { dataset: m }, id: id } }\n`;

const KEY = 'key: "x/${run_stamp}-${seq}.json"';

function titles(options: string, needs = "ids"): string {
  return `${ids("ids")}${ids("others")}  a: { type: tmdb-to-lake, needs: [${needs}], with: { dataset: t, ${KEY}, ${options} } }\n`;
}

const file = (path: string): string =>
  `  a: { type: file-to-lake, with: { dataset: d, file: "${path}", key: "k/\${partition}/f.csv" } }\n`;

test.each([
  [
    "a duration that is a number",
    '  a: { type: file-to-lake, with: { dataset: d, file: f, key: "k/${ds}", poll: 30 } }\n',
    'must be a duration such as "30s", "5m", "2h" or "7d" (write the unit: "30s")',
  ],
  [
    "a command line in the place of its words",
    '  a: { type: shell, with: { command: "ls -l" } }\n',
    'must be a list, but is text ("ls -l") (write [ls, -l])',
  ],
  ["a country in small letters", titles("entity: movie, language: pt-br"), "did you mean pt-BR?"],
  ["an underscore", titles("entity: movie, language: pt_BR"), "did you mean pt-BR?"],
  ["a country's other code", titles("entity: movie, language: en-UK"), "did you mean en-GB?"],
  ["a language's name", titles("entity: movie, language: portuguese"), 'not "portuguese"'],
  ["a language that is none", titles("entity: movie, language: qq"), 'not "qq"'],
  ["a country that is none", titles("entity: movie, language: pt-QX"), 'not "pt-QX"'],
  ["a misspelt part", titles("entity: movie, append: [creditz]"), '(did you mean "credits"?)'],
  [
    "a part of series for films",
    titles("entity: movie, append: [content_ratings]"),
    "append.0: content_ratings exists only for series",
  ],
  [
    "a part of films for series",
    titles("entity: series, append: [credits, release_dates]"),
    "append.1: release_dates exists only for films",
  ],
  [
    "no ids",
    titles("entity: movie", ""),
    "a.needs: none of the tasks that it needs provides ids (make it need one csv-to-ids task",
  ],
  [
    "ids of two tasks",
    titles("entity: movie", "ids, others"),
    "several tasks that it needs provide ids: ids, others",
  ],
  [
    "ids of a task that it does not need",
    titles("entity: movie, ids_from: others"),
    'ids_from: "others" is not a task that this one needs',
  ],
  [
    "an absolute path",
    file("/data/movies.csv"),
    "file: must be a path below DAGMAR_INPUT, not an absolute one",
  ],
  ["an absolute path with a template", file("/data/${ds}.csv"), "not an absolute one"],
  ["a home folder", file("~/movies.csv"), "not an absolute one"],
  ["a drive", file("C:/movies.csv"), "not an absolute one"],
  ["a way out", file("../${ds}/movies.csv"), "leads out of DAGMAR_INPUT"],
  [
    "a delimiter without a format",
    "  a: { type: file-to-lake, with: { dataset: d, file: f, key: k/f, delimiter: ; } }\n",
    "needs `format: csv`",
  ],
])("%s is a fault", (_sentence, tasks, message) => {
  const faults = check(tasks);
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(message);
});

test.each([
  titles("entity: movie, language: pt-BR, append: [credits, watch/providers]"),
  titles("entity: series, language: ja, append: [content_ratings]"),
  titles("entity: movie, language: es-419".replace("es-419", "es-MX")),
  titles("entity: movie, ids_from: others", "ids, others"),
  file("..hidden/${ds}.csv"),
  file("handed/${params.x}.csv".replace("${params.x}", "${ds}")),
  `  a: { type: shell, with: { script: "date +%Y; echo {{ x }} $partition", env: { FORM: "%Y-%m-%d" } } }\n`,
])("%s is in order", (tasks) => expect(check(tasks)).toEqual([]));

test("Jinja is a fault in a program's arguments too, and what a shell reads itself is not", () => {
  expect(check(`  a: { type: shell, with: { command: [echo, "{{ ds }}", "$ds", "+%Y"] } }\n`)).toEqual([
    expect.stringContaining("command.1: {{ ds }} is a template of another tool (write ${ds})"),
  ]);
});
