/**
 * A database with the rows that a test puts there, and what a piece of work changes in it: every row of every table is
 * compared, so a statement that touches one row too many is noticed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { openDatabase, type Database } from "../../state/sqlite/database.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertInto, nameOf, sql, Sql } from "../../state/sqlite/statement.ts";
import { createTestClock } from "../support/test-world.ts";

type Values = Readonly<Record<string, unknown>>;
/** By table. */
export type Rows = Readonly<Record<string, readonly Values[]>>;
/** By table and key: the columns that changed. */
export type Changes = Readonly<Record<string, Values | "added" | "deleted">>;

/** A case of a table: what a statement reads, or what it changes. */
export type Reading = readonly [does: string, read: (query: Query) => unknown, result: unknown];
export type Writing = readonly [does: string, work: (query: Query) => unknown, changes: Changes];

export const [HERE, THERE] = ["file:///here", "file:///there"];
export const AT = "2026-11-23T09:00:00.000Z";
export const NOW = new Date("2026-11-24T12:00:00.000Z");
/** What a statement writes of `NOW`. */
export const THEN = NOW.toISOString();

/** What rows refer to: a run of each Dag and lake, each with a task and an ask; the same question in both lakes. */
const BASE: Rows = {
  dag_versions: [{ fingerprint: "v" }],
  candidate_sets: [{ candidate_set_id: 1 }],
  questions: [
    { question_id: 1, lake: HERE, hash: "q", dataset: "titles" },
    { question_id: 2, lake: THERE, hash: "q", dataset: "titles" },
    { question_id: 3, lake: HERE, hash: "p", dataset: "people" },
  ],
  dag_runs: [
    { dag_run_id: 1, dag_id: "a", run_id: "one", lake: HERE, state: "success", logical_date: AT },
    { dag_run_id: 2, dag_id: "a", run_id: "two", lake: THERE, state: "success", logical_date: AT },
    { dag_run_id: 3, dag_id: "b", run_id: "three", lake: HERE, state: "success", logical_date: AT },
  ],
  task_instances: [1, 2, 3].map((id) => ({
    task_instance_id: id,
    dag_run_id: id,
    task_id: "t",
    state: "success",
  })),
  asks: [1, 2, 3].map((id) => ({ ask_id: id, dag_run_id: id, question_id: id, task_id: "t" })),
};

interface Column {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly dflt_value: string | null;
  /** Its place in the primary key; 0 outside of it. */
  readonly pk: number;
}

export interface RowsWorld {
  readonly database: Database;
  /** Columns that may not be NULL and are not given get a value that no other row has, or refer to row 1. */
  readonly put: (rows: Rows) => Promise<void>;
  /** Runs the work in one transaction. */
  readonly watch: (work: (query: Query) => unknown) => Promise<Changes>;
  /** As `watch`, for work that has its own transactions. */
  readonly watchAll: (work: () => Promise<unknown>) => Promise<Changes>;
}

/** Call it at the top of a test file or a `describe`: each test begins with the same rows. */
export function openRows(rows: Rows = {}): RowsWorld {
  const folder = mkdtempSync(join(tmpdir(), "dagmar-rows-"));
  let opened: Database;
  let tables: ReadonlyMap<string, readonly Column[]>;
  let count = 0;
  beforeAll(async () => {
    opened = await openDatabase(join(folder, "dagmar.db"), { clock: createTestClock(), mode: "create" });
    tables = readTables(opened);
  });
  afterAll(async () => {
    await opened.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    await opened.write((query) => {
      query.run(sql`PRAGMA defer_foreign_keys = ON`);
      for (const table of tables.keys()) query.run(sql`DELETE FROM ${nameOf(table)}`);
      query.run(sql`DELETE FROM sqlite_sequence`);
    });
    await put(BASE);
    await put(rows);
  });

  function complete(table: string, given: Values): Values {
    count += 1;
    const missing = (tables.get(table) ?? []).filter(
      ({ name, type, notnull, dflt_value: byDefault, pk }) =>
        !Object.hasOwn(given, name) && notnull === 1 && byDefault === null && !(pk > 0 && type === "INTEGER"),
    );
    return { ...Object.fromEntries(missing.map((column) => [column.name, fill(column, count)])), ...given };
  }

  async function put(more: Rows): Promise<void> {
    await opened.write((query) => {
      query.run(sql`PRAGMA defer_foreign_keys = ON`);
      for (const [table, list] of Object.entries(more)) {
        for (const row of list) query.run(insertInto(table, complete(table, row)));
      }
    });
  }

  async function watchAll(work: () => Promise<unknown>): Promise<Changes> {
    const before = dump(opened, tables);
    await work();
    return compare(before, dump(opened, tables));
  }

  return {
    get database() {
      return opened;
    },
    put,
    watch: (work) => watchAll(() => opened.write(work)),
    watchAll,
  };
}

function readTables(database: Database): ReadonlyMap<string, readonly Column[]> {
  const names = database.all<{ name: string }>(
    sql`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'knex%' AND name NOT LIKE 'sqlite%'`,
  );
  return new Map(
    names.map(({ name }) => [name, database.all<Column>(new Sql(`PRAGMA table_info(${name})`, []))]),
  );
}

function fill({ name, type }: Column, count: number): unknown {
  if (name === "fingerprint") return "v";
  if (name === "timezone") return "UTC";
  if (name === "params" || name === "definition") return "{}";
  if (type === "TEXT") return `${name} ${count}`;
  if (type === "BLOB") return Buffer.from(`${name} ${count}`);
  return name.endsWith("_id") ? 1 : 0;
}

function dump(query: Query, tables: ReadonlyMap<string, readonly Column[]>): ReadonlyMap<string, Values> {
  const rows = new Map<string, Values>();
  for (const [table, columns] of tables) {
    const keys = columns.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
    for (const row of query.all<Values>(sql`SELECT * FROM ${nameOf(table)}`))
      rows.set([table, ...keys.map(({ name }) => row[name])].join(" "), row);
  }
  return rows;
}

function compare(before: ReadonlyMap<string, Values>, after: ReadonlyMap<string, Values>): Changes {
  const changes: Record<string, Values | "added" | "deleted"> = {};
  for (const [name, row] of before) {
    const now = after.get(name);
    if (now === undefined) changes[name] = "deleted";
    else {
      const changed = Object.entries(now).filter(([column, value]) => !Object.is(value, row[column]));
      const told = changed.filter(([column, value]) => !isSameBytes(value, row[column]));
      if (told.length > 0) changes[name] = Object.fromEntries(told);
    }
  }
  for (const name of after.keys()) if (!before.has(name)) changes[name] = "added";
  return changes;
}

function isSameBytes(one: unknown, other: unknown): boolean {
  return Buffer.isBuffer(one) && Buffer.isBuffer(other) && one.equals(other);
}
