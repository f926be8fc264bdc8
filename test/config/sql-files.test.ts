/** A task's SQL in a file next to its Dag is part of the Dag: its text, its changes, and what is wrong with it. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { stampFolder } from "../../config/dag-file/folder-stamp.ts";
import type { KeptCheck, KeptChecks } from "../../config/dag-file/kept-checks.ts";
import { loadDags } from "../../config/dag-file/load-dags.ts";
import { formatDagIssue } from "../../model/errors.ts";
import type { AnyTaskType } from "../../model/ports/task-type.ts";
import { createSqlToLake } from "../../tasks/sql-to-lake/index.ts";
import { rules as plain } from "./registry.ts";

const rules = {
  ...plain,
  registry: new Map([
    ...plain.registry,
    ["sql-to-lake", createSqlToLake() as unknown as AnyTaskType] as const,
  ]),
};

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagmar-sql-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, "sql"));
});

function write(name: string, text: string): void {
  writeFileSync(path.join(folder, name), text);
}

function writeDag(sql: string): void {
  write(
    "tables.yaml",
    `dag: tables
schedule: manual
params: { since: 2000 }
tasks:
  movies:
    type: sql-to-lake
    with:
      dataset: trusted_movies
      key: Trusted/movies.parquet
      inputs: { raw: { dataset: movies, format: csv } }
      sql: ${sql}
      columns: { id: varchar not null }
`,
  );
}

async function load(kept?: KeptChecks) {
  const { dags, broken } = await loadDags(folder, rules, kept);
  const dag = dags.get("tables");
  return {
    sql: dag?.definition.tasks[0]?.with["sql"],
    fingerprint: dag?.fingerprint,
    faults: (broken.get("tables") ?? []).map((issue) => formatDagIssue(issue)).join("\n"),
  };
}

test("its text is in the definition, so that a run keeps it and a changed file is a changed Dag", async () => {
  write("sql/movies.sql", "select id from raw -- 100% of ${nothing\n".replace("${nothing", "them"));
  writeDag("sql/movies.sql");
  const first = await load();
  expect(first.faults).toBe("");
  expect(first.sql).toBe("-- file: sql/movies.sql\nselect id from raw -- 100% of them\n");
  const stamp = await stampFolder(folder);
  write("sql/movies.sql", "select id from raw limit 1\n");
  expect(await stampFolder(folder)).not.toBe(stamp);
  const second = await load();
  expect(second.sql).toBe("-- file: sql/movies.sql\nselect id from raw limit 1\n");
  expect(second.fingerprint).not.toBe(first.fingerprint);
});

test("a check that was kept counts while the SQL file is the same", async () => {
  const checks = new Map<string, string>();
  const kept: KeptChecks = {
    build: "one",
    find: (key) => {
      const text = checks.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as KeptCheck);
    },
    remember: (key, check) => void checks.set(key, JSON.stringify(check)),
  };
  write("movies.sql", "select 1 as id");
  writeDag("movies.sql");
  const first = await load(kept);
  for (const [key, text] of checks) checks.set(key, text.replaceAll("select 1 as id", "as kept"));
  expect((await load(kept)).sql).toBe("-- file: movies.sql\nas kept");
  write("movies.sql", "select 2 as id");
  const changed = await load(kept);
  expect(changed.sql).toBe("-- file: movies.sql\nselect 2 as id");
  expect(changed.fingerprint).not.toBe(first.fingerprint);
  expect(checks.size).toBe(1);
  rmSync(path.join(folder, "movies.sql"));
  expect((await load(kept)).faults).toContain("movies.sql does not exist");
});

test("SQL in the Dag file itself stays as it is", async () => {
  writeDag('"select id from raw"');
  expect((await load()).sql).toBe("select id from raw");
});

test.each([
  ["sql/missing.sql", "sql/missing.sql does not exist"],
  ["../movies.sql", "is no SQL file next to the Dag"],
  ["/etc/movies.sql", "is no SQL file next to the Dag"],
  ["a/b/movies.sql", "is no SQL file next to the Dag"],
  ["sql/empty.sql", "is empty"],
  ["sql/latin.sql", "is not UTF-8"],
  ["sql/link.sql", "is a symbolic link to a file outside this folder"],
])("%s is a fault of the line that names it", async (name, message) => {
  write("sql/empty.sql", " \n");
  writeFileSync(path.join(folder, "sql/latin.sql"), Buffer.from([0x73, 0xe9]));
  writeFileSync(path.join(folder, "outside.sql"), "select 1");
  symlinkSync(path.join(folder, "outside.sql"), path.join(folder, "sql/link.sql"));
  writeDag(name);
  const { faults } = await load();
  expect(faults).toContain(message);
  expect(faults).toContain("tables.yaml:11:");
});

test("a template in SQL is a fault, in the file as in the Dag: params are named $since", async () => {
  write("sql/movies.sql", "select id from raw where year > ${params.since}");
  for (const sql of ["sql/movies.sql", '"select ${params.since} as id"']) {
    writeDag(sql);
    const { faults } = await load();
    expect(faults).toContain("templates are not allowed here");
    expect(faults).toContain("$name");
  }
});
