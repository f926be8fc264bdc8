/** A database's files are changed past SQLite: the next transaction refuses. What SQLite itself writes is never refused. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { StateError } from "../../../model/errors.ts";
import { renewLease, takeLease } from "../../../state/control/lease.ts";
import { decodeHeader, mayFollow, type DatabaseHeader } from "../../../state/sqlite/database-header.ts";
import { openDatabase, type Database } from "../../../state/sqlite/database.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { createHandClock, type HandClock } from "../../support/hand-clock.ts";
import { createTestClock, makeTempFolder } from "../../support/test-world.ts";

const HOLDER = { purpose: "test", pid: 1, host: "here", processStarted: "1" };
const TIMES = { now: "2026-11-23T09:00:00.000Z", expiresAt: "2026-11-23T09:00:30.000Z" };

const write = (database: Database, bytes = 10): Promise<unknown> =>
  database.write((query) =>
    query.run(sql`INSERT INTO pools (pool, slots) VALUES (hex(randomblob(${bytes})), 1)`),
  );

async function take(database: Database): Promise<number> {
  const taken = await database.write((query) => takeLease(query, HOLDER, TIMES, () => true));
  return "epoch" in taken ? taken.epoch : 0;
}

/** A database that its second process is using, and a copy of what the first has left. */
async function openUsed(clock: HandClock) {
  const path = join(makeTempFolder(), "dagmar.db");
  const first = await openDatabase(path, { clock: createTestClock(), mode: "create" });
  await take(first);
  await write(first);
  await first.close();
  const before = `${path}.before`;
  execFileSync("cp", [path, before]);
  const database = await openDatabase(path, { clock, mode: "create" });
  onTestFinished(() => database.close());
  await take(database);
  await write(database);
  return { path, before, database };
}

const overwrite = (file: string, bytes: Buffer, at: number): void => {
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, bytes, 0, bytes.length, at);
  closeSync(descriptor);
};

async function makeOther(path: string): Promise<string> {
  const other = join(dirname(path), "other.db");
  const database = await openDatabase(other, { clock: createTestClock(), mode: "create" });
  // Its counter is greater: the mark alone tells.
  for (let time = 0; time < 20; time += 1) {
    const connection = new BetterSqlite3(other);
    connection.pragma(`user_version = ${connection.pragma("user_version", { simple: true }) as number}`);
    connection.close();
  }
  await database.close();
  return other;
}

type Spoil = (path: string, before: string, database: Database) => unknown;

/** In place, so that name and inode stay. The first word is the end of the name of the file that is meant. */
const SPOILS: readonly (readonly [string, "" | "-wal", Spoil])[] = [
  ["is cut to nothing", "", (path) => truncateSync(path, 0)],
  ["is cut in its first page", "", (path) => truncateSync(path, 10)],
  ["lost its second half", "", (path) => truncateSync(path, statSync(path).size / 2)],
  ["lost its last page", "", (path) => truncateSync(path, statSync(path).size - 4096)],
  ["is overwritten with noise", "", (path) => writeFileSync(path, randomBytes(200_000))],
  ["is overwritten with zeros", "", (path) => writeFileSync(path, Buffer.alloc(200_000))],
  ["is damaged behind its first words", "", (path) => overwrite(path, Buffer.from([7]), 17)],
  ["is damaged in its counter", "", (path) => overwrite(path, randomBytes(4), 24)],
  ["is damaged in its number of pages", "", (path) => overwrite(path, Buffer.alloc(4), 28)],
  ["is damaged in its schema's number", "", (path) => overwrite(path, Buffer.alloc(4), 40)],
  ["is damaged in its encoding", "", (path) => overwrite(path, Buffer.from([9]), 59)],
  ["is damaged in its mark", "", (path) => overwrite(path, randomBytes(4), 60)],
  ["is damaged in its zeros", "", (path) => overwrite(path, Buffer.from("x"), 80)],
  ["is replaced by a text", "", (path) => copyFileSync(new URL("../../../LICENSE", import.meta.url), path)],
  ["is replaced by what it was before", "", (path, before) => copyFileSync(before, path)],
  [
    "is replaced by its backup",
    "",
    async (path, _, database) => {
      await database.backup(`${path}.backup`);
      copyFileSync(`${path}.backup`, path);
    },
  ],
  [
    "is replaced by another program's database",
    "",
    (path) => {
      const other = new BetterSqlite3(`${path}.other`);
      other.exec("CREATE TABLE things (thing TEXT)");
      other.close();
      copyFileSync(`${path}.other`, path);
    },
  ],
  [
    "is replaced by another database of Dagmar",
    "",
    async (path) => copyFileSync(await makeOther(path), path),
  ],
  ["lost the content of its -wal", "-wal", (path) => truncateSync(`${path}-wal`, 0)],
  ["lost a part of its only frame in the -wal", "-wal", (path) => truncateSync(`${path}-wal`, 4000)],
  ["is spoilt in its -wal's header", "-wal", (path) => overwrite(`${path}-wal`, randomBytes(8), 16)],
];

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "done",
    (error: unknown) => (error instanceof StateError ? `${error.code}: ${error.message}` : String(error)),
  );
}

