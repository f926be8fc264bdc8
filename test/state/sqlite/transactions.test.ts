/** What a transaction leaves when a part of it, its commit or the whole file fails. */
import { renameSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { takeLease } from "../../../state/control/lease.ts";
import { openDatabase, type Database } from "../../../state/sqlite/database.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { createTestClock, makeTempFolder } from "../../support/test-world.ts";

const HOLDER = { purpose: "test", pid: 1, host: "here", processStarted: "x" };
const TIMES = { now: "2026-11-23T09:00:00.000Z", expiresAt: "2026-11-23T09:00:30.000Z" };

async function open(clock = createHandClock()): Promise<Database> {
  const path = join(makeTempFolder(), "dagmar.db");
  const database = await openDatabase(path, { clock, mode: "create" });
  onTestFinished(() => database.close());
  return database;
}

/** Another program, which waits for no lock. */
function openForeign({ path }: Database): BetterSqlite3.Database {
  const connection = new BetterSqlite3(path, { timeout: 0 });
  onTestFinished(() => void connection.close());
  return connection;
}

const addPool = (name: string) => (query: Query) =>
  query.run(sql`INSERT INTO pools (pool, slots) VALUES (${name}, 1)`);

function listPools(query: Query): string[] {
  return query.all<{ pool: string }>(sql`SELECT pool FROM pools ORDER BY pool`).map(({ pool }) => pool);
}

async function codesOf(writes: readonly Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(writes);
  return results.map((result) =>
    result.status === "fulfilled" ? "done" : (result.reason as { code?: unknown }).code,
  );
}

test("where no room is left SQLite undoes the whole transaction, and no write of it is done", async () => {
  const database = await open();
  // SQLite sets it to the pages that there are.
  database.get(sql`PRAGMA max_page_count = 1`);
  const codes = await codesOf([
    database.write(addPool("first")),
    database.write(addPool("x".repeat(100_000))),
    database.write(addPool("last")),
  ]);
  expect(codes).toEqual(["DATABASE_FULL", "DATABASE_FULL", "DATABASE_FULL"]);
  expect(database.lastWriteError).toContain("No space is left");
  expect(listPools(database)).toEqual([]);
  database.get(sql`PRAGMA max_page_count = 1000000`);
  await database.write(addPool("later"));
  expect(listPools(database)).toEqual(["later"]);
  expect(database.lastWriteError).toBeNull();
});

test("a statement says how many rows it has changed, and which number the added row has", async () => {
  const database = await open();
  const addEvent = sql`INSERT INTO events (at, at_local, level, kind, message) VALUES ('a', 'b', 'info', 'k', 'm')`;
  expect(await database.write((query) => query.run(addEvent))).toEqual({ changes: 1, lastId: 1 });
  expect(await database.write((query) => query.run(addEvent))).toEqual({ changes: 1, lastId: 2 });
  const { changes } = await database.write((query) => query.run(sql`UPDATE events SET kind = 'l'`));
  expect(changes).toBe(2);
  expect(() => database.one(sql`SELECT 1 FROM events WHERE kind = 'k'`)).toThrow("a row is missing");
});

test("a write is done when its transaction is committed, not before", async () => {
  const database = await open();
  const codes = await codesOf([
    database.write(addPool("first")),
    database.write((query) => {
      // It is then checked at the commit.
      query.run(sql`PRAGMA defer_foreign_keys = ON`);
      query.run(sql`INSERT INTO task_outputs (task_instance_id, name, value) VALUES (7, 'a', '1')`);
    }),
  ]);
  expect(codes).toEqual(["DATABASE_UNUSABLE", "DATABASE_UNUSABLE"]);
  expect(listPools(database)).toEqual([]);
  await database.write(addPool("later"));
  expect(listPools(database)).toEqual(["later"]);
});

test("a holder whose lease is no longer in the database cannot write", async () => {
  const database = await open();
  const taken = await database.write((query) => takeLease(query, HOLDER, TIMES, () => true));
  database.fenceBy("epoch" in taken ? taken.epoch : 0);
  openForeign(database).exec("DELETE FROM lease");
  expect(await codesOf([database.write(addPool("late"))])).toEqual(["LEASE_LOST"]);
  expect(listPools(database)).toEqual([]);
});

test("a moved database refuses each later write, however soon it follows the first refusal", async () => {
  const clock = createHandClock();
  const database = await open(clock);
  await database.write(addPool("before"));
  await clock.advance(20);
  renameSync(database.path, `${database.path}.away`);
  expect(await codesOf([database.write(addPool("late"))])).toEqual(["DATABASE_MOVED"]);
  expect(await codesOf([database.write(addPool("later"))])).toEqual(["DATABASE_MOVED"]);
  expect(listPools(database)).toEqual(["before"]);
});

test("the last error is kept until a transaction is committed", async () => {
  let elapsedMs = 0;
  const clock = { ...createTestClock(), monotonicMs: () => (elapsedMs += 6000) };
  const path = join(makeTempFolder(), "dagmar.db");
  const database = await openDatabase(path, { clock, mode: "create" });
  onTestFinished(() => database.close());
  const foreign = openForeign(database);
  foreign.exec("BEGIN IMMEDIATE");
  expect(await codesOf([database.write(addPool("refused"))])).toEqual(["DATABASE_BUSY"]);
  expect(database.lastWriteError).toContain("is locked by another program");
  foreign.exec("ROLLBACK");
  await database.write(addPool("later"));
  expect(database.lastWriteError).toBeNull();
});

test("a lazy write that was committed with another one takes no lock again", async () => {
  const clock = createHandClock();
  const database = await open(clock);
  await Promise.all([database.writeLazily(addPool("lazy")), database.write(addPool("prompt"))]);
  openForeign(database).exec("BEGIN IMMEDIATE");
  await clock.advance(10);
  expect(clock.sleepers).toBe(0);
  expect(database.lastWriteError).toBeNull();
});
