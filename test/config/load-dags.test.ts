/** Loading a folder of Dag files: broken files, links, clashes between Dags, and Dags that follow others. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkDagFile } from "../../config/dag-file/check-dag-file.ts";
import { stampFolder } from "../../config/dag-file/folder-stamp.ts";
import { loadDagFiles, loadDags, type DagFolder } from "../../config/dag-file/load-dags.ts";
import { ConfigError, formatDagIssue } from "../../model/errors.ts";
import { createReportToLake } from "../../tasks/report-to-lake/index.ts";
import { createSqlToLake } from "../../tasks/sql-to-lake/index.ts";
import { rules } from "./registry.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagmar-dags-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

const simple = (dagId: string, schedule = "manual"): string =>
  `dag: ${dagId}\nschedule: ${schedule}\ntasks:\n  t: { type: noop }\n`;
const storing = (dagId: string, dataset: string, key: string, more = ""): string =>
  `dag: ${dagId}\nschedule: manual\n${more}tasks:\n  t: { type: file-to-lake, with: { dataset: ${dataset}, file: f, key: "${key}" } }\n`;

function describeBroken({ broken }: DagFolder): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    [...broken].map(([dagId, issues]) => [
      dagId,
      issues.map((issue) => formatDagIssue(issue).replace(`${folder}/`, "")),
    ]),
  );
}

/** A folder as Kubernetes mounts a ConfigMap: files are links through `..data`, which is swapped in one step. */
function mountVersion(version: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(path.join(folder, `..${version}`));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(path.join(folder, `..${version}`, name), text);
    if (!existsSync(path.join(folder, name))) symlinkSync(`..data/${name}`, path.join(folder, name));
  }
  symlinkSync(`..${version}`, path.join(folder, "..data_tmp"));
  renameSync(path.join(folder, "..data_tmp"), path.join(folder, "..data"));
}

describe("a folder that is mounted through links", () => {
  const readCrons = ({ dags }: DagFolder) =>
    [...dags.values()].map(({ definition }) => JSON.stringify(definition.schedule).match(/\d+/)?.[0]);

  test("gives its Dags, and its stamp changes with a swap", async () => {
    mountVersion("v1", { "a.yaml": simple("a", '"1 * * * *"'), "b.yaml": simple("b", '"1 * * * *"') });
    const stamps = [await stampFolder(folder), await stampFolder(folder)];
    const loaded = await loadDags(folder, rules);
    expect(describeBroken(loaded)).toEqual({});
    expect(readCrons(loaded)).toEqual(["1", "1"]);
    expect(loaded.dags.get("a")?.file).toBe(path.join(folder, "a.yaml"));
    mountVersion("v2", { "a.yaml": simple("a", '"2 * * * *"'), "b.yaml": simple("b", '"2 * * * *"') });
    stamps.push(await stampFolder(folder));
    expect(new Set(stamps).size).toBe(2);
    expect(readCrons(await loadDags(folder, rules))).toEqual(["2", "2"]);
    expect(readCrons(await loadDagFiles([path.join(folder, "a.yaml")], rules))).toEqual(["2"]);
  });

  test("gives the Dags of one version while it is swapped, and the old one is removed", async () => {
    const names = Array.from({ length: 40 }, (_, index) => `d${index}`);
    const mount = (version: number): void =>
      mountVersion(
        `v${version}`,
        Object.fromEntries(names.map((name) => [`${name}.yaml`, simple(name, `"${version} * * * *"`)])),
      );
    mount(1);
    const loading = loadDags(folder, rules);
    // A few files have been read by then, and most have not.
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    mount(2);
    rmSync(path.join(folder, "..v1"), { recursive: true });
    const loaded = await loading;
    expect(describeBroken(loaded)).toEqual({});
    expect(new Set(readCrons(loaded))).toEqual(new Set(["2"]));
  });

  test("refuses those that leave it by a link of the folder's own", async () => {
    const outside = mkdtempSync(path.join(tmpdir(), "dagmar-outside-"));
    writeFileSync(path.join(outside, "a.yaml"), simple("a"));
    symlinkSync(outside, path.join(folder, "..data"));
    symlinkSync("..data/a.yaml", path.join(folder, "a.yaml"));
    const loaded = await loadDags(folder, rules);
    rmSync(outside, { recursive: true });
    expect(describeBroken(loaded)["a"]?.[0]).toContain(`to a file outside this folder, ${outside}/a.yaml`);
  });
});