test.each(SPOILS)("a database that %s is no longer written, also not on close", async (_, end, spoil) => {
  const clock = createHandClock();
  const { path, before, database } = await openUsed(clock);
  const reader = new BetterSqlite3(path, { readonly: true });
  onTestFinished(() => void reader.close());
  // So that the file is not what it was before.
  new BetterSqlite3(path).pragma("wal_checkpoint(PASSIVE)");
  await clock.advance(20);
  await write(database);
  await clock.advance(20);
  await spoil(path, before, database);
  const left = readFileSync(path);
  expect(await codeOf(write(database))).toBe(
    `DATABASE_MOVED: ${path}${end} was cut short or overwritten while it was in use.`,
  );
  await database.close();
  expect(readFileSync(path).equals(left)).toBe(true);
});

test("a file that cannot be looked at proves nothing, and the database stays in use", async () => {
  const clock = createHandClock();
  const { path, database } = await openUsed(clock);
  const folder = dirname(path);
  renameSync(folder, `${folder}.away`);
  // Each path below it is then ELOOP, as it is EACCES below a folder that this user may not enter.
  symlinkSync(folder, folder);
  try {
    await clock.advance(20);
    await write(database);
  } finally {
    unlinkSync(folder);
    renameSync(`${folder}.away`, folder);
  }
  await clock.advance(20);
  await write(database);
  truncateSync(path, 0);
  await clock.advance(20);
  expect(await codeOf(write(database))).toMatch(/^DATABASE_MOVED/);
});

test("a new database that another one replaces before its first checkpoint is no longer written", async () => {
  const clock = createHandClock();
  const path = join(makeTempFolder(), "dagmar.db");
  const database = await openDatabase(path, { clock, mode: "create" });
  onTestFinished(() => database.close());
  await take(database);
  await clock.advance(20);
  copyFileSync(await makeOther(path), path);
  expect(await codeOf(write(database))).toMatch(/^DATABASE_MOVED: .* was cut short or overwritten/);
});

test.each([
  [
    "its backup",
    async (path: string, database: Database) => {
      await database.backup(`${path}.backup`);
      return `${path}.backup`;
    },
  ],
  ["another database of Dagmar", (path: string) => makeOther(path)],
])("a -wal next to %s is refused in every mode, and nothing is changed", async (_, choose) => {
  const { path, database } = await openUsed(createHandClock());
  const image = join(makeTempFolder(), "dagmar.db");
  execFileSync("cp", [await choose(path, database), image]);
  execFileSync("cp", [`${path}-wal`, `${image}-wal`]);
  const left = [image, `${image}-wal`].map((file) => readFileSync(file));
  for (const mode of ["create", "existing", "read"] as const) {
    expect(await codeOf(openDatabase(image, { clock: createTestClock(), mode }))).toBe(
      `DATABASE_UNUSABLE: ${image}-wal belongs to another state of the database than ${image}.`,
    );
  }
  expect([image, `${image}-wal`].map((file, at) => left[at]?.equals(readFileSync(file)))).toEqual([
    true,
    true,
  ]);
});

