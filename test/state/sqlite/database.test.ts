/** The connection to SQLite: pragmas, commits, the fence, locks, refused files and backups. */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../../model/ports/clock.ts";
import { StateError } from "../../../model/errors.ts";
import { openDatabase, type Database, type OpenOptions } from "../../../state/sqlite/database.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { takeLease } from "../../../state/control/lease.ts";
import { sql, nameOf } from "../../../state/sqlite/statement.ts";
import { createTestClock, makeTempFolder } from "../../support/test-world.ts";
import { createHandClock } from "../../support/hand-clock.ts";

function makePath(): string {
  return join(makeTempFolder(), "dagmar.db");
}

async function open(path: string, mode: OpenOptions["mode"] = "create", clock: Clock = createTestClock()) {
  const database = await openDatabase(path, { clock, mode });
  onTestFinished(() => database.close());
  return database;
}

/** Another program's connection. */
function openForeign(path: string): BetterSqlite3.Database {
  const connection = new BetterSqlite3(path, { timeout: 0 });
  onTestFinished(() => {
    connection.close();
  });
  return connection;
}

function addPool(name: string) {
  return (query: Query): void => {
    query.run(sql`INSERT INTO pools (pool, slots) VALUES (${name}, 1)`);
  };
}

function countPools(reader: BetterSqlite3.Database): number {
  return Number(reader.prepare("SELECT count(*) FROM pools").pluck().get());
}

function listPools(query: Query): string[] {
  return query.all<{ pool: string }>(sql`SELECT pool FROM pools ORDER BY pool`).map(({ pool }) => pool);
}

async function refusal(promise: Promise<unknown>): Promise<StateError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StateError)) throw new Error("it was not refused", { cause: error });
  return error;
}

describe("pragmas", () => {
  const WANTED = {
    journal_mode: "wal",
    synchronous: 2,
    foreign_keys: 1,
    trusted_schema: 0,
    journal_size_limit: 67_108_864,
    wal_autocheckpoint: 1000,
  };
  const readPragmas = (database: Database) =>
    Object.fromEntries(
      Object.keys(WANTED).map((name) => [
        name,
        Object.values(database.get(sql`PRAGMA ${nameOf(name)}`) ?? {})[0],
      ]),
    );

  test("are set on the connection that creates the database, and on every later one", async () => {
    const path = makePath();
    const first = await open(path);
    expect(readPragmas(first)).toEqual(WANTED);
    await first.close();
    expect(readPragmas(await open(path, "existing"))).toEqual(WANTED);
    expect(readPragmas(await open(path, "read"))).toEqual(WANTED);
  });

  test("the wait for a lock is short, because it blocks the whole process", async () => {
    const database = await open(makePath());
    expect(database.get<{ timeout: number }>(sql`PRAGMA busy_timeout`)?.timeout).toBeLessThanOrEqual(250);
  });

  test("a row that refers to nothing is refused", async () => {
    const database = await open(makePath());
    const error = await refusal(
      database.write((query) =>
        query.run(sql`INSERT INTO task_outputs (task_instance_id, name, value) VALUES (7, 'a', '1')`),
      ),
    );
    expect(error.message).toContain("FOREIGN KEY");
  });
});