describe("a folder", () => {
  test("gives its good Dags although others are broken", async () => {
    write("b.yaml", simple("b"));
    write("a.yaml", simple("a"));
    write("bad.yaml", "dag: [");
    const loaded = await loadDags(folder, rules);
    expect([...loaded.dags.keys()]).toEqual(["a", "b"]);
    expect([...loaded.broken.keys()]).toEqual(["bad"]);
    expect(loaded.dags.get("a")?.file).toBe(path.join(folder, "a.yaml"));
  });

  test("without a Dag is empty", async () => {
    const loaded = await loadDags(folder, rules);
    expect([loaded.dags.size, loaded.broken.size]).toEqual([0, 0]);
  });

  test("that is missing, or a file, is an error of the configuration", async () => {
    await expect(loadDags(path.join(folder, "none"), rules)).rejects.toThrow(ConfigError);
    await expect(loadDags(write("file", ""), rules)).rejects.toThrow(/is not a folder/);
  });

  test("reports what is not a regular file, waits for none, and ignores the rest", async () => {
    write("real.yaml", simple("real"));
    write("README.md", "hello");
    write(".hidden.yaml", "[");
    write("old.yml", simple("old"));
    write("large.yaml", `# ${"x".repeat(1_048_576)}`);
    mkdirSync(path.join(folder, "folder.yaml"));
    symlinkSync("/etc/passwd", path.join(folder, "link.yaml"));
    symlinkSync("loop.yaml", path.join(folder, "loop.yaml"));
    symlinkSync("/nowhere", path.join(folder, "dangling.yaml"));
    execFileSync("/usr/bin/mkfifo", [path.join(folder, "pipe.yaml")]);
    const loaded = await loadDags(folder, rules);
    expect([...loaded.dags.keys()]).toEqual(["real"]);
    expect(describeBroken(loaded)).toEqual({
      dangling: ["dangling.yaml: is a symbolic link to /nowhere, which does not exist"],
      folder: ["folder.yaml: is a folder, not a file"],
      large: ["large.yaml: the file is larger than 256 KiB, the limit for a Dag file"],
      link: [
        "link.yaml: is a symbolic link to a file outside this folder, /etc/passwd; put the file itself here",
      ],
      loop: ["loop.yaml: is a symbolic link to itself"],
      "old.yml": ["old.yml: the name of a Dag file must end in .yaml (rename it to old.yaml)"],
      pipe: ["pipe.yaml: is not a regular file"],
    });
  });

  test.skipIf(process.getuid?.() === 0)("reports a file that is not readable", async () => {
    chmodSync(write("shut.yaml", simple("shut")), 0o000);
    expect(describeBroken(await loadDags(folder, rules))).toEqual({
      shut: ["shut.yaml: is not readable by this user"],
    });
  });

  test("reports a name in capitals, which is the same file as another on some disks", async () => {
    write("a.yaml", simple("a"));
    write("A.yaml", simple("A"));
    const loaded = await loadDags(folder, rules);
    expect([...loaded.dags.keys()]).toEqual(["a"]);
    expect(describeBroken(loaded)["A"]?.join()).toContain("must be snake_case");
  });

  test("lists a Dag that is off as off", async () => {
    write("off.yaml", `${simple("off")}enabled: false\n`);
    expect((await loadDags(folder, rules)).dags.get("off")?.enabled).toBe(false);
  });
});

describe("Dags that follow others", () => {
  test("may follow a Dag that is broken, since it exists", async () => {
    write("a.yaml", simple("a", "{ after: bad }"));
    write("bad.yaml", "dag: [");
    expect([...(await loadDags(folder, rules)).dags.keys()]).toEqual(["a"]);
  });

  test("must name Dags there are", async () => {
    write("csv.yaml", simple("csv"));
    write("b.yaml", simple("b", "{ after: [csv, cvs, csv] }"));
    expect(describeBroken(await loadDags(folder, rules))).toEqual({
      b: [
        'b.yaml:2:26: schedule.after.1: there is no Dag "cvs" (did you mean "csv"?)',
        'b.yaml:2:31: schedule.after.2: "csv" is named twice',
      ],
    });
  });

  test("must not follow themselves or each other", async () => {
    write("a.yaml", simple("a", "{ after: c }"));
    write("b.yaml", simple("b", "{ after: a }"));
    write("c.yaml", simple("c", "{ after: b }"));
    write("d.yaml", simple("d", "{ after: c }"));
    write("self.yaml", simple("self", "{ after: self }"));
    const loaded = await loadDags(folder, rules);
    expect([...loaded.dags.keys()]).toEqual(["d"]);
    expect(describeBroken(loaded)["a"]?.join()).toContain("Dags follow each other in a cycle: a → c → b → a");
    expect(describeBroken(loaded)["self"]?.join()).toContain("a Dag cannot follow itself");
  });
});