describe("what SQLite itself writes is no reason to stop:", () => {
  const OTHERS: Readonly<Record<string, (other: BetterSqlite3.Database) => unknown>> = {
    "a row": (other) => other.exec("INSERT INTO pools (pool, slots) VALUES (hex(randomblob(9000)), 1)"),
    "many rows": (other) =>
      other.exec("INSERT INTO pools SELECT hex(randomblob(3000)), 1 FROM json_each('[1,2,3,4,5,6,7,8,9]')"),
    "fewer rows": (other) => other.exec("DELETE FROM pools WHERE random() % 2 = 0"),
    "an index": (other) => other.exec("CREATE INDEX IF NOT EXISTS by_slots ON pools (slots)"),
    "no index": (other) => other.exec("DROP INDEX IF EXISTS by_slots"),
    ANALYZE: (other) => other.exec("ANALYZE"),
    VACUUM: (other) => other.exec("VACUUM"),
    "a checkpoint": (other) => other.pragma("wal_checkpoint(PASSIVE)"),
    "an empty log": (other) => other.pragma("wal_checkpoint(TRUNCATE)"),
    "the same mark": (other) =>
      other.pragma(`user_version = ${other.pragma("user_version", { simple: true }) as number}`),
  };

  test("the first checkpoint of a new database", async () => {
    const clock = createHandClock();
    const path = join(makeTempFolder(), "dagmar.db");
    const database = await openDatabase(path, { clock, mode: "create" });
    onTestFinished(() => database.close());
    await take(database);
    const other = new BetterSqlite3(path);
    other.pragma("wal_checkpoint(PASSIVE)");
    other.close();
    await clock.advance(20);
    expect(await codeOf(write(database))).toBe("done");
  });

  test("a file that becomes smaller, down to the pages that it has", () => {
    const bytes = Buffer.alloc(100);
    bytes.write("SQLite format 3\0", 0, "latin1");
    bytes.writeUInt16BE(4096, 16);
    bytes.writeUInt32BE(10, 28);
    const ofSize = (pages: number): DatabaseHeader => {
      const header = decodeHeader(bytes, pages * 4096);
      if (header === undefined) throw new Error("no header");
      return header;
    };
    const smaller = [8, 9, 10, 11].map((pages) => mayFollow(ofSize(20), ofSize(pages)));
    expect(smaller).toEqual([false, false, true, true]);
    expect(mayFollow(ofSize(8), ofSize(9))).toBe(true);
  });

  test.each([1, 2, 3])(
    "other programs' work in random order (%i), and each state of the files opens",
    async (seed) => {
      const clock = createHandClock();
      const { path, database } = await openUsed(clock);
      const others = [new BetterSqlite3(path), new BetterSqlite3(path)];
      const kinds = Object.values(OTHERS);
      let state = seed;
      const draw = (below: number): number => {
        state = (state * 48_271) % 2_147_483_647;
        return state % below;
      };
      for (let step = 0; step < 25; step += 1) {
        const other = others[draw(2)];
        if (other !== undefined) kinds[draw(kinds.length)]?.(other);
        if (draw(4) === 0) await database.write((query) => renewLease(query, 2, TIMES.expiresAt));
        await clock.advance(20);
        expect(await codeOf(write(database, 2000))).toBe("done");
        const image = join(makeTempFolder(), "dagmar.db");
        execFileSync("cp", [path, image]);
        execFileSync("cp", [`${path}-wal`, `${image}-wal`]);
        const opened = await openDatabase(image, { clock: createTestClock(), mode: "read" });
        expect(countPools(opened)).toBe(countPools(database));
        await opened.close();
      }
      for (const other of others) other.close();
      expect(database.check()).toEqual([]);
    },
  );
});

function countPools(database: Database): number {
  return database.one<{ count: number }>(sql`SELECT count(*) AS count FROM pools`).count;
}
