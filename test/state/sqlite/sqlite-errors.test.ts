/** SQLite's error codes as Dagmar's errors. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { expect, test } from "vitest";
import { StateError } from "../../../model/errors.ts";
import { explainSqliteError, isDatabaseFault } from "../../../state/sqlite/sqlite-errors.ts";
import { makeTempFolder } from "../../support/test-world.ts";

const CASES: readonly [string, string, number][] = [
  ["SQLITE_BUSY", "DATABASE_BUSY", 75],
  ["SQLITE_BUSY_SNAPSHOT", "DATABASE_BUSY", 75],
  ["SQLITE_LOCKED_SHAREDCACHE", "DATABASE_BUSY", 75],
  ["SQLITE_PROTOCOL", "DATABASE_BUSY", 75],
  ["SQLITE_FULL", "DATABASE_FULL", 75],
  ["SQLITE_IOERR_SHMSIZE", "DATABASE_FULL", 75],
  ["SQLITE_IOERR_WRITE", "DATABASE_FAILING", 75],
  ["SQLITE_IOERR_SHMOPEN", "DATABASE_FAILING", 75],
  ["SQLITE_IOERR_NOMEM", "DATABASE_FAILING", 75],
  ["SQLITE_NOMEM", "DATABASE_FAILING", 75],
  ["SQLITE_CANTOPEN", "DATABASE_FAILING", 75],
  ["SQLITE_IOERR_CORRUPTFS", "DATABASE_UNUSABLE", 78],
  ["SQLITE_CANTOPEN_ISDIR", "DATABASE_UNUSABLE", 78],
  ["SQLITE_READONLY", "DATABASE_UNUSABLE", 78],
  ["SQLITE_READONLY_DBMOVED", "DATABASE_MOVED", 78],
  ["SQLITE_PERM", "DATABASE_UNUSABLE", 78],
  ["SQLITE_CORRUPT", "DATABASE_UNUSABLE", 78],
  ["SQLITE_NOTADB", "DATABASE_UNUSABLE", 78],
  ["ENOSPC", "DATABASE_FULL", 75],
  ["EDQUOT", "DATABASE_FULL", 75],
  ["EMFILE", "DATABASE_FAILING", 75],
  ["EIO", "DATABASE_FAILING", 75],
  ["EACCES", "DATABASE_UNUSABLE", 78],
];

test.each(CASES)("%s at a path that may be written is %s", (code, expected, exitCode) => {
  const path = join(makeTempFolder(), "dagmar.db");
  const error = code.startsWith("SQLITE")
    ? new BetterSqlite3.SqliteError("said SQLite", code)
    : Object.assign(new Error(code), { code, syscall: "open" });
  const explained = explainSqliteError(error, path);
  expect(explained).toBeInstanceOf(StateError);
  expect(explained).toMatchObject({ code: expected, exitCode });
});

test.each([
  ["SQLITE_BUSY", /^Close the program that writes to it/],
  ["SQLITE_FULL", /^Free some space/],
  ["ENOSPC", /^Free some space/],
  ["SQLITE_IOERR_READ", /^Check the disk, the quota/],
  ["EMFILE", /^Check the disk, the quota/],
  ["SQLITE_READONLY", /^Allow this user to write to it/],
  ["SQLITE_PERM", /^Allow this user to write to it/],
  ["EACCES", /^Allow this user to write to it/],
  ["SQLITE_CORRUPT", /Restore a backup/],
  // Its words have "READONLY" in them, and no permission mends it.
  ["SQLITE_CORRUPT_READONLY", /Restore a backup/],
])("%s says what to do", (code, hint) => {
  const error = code.startsWith("SQLITE")
    ? new BetterSqlite3.SqliteError("said SQLite", code)
    : Object.assign(new Error(code), { code, syscall: "open" });
  expect(explainSqliteError(error, join(makeTempFolder(), "dagmar.db"))).toMatchObject({
    hint: expect.stringMatching(hint) as string,
  });
});

test.each([new Error("our own"), new StateError("LEASE_LOST", "taken over"), "a text", undefined])(
  "an error of neither SQLite nor the system is not changed: %s",
  (error) => {
    expect(explainSqliteError(error, "dagmar.db")).toBe(error);
    expect(isDatabaseFault(error)).toBe(false);
  },
);

test("a constraint is a fault of one statement; a full disk, a lock and a damaged file are faults of the database", () => {
  const isFault = (code: string): boolean => isDatabaseFault(new BetterSqlite3.SqliteError("said", code));
  const statements = ["ERROR", "CONSTRAINT_UNIQUE", "CONSTRAINT", "TOOBIG", "MISMATCH", "RANGE"];
  expect(statements.filter((name) => isFault(`SQLITE_${name}`))).toEqual([]);
  const database = ["FULL", "BUSY", "CORRUPT", "IOERR_WRITE", "READONLY", "NOMEM", "NOTADB", "CANTOPEN"];
  expect(database.filter((name) => !isFault(`SQLITE_${name}`))).toEqual([]);
});

test.each<readonly [string, (path: string) => unknown, string]>([
  ["is there and may be written", (path) => writeFileSync(path, ""), "DATABASE_FAILING"],
  ["is missing in a folder that may be written", () => undefined, "DATABASE_FAILING"],
  ["is a folder", (path) => mkdirSync(path), "DATABASE_UNUSABLE"],
  ["is a link to a file that is missing", (path) => symlinkSync(`${path}.away`, path), "DATABASE_UNUSABLE"],
])("a file that SQLite cannot open and that %s", (_what, make, code) => {
  const error = new BetterSqlite3.SqliteError("unable to open", "SQLITE_CANTOPEN");
  const path = join(makeTempFolder(), "dagmar.db");
  make(path);
  expect(explainSqliteError(error, path)).toMatchObject({ code });
  expect(explainSqliteError(error, join(path, "nowhere", "dagmar.db"))).toMatchObject({
    code: "DATABASE_UNUSABLE",
  });
});
