/** SQLite's error codes as Dagmar's errors. */
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { expect, test } from "vitest";
import { StateError } from "../../../model/errors.ts";
import { explainSqliteError } from "../../../state/sqlite/sqlite-errors.ts";
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

test("a file that cannot be opened because its folder is missing needs an edit", () => {
  const error = new BetterSqlite3.SqliteError("unable to open", "SQLITE_CANTOPEN");
  const path = join(makeTempFolder(), "nowhere", "dagmar.db");
  expect(explainSqliteError(error, path)).toMatchObject({ code: "DATABASE_UNUSABLE" });
});
