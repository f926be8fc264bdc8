/** Explains SQLite's and the file system's error codes to people who run Dagmar. */
import { accessSync, constants, lstatSync } from "node:fs";
import { dirname } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { StateError } from "../../model/errors.ts";
import { describePassingFault } from "../../model/system-fault.ts";
import { lookAt } from "./file-identity.ts";

const MAKE_ROOM =
  "Free some space, or raise the quota, then run the same command again: committed work is kept.";
const TRY_AGAIN =
  "Check the disk, the quota (`ulimit -f`), the file descriptors (`ulimit -n`) and the memory, or set DAGMAR_DB to another file; then run the same command again: committed work is kept.";

/** Turns errors of SQLite and of the file system into errors that say what to do. Others are returned unchanged. */
export function explainSqliteError(error: unknown, path: string): unknown {
  if (!(error instanceof BetterSqlite3.SqliteError)) return explainSystemError(error, path);
  const { code } = error;
  if (isBusy(error)) {
    return new StateError("DATABASE_BUSY", `${path} is locked by another program.`, {
      hint: "Close the program that writes to it and try again.",
    });
  }
  // SQLite extends its shared-memory file before it uses it.
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
    ? "Allow this user to write to it and to its folder, or set DAGMAR_DB to another file."
    : "Nothing was changed. Restore a backup (made with `dagmar db backup`), or set DAGMAR_DB to another file.";
  return new StateError("DATABASE_UNUSABLE", `${path} cannot be used: ${error.message}.`, { hint });
}

/** Whether SQLite, its file or its disk failed, as opposed to one statement, for example by breaking a constraint. */
export function isDatabaseFault(error: unknown): boolean {
  if (!(error instanceof BetterSqlite3.SqliteError)) return false;
  return !/^SQLITE_(?:ERROR|CONSTRAINT|TOOBIG|MISMATCH|RANGE)/.test(error.code);
}

/** SQLite does not say why it cannot open a file. If this user may open it, descriptors or memory ran out. */
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
    // A link to a missing file leads to a folder in which SQLite cannot create it.
    if (found === undefined) return lstatSync(path, { throwIfNoEntry: false }) === undefined;
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
      hint: "Allow this user to write to it and to its folder, or set DAGMAR_DB to another file.",
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