describe("commits", () => {
  test("concurrent writes share one transaction, and are durable when they resolve", async () => {
    const path = makePath();
    const database = await open(path);
    const reader = openForeign(path);
    const seen = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        database.write((query) => {
          addPool(`pool ${index}`)(query);
          return countPools(reader);
        }),
      ),
    );
    expect(new Set(seen)).toEqual(new Set([0]));
    expect(countPools(reader)).toBe(50);
  });

  test("a write that is awaited before the next has its own transaction", async () => {
    const path = makePath();
    const database = await open(path);
    const reader = openForeign(path);
    for (const count of [0, 1, 2]) {
      const seen = await database.write((query) => {
        addPool(`pool ${count}`)(query);
        return countPools(reader);
      });
      expect(seen).toBe(count);
    }
  });

  test("a write that throws is undone alone, and raises its own error", async () => {
    const database = await open(makePath());
    const fault = new Error("mine");
    const results = await Promise.allSettled([
      database.write(addPool("first")),
      database.write((query) => {
        addPool("undone")(query);
        throw fault;
      }),
      database.write(addPool("last")),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason: fault });
    expect(listPools(database)).toEqual(["first", "last"]);
  });

  test("a lazy write waits for other writes, and is committed after 10 ms without any", async () => {
    const clock = createHandClock();
    const path = makePath();
    const database = await open(path, "create", clock);
    const reader = openForeign(path);
    const lazy = Promise.all([database.writeLazily(addPool("a")), database.writeLazily(addPool("b"))]);
    await clock.untilSleeping(10, 10);
    await clock.advance(9);
    expect(countPools(reader)).toBe(0);
    await clock.advance(1);
    await lazy;
    expect(countPools(reader)).toBe(2);
  });

  test("a lazy write is committed with the next one that is not lazy", async () => {
    const database = await open(makePath(), "create", createHandClock());
    const lazy = database.writeLazily(addPool("lazy"));
    await database.write(addPool("prompt"));
    await lazy;
    expect(listPools(database)).toEqual(["lazy", "prompt"]);
  });

  test("closing commits pending writes", async () => {
    const path = makePath();
    const database = await open(path, "create", createHandClock());
    const waiting = Promise.all([database.writeLazily(addPool("lazy")), database.write(addPool("prompt"))]);
    await database.close();
    await waiting;
    expect(listPools(await open(path, "read"))).toEqual(["lazy", "prompt"]);
  });

  test("closing twice is like closing once, and leaves no -wal behind", async () => {
    const path = makePath();
    const database = await open(path);
    await database.write(addPool("a"));
    await database.close();
    await database.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  test("a write after closing is rejected", async () => {
    const database = await open(makePath());
    await database.close();
    await expect(database.write(addPool("late"))).rejects.toThrow("not open");
  });
});

describe("the fence", () => {
  const HOLDER = { purpose: "test", pid: 1, host: "here", processStarted: "x" };
  const TIMES = { now: "2026-11-23T09:00:00.000Z", expiresAt: "2026-11-23T09:00:30.000Z" };

  async function take(database: Database): Promise<number> {
    const taken = await database.write((query) => takeLease(query, HOLDER, TIMES, () => true));
    if (!("epoch" in taken)) throw new Error("not taken");
    return taken.epoch;
  }

  test("lets the holder of the lease write", async () => {
    const database = await open(makePath());
    database.fenceBy(await take(database));
    await database.write(addPool("mine"));
    expect(listPools(database)).toEqual(["mine"]);
  });

  test("refuses every write after another process took the lease, and writes nothing", async () => {
    const path = makePath();
    const [old, young] = [await open(path), await open(path)];
    old.fenceBy(await take(old));
    young.fenceBy(await take(young));
    const errors = await Promise.all(
      [old.write(addPool("late")), old.write(addPool("later")), old.writeLazily(addPool("lazy"))].map(
        refusal,
      ),
    );
    expect(errors.map(({ code }) => code)).toEqual(["LEASE_LOST", "LEASE_LOST", "LEASE_LOST"]);
    await young.write(addPool("young"));
    expect(listPools(old)).toEqual(["young"]);
  });

  test("is removed with null", async () => {
    const path = makePath();
    const [old, young] = [await open(path), await open(path)];
    old.fenceBy(await take(old));
    await take(young);
    old.fenceBy(null);
    await old.write(addPool("free"));
    expect(listPools(old)).toEqual(["free"]);
  });
});

describe("a database whose file was replaced", () => {
  const remove = (file: string) => rmSync(file);
  const replace = (file: string) => {
    copyFileSync(file, `${file}.copy`);
    renameSync(`${file}.copy`, file);
  };
  const changes: readonly [string, string, (file: string) => void][] = [
    ["was moved", "", (file) => renameSync(file, `${file}.away`)],
    ["was removed", "", remove],
    ["was replaced", "", replace],
    ["lost its -wal", "-wal", remove],
    ["has another -wal", "-wal", replace],
    ["lost its -shm", "-shm", remove],
  ];
  test.each(changes)("because it %s is no longer written, also not on close", async (_, end, change) => {
    const path = makePath();
    const clock = createHandClock();
    const database = await open(path, "create", clock);
    await database.write(addPool("before"));
    await clock.advance(20);
    change(`${path}${end}`);
    const before = readdirSync(join(path, "..")).toSorted();
    const errors = await Promise.all([
      refusal(database.write(addPool("late"))),
      refusal(database.writeLazily(addPool("lazy"))),
    ]);
    expect(errors.map(({ code, exitCode }) => [code, exitCode])).toEqual([
      ["DATABASE_MOVED", 78],
      ["DATABASE_MOVED", 78],
    ]);
    expect(errors[0]?.message).toContain(`${path}${end} was moved, removed or replaced`);
    expect(database.lastWriteError).toContain("moved, removed or replaced");
    await database.close();
    expect(readdirSync(join(path, "..")).toSorted()).toEqual(before);
    expect(listPools(database)).toEqual(["before"]);
  });
});

