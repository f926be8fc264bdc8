/** What opening a database waits for, refuses, and leaves to other connections of the same file. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../../model/ports/clock.ts";
import { assertSafeVersion } from "../../../state/sqlite/database-checks.ts";
import { openDatabase } from "../../../state/sqlite/database.ts";
import { migrate } from "../../../state/sqlite/migrate.ts";
import { MIGRATIONS } from "../../../state/sqlite/migrations/list.ts";
import { createTestClock, makeTempFolder } from "../../support/test-world.ts";

const makePath = (): string => join(makeTempFolder(), "dagmar.db");

async function makeDatabase(): Promise<string> {
  const path = makePath();
  await (await openDatabase(path, { clock: createTestClock(), mode: "create" })).close();
  return path;
}

function openForeign(path: string): BetterSqlite3.Database {
  const connection = new BetterSqlite3(path, { timeout: 0 });
  onTestFinished(() => void connection.close());
  return connection;
}

/** Each wait takes a second, and is counted. */
function createCountingClock(onSleep: (count: number) => void): Clock {
  let elapsedMs = 0;
  let sleeps = 0;
  return {
    ...createTestClock(),
    monotonicMs: () => elapsedMs,
    sleep: async () => {
      await new Promise(setImmediate);
      elapsedMs += 1000;
      sleeps += 1;
      onSleep(sleeps);
    },
  };
}

describe("a file that another program has locked", () => {
  function lock(path: string): BetterSqlite3.Database {
    const foreign = openForeign(path);
    foreign.exec("BEGIN EXCLUSIVE");
    return foreign;
  }

  test("is opened once that program is done", async () => {
    const path = makePath();
    const foreign = lock(path);
    const clock = createCountingClock((count) => {
      if (count === 3) foreign.exec("COMMIT");
    });
    const database = await openDatabase(path, { clock, mode: "create" });
    expect(database.check()).toEqual([]);
    await database.close();
  });

  test("is refused after ten seconds", async () => {
    const path = makePath();
    lock(path);
    let waits = 0;
    const clock = createCountingClock((count) => {
      waits = count;
    });
    await expect(openDatabase(path, { clock, mode: "create" })).rejects.toMatchObject({
      code: "DATABASE_BUSY",
      exitCode: 75,
    });
    expect(waits).toBe(10);
  });
});

describe("an older schema under a lease that expires at noon", () => {
  const NOON = "2026-11-23T12:00:00.000Z";

  async function makeHeld(expiresAt: string): Promise<string> {
    const path = makePath();
    const connection = new BetterSqlite3(path);
    connection.pragma("journal_mode = WAL");
    const options = { mode: "apply", prepare: () => undefined, isFree: () => true } as const;
    await migrate(connection, path, { ...options, migrations: MIGRATIONS.slice(0, -1) });
    connection.exec(
      `UPDATE lease SET purpose = 'run', pid = 7, host = 'h', process_started = 'x', acquired_at = '${NOON}',
         expires_at = '${expiresAt}'`,
    );
    connection.close();
    return path;
  }

  test.each([
    ["is not migrated before", NOON, "2026-11-23T11:59:59.999Z", "DATABASE_BUSY"],
    ["is migrated then", NOON, NOON, "opened"],
    ["is migrated at any time if it is no instant", "noon", "2026-11-23T00:00:00.000Z", "opened"],
  ])("%s", async (_, expiresAt, now, expected) => {
    const path = await makeHeld(expiresAt);
    const opened = openDatabase(path, { clock: createTestClock(now), mode: "existing" });
    const outcome = await opened.then(
      async (database) => {
        await database.close();
        return "opened";
      },
      (error: unknown) => (error as { code?: unknown }).code,
    );
    expect(outcome).toBe(expected);
  });

  test("is not read, which says how to migrate it; an empty file is another case", async () => {
    const read = (path: string) => openDatabase(path, { clock: createTestClock(), mode: "read" });
    await expect(read(await makeHeld(NOON))).rejects.toMatchObject({
      code: "DATABASE_MISSING",
      message: expect.stringContaining("has an older schema") as string,
    });
    const empty = makePath();
    new BetterSqlite3(empty).pragma("journal_mode = WAL");
    await expect(read(empty)).rejects.toMatchObject({
      code: "DATABASE_MISSING",
      message: expect.stringContaining("only an empty file") as string,
    });
  });

  test("is migrated once another program's write is done, and no try blocks for seconds", async () => {
    const path = await makeHeld("2026-11-23T08:00:00.000Z");
    const foreign = openForeign(path);
    foreign.exec("BEGIN IMMEDIATE");
    const clock = createCountingClock((count) => {
      if (count === 2) foreign.exec("COMMIT");
    });
    const startedMs = performance.now();
    const database = await openDatabase(path, { clock, mode: "existing" });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    await database.close();
  });
});

test("a SQLite that can corrupt a database is refused", () => {
  const isSafe = (version: string): boolean => {
    const connection = new BetterSqlite3(":memory:");
    onTestFinished(() => void connection.close());
    connection.function("sqlite_version", () => version);
    try {
      assertSafeVersion(connection);
      return true;
    } catch {
      return false;
    }
  };
  const versions = ["2.99.9", "3.50.9", "3.51.2", "3.51.3", "3.51.10", "3.52.0", "4.0.0"];
  expect(versions.filter(isSafe)).toEqual(["3.51.3", "3.51.10", "3.52.0", "4.0.0"]);
});

describe.runIf(process.platform === "linux")("this process", () => {
  /** The names of this process's open files in the folder of the database. */
  const listOpen = (path: string): string[] =>
    readdirSync("/proc/self/fd").flatMap((descriptor) => {
      try {
        const file = readlinkSync(`/proc/self/fd/${descriptor}`);
        return file.startsWith(path) ? [file.slice(path.length)] : [];
      } catch {
        return [];
      }
    });

  test("keeps no file open that it has refused", async () => {
    const path = makePath();
    writeFileSync(path, "id|title\n".repeat(1000));
    const opened = openDatabase(path, { clock: createTestClock(), mode: "existing" });
    await expect(opened).rejects.toMatchObject({ code: "DATABASE_UNUSABLE" });
    expect(listOpen(path)).toEqual([]);
  });

  test("opens no further files when it opens the same database again", async () => {
    const path = await makeDatabase();
    const holder = openForeign(path);
    holder.pragma("journal_mode = WAL");
    holder.prepare("SELECT count(*) FROM pools").get();
    const counts: number[] = [];
    for (let time = 0; time < 3; time += 1) {
      const database = await openDatabase(path, { clock: createTestClock(), mode: "create" });
      await database.write((query) => query);
      await database.close();
      counts.push(listOpen(path).length);
    }
    expect(new Set(counts).size).toBe(1);
  });
});

test.skipIf(!hasSqliteProgram())(
  "opening a database drops no lock of this process's other connections",
  async () => {
    const path = await makeDatabase();
    const holder = openForeign(path);
    holder.exec("INSERT INTO pools (pool, slots) VALUES ('kept', 1)");
    const database = await openDatabase(path, { clock: createTestClock(), mode: "create" });
    await database.close();
    // The last program that closes a database removes its -wal. This one would be the last if it saw no lock.
    execFileSync("sqlite3", [path, "SELECT count(*) FROM pools"]);
    expect(existsSync(`${path}-wal`)).toBe(true);
  },
);

function hasSqliteProgram(): boolean {
  try {
    execFileSync("sqlite3", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