describe("tasks that could meet in the lake", () => {
  const KEY = "Raw/${partition}/x.csv";
  const clash = (other: string) => `the key could clash with "${KEY}" of task "t" of Dag "${other}"`;
  const know = (dagId: string, text: string, createdAt: string, isActive = true) => {
    const checked = checkDagFile(`${dagId}.yaml`, Buffer.from(text), rules);
    if (!("checked" in checked)) throw new Error(`${dagId} is broken`);
    const { definition } = checked.checked.dag;
    return [dagId, { isActive, current: definition, versions: [{ definition, createdAt }] }] as const;
  };
  const loadKnowing = (...books: readonly ReturnType<typeof know>[]) =>
    loadDags(folder, { ...rules, readKnown: () => Promise.resolve(new Map(books)) });
  const ONE = {
    a: storing("a", "one", KEY),
    b: storing("b", "one", "Raw/b.csv"),
    free: storing("a", "free", "Raw/f.csv"),
  };

  test("in keys or in a dataset are reported for both Dags if the database knows neither", async () => {
    write("a.yaml", storing("a", "one", KEY));
    write("b.yaml", storing("b", "two", KEY));
    expect(describeBroken(await loadDags(folder, rules))).toEqual({
      a: [`a.yaml:4:64: tasks.t.with.key: ${clash("b")}`],
      b: [`b.yaml:4:64: tasks.t.with.key: ${clash("a")}`],
    });
    write("b.yaml", ONE.b);
    expect(describeBroken(await loadDags(folder, rules))).toMatchObject({
      a: [expect.stringContaining('the dataset "one" is also written by task "t" of Dag "b"')],
      b: [expect.stringContaining('the dataset "one" is also written by task "t" of Dag "a"')],
    });
  });

  test.each([
    ["the one that the database does not know", [know("b", ONE.b, "2026-11-02")], "a"],
    [
      "the one that it has known for a shorter time",
      [know("a", ONE.a, "2026-11-02"), know("b", ONE.b, "2026-11-01")],
      "a",
    ],
    ["the same, the other way round", [know("a", ONE.a, "2026-11-01"), know("b", ONE.b, "2026-11-02")], "b"],
    [
      "the one that it knows with another dataset",
      [know("a", ONE.free, "2026-11-01"), know("b", ONE.b, "2026-11-02")],
      "a",
    ],
    [
      "the one whose file had been gone",
      [know("a", ONE.a, "2026-11-01", false), know("b", ONE.b, "2026-11-02")],
      "a",
    ],
  ])("stop %s, and not the other", async (_name, books, told) => {
    write("a.yaml", ONE.a);
    write("b.yaml", ONE.b);
    expect(Object.keys(describeBroken(await loadKnowing(...books)))).toEqual([told]);
  });

  test("a Dag that closes a cycle stops itself, and not those that were there", async () => {
    write("a.yaml", simple("a", "{ after: b }"));
    write("b.yaml", simple("b", "{ after: a }"));
    const loaded = await loadKnowing(
      know("a", simple("a", "{ after: b }"), "2026-11-02"),
      know("b", simple("b"), "2026-11-01"),
    );
    expect(Object.keys(describeBroken(loaded))).toEqual(["b"]);
  });

  test("stop the Dag that is off rather than the one that is on", async () => {
    write("a.yaml", storing("a", "one", "Raw/x.csv", "enabled: false\n"));
    write("b.yaml", storing("b", "two", "Raw/x.csv"));
    expect([...(await loadDags(folder, rules)).dags.keys()]).toEqual(["b"]);
  });

  test("are found within one Dag: the later task gets the fault", async () => {
    const task = (id: string) =>
      `  ${id}: { type: file-to-lake, with: { dataset: ${id}, file: f, key: Raw/x.csv } }\n`;
    write("a.yaml", `dag: a\nschedule: manual\ntasks:\n${task("one")}${task("two")}`);
    expect(describeBroken(await loadDags(folder, rules))["a"]).toEqual([
      expect.stringContaining(
        'tasks.two.with.key: the key could clash with "Raw/x.csv" of task "one" of this Dag',
      ),
    ]);
  });
});