describe("a lock of another program", () => {
  /** Only the driver's own waits take time, and each wait is recorded. */
  function createCountingClock(onSleep: (count: number) => void): Clock {
    const clock = createTestClock();
    let sleeps = 0;
    let elapsedMs = 0;
    return {
      ...clock,
      monotonicMs: () => elapsedMs,
      sleep: (ms) => {
        sleeps += 1;
        elapsedMs += ms + 1000;
        onSleep(sleeps);
        return Promise.resolve();
      },
    };
  }

  test("of a second delays a write and does not fail it", async () => {
    const path = makePath();
    let tries = 0;
    const clock = createCountingClock((count) => {
      tries = count;
      // Each try waits 250 ms itself: the fourth comes after a second.
      if (count === 4) foreign.exec("ROLLBACK");
    });
    const database = await open(path, "create", clock);
    const foreign = openForeign(path);
    foreign.exec("BEGIN IMMEDIATE");
    const startedMs = performance.now();
    await database.write(addPool("patient"));
    expect(tries).toBe(4);
    expect(performance.now() - startedMs).toBeGreaterThan(900);
    expect(listPools(database)).toEqual(["patient"]);
  });

  test("that stays ends in DATABASE_BUSY; afterwards the connection still works", async () => {
    const path = makePath();
    const clock = createCountingClock(() => undefined);
    const database = await open(path, "create", clock);
    const foreign = openForeign(path);
    foreign.exec("BEGIN IMMEDIATE");
    const error = await refusal(database.write(addPool("refused")));
    expect(error.code).toBe("DATABASE_BUSY");
    expect(error.exitCode).toBe(75);
    foreign.exec("ROLLBACK");
    await database.write(addPool("later"));
    expect(listPools(database)).toEqual(["later"]);
  });

  test("does not block readers", async () => {
    const path = makePath();
    const database = await open(path);
    await database.write(addPool("a"));
    openForeign(path).exec("BEGIN IMMEDIATE");
    expect(listPools(database)).toEqual(["a"]);
    expect(listPools(await open(path, "read"))).toEqual(["a"]);
  });
});

