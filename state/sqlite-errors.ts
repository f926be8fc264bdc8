/** SQLite's error codes in the terms of people who run Dagmar. */
import BetterSqlite3 from "better-sqlite3";
import { StateError } from "../model/errors.ts";

/** SQLite's own errors as ones that say what to do; anything else as it is. */
export function explainSqliteError(error: unknown, path: string): unknown {
  if (!(error instanceof BetterSqlite3.SqliteError)) return error;
  if (isBusy(error)) {
    return new StateError("DATABASE_BUSY", `${path} is locked by another program.`, {
      hint: "Close the program that writes to it and try again.",
    });
  }
  if (error.code === "SQLITE_FULL") {
    return new StateError("DATABASE_FULL", `No space is left for ${path}.`, {
      hint: "Free some and try again.",
    });
  }
  if (error.code.startsWith("SQLITE_IOERR")) {
    return new StateError("DATABASE_UNUSABLE", `${path} could not be read or written (${error.code}).`, {
      hint: "The disk may fail, or a quota may be reached (`ulimit -f`). Mend that, or set DAGMAR_DB to another file, and give the same command again: what was committed is kept.",
    });
  }
  const hint = /^SQLITE_(?:CANTOPEN|READONLY|PERM)/.test(error.code)
    ? "See that this user may write to it and to its folder, or set DAGMAR_DB to another file."
    : "Restore a backup (`dagmar db backup` makes them), or set DAGMAR_DB to another file. Nothing was changed.";
  return new StateError("DATABASE_UNUSABLE", `${path} cannot be used: ${error.message}.`, { hint });
}

/** Whether SQLite itself, its file or its disk failed; not what one statement asked of it, such as a constraint that it breaks. */
export function isDatabaseFault(error: unknown): boolean {
  if (!(error instanceof BetterSqlite3.SqliteError)) return false;
  return !/^SQLITE_(?:ERROR|CONSTRAINT|TOOBIG|MISMATCH|RANGE)/.test(error.code);
}

export function isBusy(error: unknown): boolean {
  return error instanceof BetterSqlite3.SqliteError && error.code.startsWith("SQLITE_BUSY");
}