describe("a dataset of the same Dag", () => {
  const file = "file: { type: file-to-lake, with: { dataset: titles, file: f, key: Raw/x.csv } }";
  const ids = (needs: string, dataset = "titles") =>
    `ids: { type: csv-to-ids, needs: ${needs}, with: { source: { dataset: ${dataset} }, id: id } }`;
  test.each([
    ["read by a task that needs its writer", `  ${file}\n  ${ids("[file]")}\n`, []],
    [
      "read by one that needs it over others",
      `  ${file}\n  mid: { type: noop, needs: [file] }\n  ${ids("[mid]")}\n`,
      [],
    ],
    [
      "read by one that does not",
      `  ${file}\n  mid: { type: noop }\n  ${ids("[mid]")}\n`,
      [
        'a.yaml:6:35: tasks.ids.needs: it reads the dataset "titles", which task "file" of this Dag writes, and does not need that task (needs: [mid, file])',
      ],
    ],
    ["of another Dag", `  ${file}\n  ${ids("[]", "others")}\n`, []],
  ])("%s", async (_name, tasks, faults) => {
    write("a.yaml", `dag: a\nschedule: manual\ntasks:\n${tasks}`);
    expect(describeBroken(await loadDags(folder, rules))["a"] ?? []).toEqual(faults);
  });
});

describe("given files", () => {
  test("are checked with the existing Dags, whose own faults are not reported", async () => {
    write("a.yaml", storing("a", "one", "Raw/x.csv"));
    write("broken.yaml", "[");
    const existing = await loadDags(folder, rules);
    const other = mkdtempSync(path.join(folder, "other-"));
    const file = path.join(other, "b.yaml");
    writeFileSync(file, storing("b", "two", "Raw/x.csv"));
    const following = path.join(other, "c.yaml");
    writeFileSync(following, simple("c", "{ after: [a, broken] }"));
    const loaded = await loadDagFiles([file, following], rules, existing);
    expect([...loaded.dags.keys()]).toEqual(["c"]);
    expect(Object.keys(describeBroken(loaded))).toEqual(["b"]);
    expect([...(await loadDagFiles([file], rules)).dags.keys()]).toEqual(["b"]);
  });

  test("replace the Dags of their names", async () => {
    const file = write("a.yaml", storing("a", "one", "Raw/x.csv"));
    const existing = await loadDags(folder, rules);
    expect([...(await loadDagFiles([file], rules, existing)).dags.keys()]).toEqual(["a"]);
  });

  test("that are missing, or define a Dag twice, are faults", async () => {
    const file = write("a.yaml", simple("a"));
    const again = path.join(mkdtempSync(path.join(folder, "other-")), "a.yaml");
    writeFileSync(again, simple("a"));
    const missing = path.join(folder, "none.yaml");
    const loaded = await loadDagFiles([file, again, missing], rules);
    expect([...loaded.dags.keys()]).toEqual(["a"]);
    const messages = [...loaded.broken.values()].flat().map((issue) => issue.message);
    expect(messages.toSorted()).toEqual([
      `another file already defines the Dag "a": ${file}`,
      "does not exist",
    ]);
  });
});

test("the project's own Dags are in order: five on, and the example of a third file off", async () => {
  const [sqlToLake, reportToLake] = [createSqlToLake(), createReportToLake()];
  const registry = new Map([
    ...rules.registry,
    [sqlToLake.type, sqlToLake],
    [reportToLake.type, reportToLake],
  ]);
  const loaded = await loadDags(path.join(import.meta.dirname, "../../dags"), { ...rules, registry });
  expect(describeBroken(loaded)).toEqual({});
  expect([...loaded.dags].map(([dagId, dag]) => [dagId, dag.enabled])).toEqual([
    ["csv_ingest", true],
    ["oscar_ingest", false],
    ["refined", true],
    ["report", true],
    ["tmdb_ingest", true],
    ["trusted", true],
  ]);
  expect(loaded.dags.get("tmdb_ingest")?.definition.tasks.map((task) => [task.taskId, task.pool])).toEqual([
    ["movie_ids", "default"],
    ["movies", "tmdb"],
    ["series_ids", "default"],
    ["series", "tmdb"],
  ]);
});