describe("files that are refused", () => {
  /**
   * Opens in every mode. The file does not change; next to it there may be files that every reader of a -wal leaves.
   */
  async function collectRefusals(path: string): Promise<readonly StateError["code"][]> {
    const before = readFileSync(path);
    const codes: StateError["code"][] = [];
    for (const mode of ["create", "existing", "read"] as const) {
      const error = await refusal(openDatabase(path, { clock: createTestClock(), mode }));
      expect(error.message).toContain(path);
      expect(error.hint).toBeDefined();
      expect(error.exitCode).toBe(78);
      expect(readFileSync(path).equals(before)).toBe(true);
      codes.push(error.code);
    }
    return codes;
  }

  const inEveryMode = (code: StateError["code"]) => [code, code, code];

  test("a text file", async () => {
    const path = makePath();
    writeFileSync(path, "id|title\n".repeat(1000));
    expect(await collectRefusals(path)).toEqual(inEveryMode("DATABASE_UNUSABLE"));
  });

  test("a database with a damaged schema page", async () => {
    const path = makePath();
    await (await open(path)).close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 100, 4096);
    writeFileSync(path, bytes);
    expect(await collectRefusals(path)).toEqual(inEveryMode("DATABASE_UNUSABLE"));
  });

  test("another program's SQLite database", async () => {
    const path = makePath();
    const foreign = new BetterSqlite3(path);
    foreign.exec("CREATE TABLE bookmarks (url TEXT)");
    foreign.close();
    expect(await collectRefusals(path)).toEqual(inEveryMode("DATABASE_UNUSABLE"));
  });

  test("a database of a newer Dagmar, with the name of its migration", async () => {
    const path = makePath();
    await (await open(path)).close();
    const newer = new BetterSqlite3(path);
    newer.exec("INSERT INTO knex_migrations (name, batch) VALUES ('0999-from-the-future', 9)");
    newer.pragma("wal_checkpoint(TRUNCATE)");
    newer.close();
    expect(await collectRefusals(path)).toEqual(inEveryMode("DATABASE_NEWER"));
    const error = await refusal(openDatabase(path, { clock: createTestClock(), mode: "create" }));
    expect(error.message).toContain("0999-from-the-future");
  });

  test.each(["read", "existing"] as const)(
    "a missing file in mode %s, which is not created",
    async (mode) => {
      const path = makePath();
      const error = await refusal(openDatabase(path, { clock: createTestClock(), mode }));
      expect(error.code).toBe("DATABASE_MISSING");
      expect(error.hint).toContain("dagmar db migrate");
      expect(readdirSync(join(path, ".."))).toEqual([]);
    },
  );

  test("a -wal whose database is gone, because an empty database would swallow it", async () => {
    const path = makePath();
    writeFileSync(`${path}-wal`, "frames");
    const error = await refusal(openDatabase(path, { clock: createTestClock(), mode: "create" }));
    expect(error.code).toBe("DATABASE_UNUSABLE");
    expect(error.message).toContain("-wal");
    expect(readdirSync(join(path, ".."))).toEqual(["dagmar.db-wal"]);
  });

  test("a folder instead of the database", async () => {
    const path = makeTempFolder();
    const error = await refusal(openDatabase(path, { clock: createTestClock(), mode: "create" }));
    expect(error.code).toBe("DATABASE_UNUSABLE");
  });
});

describe("a place where no file can be created needs an edit:", () => {
  const link = (target: string): string => {
    const path = makePath();
    symlinkSync(target, path);
    return path;
  };
  test.runIf(process.platform === "linux").each([
    ["/proc", () => "/proc/dagmar.db"],
    ["below /proc", () => "/proc/nothing/dagmar.db"],
    ["in a process's folder", () => "/proc/self/dagmar.db"],
    ["below a device", () => "/dev/null/dagmar.db"],
    ["through a link to a missing folder", () => link(join(makeTempFolder(), "missing", "dagmar.db"))],
    ["through a link to /proc", () => link("/proc/dagmar.db")],
  ])("%s", async (_, locate) => {
    const error = await refusal(openDatabase(locate(), { clock: createTestClock(), mode: "create" }));
    expect([error.code, error.exitCode]).toEqual(["DATABASE_UNUSABLE", 78]);
    expect(error.hint).toMatch(/set DAGMAR_DB to another file/);
  });
});

test("a deleted database is created again even if a reader left its empty -wal behind", async () => {
  const path = makePath();
  writeFileSync(`${path}-wal`, "");
  const database = await open(path);
  await database.write(addPool("a"));
  expect(listPools(database)).toEqual(["a"]);
});

test("a database is created in an empty file", async () => {
  const path = makePath();
  writeFileSync(path, "");
  const database = await open(path);
  await database.write(addPool("a"));
  expect(listPools(database)).toEqual(["a"]);
});

test("reading never writes", async () => {
  const path = makePath();
  await (await open(path)).close();
  const reader = await open(path, "read");
  await expect(reader.write(addPool("no"))).rejects.toThrow(/readonly/);
});

