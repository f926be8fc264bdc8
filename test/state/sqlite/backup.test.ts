/** A backup by one process while another one commits without a pause. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../../state/sqlite/database.ts";
import { sql, Sql } from "../../../state/sqlite/statement.ts";
import { createTestClock, openTestWorld } from "../../support/test-world.ts";

/** Ten commits per line; each has a row in both tables. It ends with this process at the latest. */
const WRITER = `
  import BetterSqlite3 from "better-sqlite3";
  const database = new BetterSqlite3(process.argv[1], { timeout: 5000 });
  const left = database.prepare("INSERT INTO pools (pool, slots) VALUES (?, 1)");
  const right = database.prepare(
    "INSERT INTO requests (kind, payload, requested_by, requested_at) VALUES ('writer', ?, 'me', 'now')",
  );
  const write = database.transaction((name) => { left.run(name); right.run(name); });
  let count = 0;
  process.stdin.resume().on("end", () => process.exit());
  setInterval(() => {
    for (let more = 0; more < 10; more += 1) write(String(count++));
    process.stdout.write(count + "\\n");
  }, 0);
`;

interface Writer {
  /** Resolves when it has committed at least this many. */
  until(count: number): Promise<void>;
  count(): number;
}

function startWriter(path: string): Writer {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", WRITER, path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let count = 0;
  const watchers = new Set<() => void>();
  createInterface(child.stdout).on("line", (line) => {
    count = Number(line);
    for (const watch of watchers) watch();
  });
  return {
    count: () => count,
    until: (wanted) =>
      new Promise((resolve, reject) => {
        child.once("exit", (code) => reject(new Error(`the writer ended with ${code}`)));
        const watch = (): void => {
          if (count < wanted) return;
          watchers.delete(watch);
          resolve();
        };
        watchers.add(watch);
        watch();
      }),
  };
}

test("ends, however busy the other process is, and has each of its transactions completely or not at all", async () => {
  const { database, folder } = await openTestWorld();
  // Large enough that it cannot be copied between two of the writer's commits.
  await database.write((query) =>
    query.run(
      sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO events (at, at_local, level, kind, message)
        SELECT 'a', 'b', 'info', 'ballast', hex(randomblob(1000)) FROM n`,
    ),
  );
  const writer = startWriter(database.path);
  await writer.until(100);
  const reader = await openDatabase(database.path, { clock: createTestClock(), mode: "read" });
  onTestFinished(() => reader.close());
  const copy = join(folder, "copy.db");
  const committedBefore = writer.count();
  await reader.backup(copy);
  // It was working all the time, and still is.
  await writer.until(writer.count() + 100);

  const restored = await openDatabase(copy, { clock: createTestClock(), mode: "existing" });
  onTestFinished(() => restored.close());
  expect(restored.check()).toEqual([]);
  const names = (statement: string): readonly string[] =>
    restored.all<{ name: string }>(new Sql(statement, [])).map((row) => row.name);
  const left = names("SELECT pool AS name FROM pools ORDER BY 0 + pool");
  const right = names("SELECT payload AS name FROM requests ORDER BY request_id");
  expect(left.length).toBeGreaterThanOrEqual(committedBefore);
  expect(left).toEqual(Array.from({ length: left.length }, (_, index) => String(index)));
  expect(right).toEqual(left);
  expect(restored.get(sql`SELECT count(*) AS n FROM events`)).toEqual({ n: 20_000 });
  // Used numbers are not used again.
  const next = await restored.write((query) =>
    query.run(
      sql`INSERT INTO events (at, at_local, level, kind, message) VALUES ('a', 'b', 'info', 'k', 'm')`,
    ),
  );
  expect(next.lastId).toBe(20_001);
});

test("is compact: deleted rows take no space in it", async () => {
  const { database, folder } = await openTestWorld();
  await database.write((query) => {
    query.run(
      sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO events (at, at_local, level, kind, message)
        SELECT 'a', 'b', 'info', 'ballast', hex(randomblob(1000)) FROM n`,
    );
  });
  await database.write((query) => query.run(sql`DELETE FROM events`));
  const copy = join(folder, "copy.db");
  await database.backup(copy);
  const countPages = (path: string) =>
    openDatabase(path, { clock: createTestClock(), mode: "read" }).then(async (opened) => {
      const pages = opened.get<{ page_count: number }>(sql`PRAGMA page_count`)?.page_count ?? 0;
      await opened.close();
      return pages;
    });
  expect(await countPages(database.path)).toBeGreaterThan(1000);
  expect(await countPages(copy)).toBeLessThan(200);
});
