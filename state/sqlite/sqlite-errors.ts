/** SQLite's error codes, and the file system's around it, in the terms of people who run Dagmar. */
import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { StateError } from "../../model/errors.ts";
import { describePassingFault } from "../../model/system-fault.ts";
import { lookAt } from "./database-file.ts";

const MAKE_ROOM =
  "Make room, or raise the quota, and give the same command again: what was committed is kept.";
const TRY_AGAIN =
  "The disk may fail, a quota may be reached (`ulimit -f`), or file descriptors (`ulimit -n`) or memory may be short. Mend that, or set DAGMAR_DB to another file, and give the same command again: what was committed is kept.";

/** SQLite's own errors, and those of the file system, as ones that say what to do; anything else as it is. */
export function explainSqliteError(error: unknown, path: string): unknown {
  if (!(error instanceof BetterSqlite3.SqliteError)) return explainSystemError(error, path);
  const { code } = error;
  if (isBusy(error)) {
    return new StateError("DATABASE_BUSY", `${path} is locked by another program.`, {
      hint: "Close the program that writes to it and try again.",
    });
  }
  // Its shared memory is a file that is made as large as it has to be before it is used.
  if (code === "SQLITE_FULL" || code === "SQLITE_IOERR_SHMSIZE") {
    return new StateError("DATABASE_FULL", `No space is left for ${path}.`, { hint: MAKE_ROOM });
  }
  if (code === "SQLITE_READONLY_DBMOVED") {
    return new StateError("DATABASE_MOVED", `${path} was moved, removed or replaced while it was in use.`);
  }
  if (isPassing(code, path)) {
    return new StateError("DATABASE_FAILING", `${path} could not be read or written (${code}).`, {
      hint: TRY_AGAIN,
    });
  }
  const hint = /^SQLITE_(?:CANTOPEN|READONLY|PERM|AUTH)/.test(code)
    ? "See that this user may write to it and to its folder, or set DAGMAR_DB to another file."
    : "Restore a backup (`dagmar db backup` makes them), or set DAGMAR_DB to another file. Nothing was changed.";
  return new StateError("DATABASE_UNUSABLE", `${path} cannot be used: ${error.message}.`, { hint });
}

/** Whether SQLite itself, its file or its disk failed; not what one statement asked of it, such as a constraint that it breaks. */
export function isDatabaseFault(error: unknown): boolean {
  if (!(error instanceof BetterSqlite3.SqliteError)) return false;
  return !/^SQLITE_(?:ERROR|CONSTRAINT|TOOBIG|MISMATCH|RANGE)/.test(error.code);
}

/** SQLite does not say why it cannot open a file: what this user may open fails for want of descriptors or of memory. */
function isPassing(code: string, path: string): boolean {
  if (code === "SQLITE_IOERR_CORRUPTFS") return false;
  if (code.startsWith("SQLITE_IOERR") || code === "SQLITE_NOMEM") return true;
  return code === "SQLITE_CANTOPEN" && mayOpen(path);
}

function mayOpen(path: string): boolean {
  const { R_OK, W_OK, X_OK } = constants;
  try {
    accessSync(dirname(path), W_OK | X_OK);
    const found = lookAt(path);
    if (found === undefined) return true;
    accessSync(path, R_OK | W_OK);
    return found.isFile();
  } catch {
    return false;
  }
}

function explainSystemError(error: unknown, path: string): unknown {
  if (!(error instanceof Error && "syscall" in error)) return error;
  const passing = describePassingFault(error);
  if (passing === undefined) {
    return new StateError("DATABASE_UNUSABLE", `${path} cannot be used: ${error.message}.`, {
      hint: "See that this user may write to it and to its folder, or set DAGMAR_DB to another file.",
      cause: error,
    });
  }
  const code = /ENOSPC|EDQUOT/.test(passing) ? "DATABASE_FULL" : "DATABASE_FAILING";
  return new StateError(code, `${path} cannot be used: ${passing}.`, {
    hint: code === "DATABASE_FULL" ? MAKE_ROOM : TRY_AGAIN,
    cause: error,
  });
}

export function isBusy(error: unknown): boolean {
  return error instanceof BetterSqlite3.SqliteError && /^SQLITE_(?:BUSY|LOCKED|PROTOCOL)/.test(error.code);
}