describe("check", () => {
  test("finds nothing in an intact database", async () => {
    const database = await open(makePath());
    expect([database.check(), database.checkQuickly()]).toEqual([[], []]);
  });

  test("names a row that refers to nothing", async () => {
    const path = makePath();
    await (await open(path)).close();
    const careless = new BetterSqlite3(path);
    careless.pragma("foreign_keys = OFF");
    careless.exec(
      `INSERT INTO processed_ids (question_id, asked_id, generation, outcome, is_permanent, logical_date, decided_at)
        VALUES (9, 'tt1', '0', 'stored', 1, 'x', 'x')`,
    );
    careless.close();
    expect((await open(path)).check().join()).toContain("questions");
  });

  test("finds a damaged page that no query reads", async () => {
    const path = makePath();
    const database = await open(path);
    await database.write((query) => {
      for (let index = 0; index < 2000; index += 1) addPool(`pool ${String(index).padStart(40, "0")}`)(query);
    });
    await database.close();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, bytes.length - 4096 * 4);
    writeFileSync(path, bytes);
    const damaged = await open(path);
    expect(damaged.check().length).toBeGreaterThan(0);
    expect(damaged.checkQuickly().length).toBeGreaterThan(0);
  });
});

describe("backup", () => {
  test("during writes has every transaction completely or not at all, and opens like the original", async () => {
    const path = makePath();
    const database = await open(path);
    const addPair = (name: string) =>
      database.write((query) => {
        addPool(`${name} left`)(query);
        addPool(`${name} right ${"x".repeat(2000)}`)(query);
      });
    await Promise.all(Array.from({ length: 800 }, (_, index) => addPair(`before ${index}`)));
    const copy = join(path, "..", "copy.db");
    let isDone = false;
    const backingUp = database.backup(copy).finally(() => {
      isDone = true;
    });
    let during = 0;
    for (; !isDone; during += 1) await addPair(`during ${during}`);
    await backingUp;
    expect(during).toBeGreaterThan(0);
    const restored = await open(copy, "existing");
    expect(restored.check()).toEqual([]);
    const pools = listPools(restored);
    expect(pools.filter((name) => name.startsWith("before"))).toHaveLength(1600);
    expect(pools.filter((name) => name.endsWith("left"))).toHaveLength(pools.length / 2);
  });
});

describe.skipIf(!hasSqliteProgram())("the sqlite3 program", () => {
  test("reads the views while a writer is open, without blocking it", async () => {
    const path = makePath();
    const database = await open(path);
    await database.write((query) =>
      query.run(
        sql`INSERT INTO events (at, at_local, level, kind, message) VALUES ('a', 'b', 'info', 'k', 'hello')`,
      ),
    );
    const read = () =>
      execFileSync("sqlite3", ["-readonly", path, "SELECT message FROM v_events"], {
        encoding: "utf8",
      }).trim();
    let inside = "";
    await database.write((query) => {
      query.run(sql`UPDATE events SET message = 'changed'`);
      inside = read();
    });
    expect([inside, read()]).toEqual(["hello", "changed"]);
  });
});

test("a file copied with its -wal opens with everything that was committed", async () => {
  const path = makePath();
  const database = await open(path);
  await database.write(addPool("in the wal"));
  const copy = join(makeTempFolder(), "dagmar.db");
  // In another process: closing a file of a database that is open here would drop its locks.
  execFileSync("cp", [path, copy]);
  execFileSync("cp", [`${path}-wal`, `${copy}-wal`]);
  expect(listPools(await open(copy, "existing"))).toEqual(["in the wal"]);
});

function hasSqliteProgram(): boolean {
  try {
    execFileSync("sqlite3", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("a file with two names is refused under both, because SQLite's log is next to only one of them", async () => {
  const path = makePath();
  const other = makePath();
  await (await openDatabase(path, { clock: createTestClock(), mode: "create" })).close();
  linkSync(path, other);
  for (const name of [path, other]) {
    for (const mode of ["create", "existing", "read"] as const) {
      const { code, message } = await refusal(openDatabase(name, { clock: createTestClock(), mode }));
      expect({ code, message }).toEqual({
        code: "DATABASE_UNUSABLE",
        message: `${name} has 2 names (hard links).`,
      });
    }
  }
  rmSync(other);
  expect((await open(path)).check()).toEqual([]);
});

test("a removed -wal next to the target of a link is noticed", async () => {
  const path = makePath();
  const link = makePath();
  symlinkSync(path, link);
  const clock = createHandClock();
  const database = await open(link, "create", clock);
  await database.write(addPool("first"));
  await clock.advance(20);
  rmSync(`${path}-wal`);
  expect((await refusal(database.write(addPool("second")))).code).toBe("DATABASE_MOVED");
});
