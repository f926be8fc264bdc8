/** Whether a file may be used as the database, and with which settings: looked at before anything is read or written. */
import { closeSync, mkdirSync, openSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import type BetterSqlite3 from "better-sqlite3";
import { describeError, StateError } from "../../model/errors.ts";
import { describePassingFault } from "../../model/system-fault.ts";
import { lookAt } from "./database-file.ts";
import { APPLICATION_ID } from "./migrate.ts";

/** `create` makes or migrates; `existing` refuses a missing file but migrates; `read` changes nothing. */
export type OpenMode = "create" | "existing" | "read";

/** Kept short, because the driver waits with the whole event loop; longer waiting is done outside. */
export const BUSY_TIMEOUT_MS = 250;

/** 3.7.0–3.51.2 can corrupt a database when the WAL is reset (https://sqlite.org/wal.html#walresetbug). */
const OLDEST_SAFE_SQLITE = [3, 51, 3] as const;

const PRAGMAS = {
  journal_mode: "wal",
  synchronous: 2,
  foreign_keys: 1,
  busy_timeout: BUSY_TIMEOUT_MS,
  // KiB, below 0. This build's own 16 MB would fill up over a day, and what is read again is in the system's cache.
  cache_size: -2000,
  wal_autocheckpoint: 1000,
  journal_size_limit: 67_108_864,
  trusted_schema: 0,
} as const;

/** `statfs` types of file systems that several machines can mount, where WAL's shared memory does not work. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x5346414f, "AFS"],
  [0x00c36400, "CephFS"],
  [0x0bd00bd0, "Lustre"],
]);

/**
 * Refuses a file that is missing where it must exist, that lost its file but not its log, or that several machines could
 * mount. What the file system itself refuses is raised as it is.
 */
export function assertUsablePath(path: string, mode: OpenMode): void {
  // Looked at first: beside one that has just been made there is a database by the time that the other look is taken.
  const hasLog = (lookAt(`${path}-wal`)?.size ?? 0n) > 0n;
  const found = lookAt(path);
  if (found !== undefined && !found.isFile() && !found.isDirectory()) {
    throw new StateError("DATABASE_UNUSABLE", `${path} is a device or a pipe, not a file.`, {
      hint: "Set DAGMAR_DB to a file.",
    });
  }
  // https://sqlite.org/howtocorrupt.html#_multiple_links_to_a_database_file: each name has a log and locks of its own.
  if (found !== undefined && found.isFile() && found.nlink > 1n) {
    throw new StateError("DATABASE_UNUSABLE", `${path} has ${found.nlink} names (hard links).`, {
      hint: "SQLite keeps what was committed last beside one of them alone. Stop what uses it by another name, copy it there if it is to be kept, and remove that name: `find / -xdev -samefile FILE` lists them.",
    });
  }
  if (found === undefined) {
    if (mode !== "create") {
      throw new StateError("DATABASE_MISSING", `There is no database at ${path} yet.`, {
        hint: "The first `dagmar run` makes it, or `dagmar db migrate`.",
      });
    }
    // Readers leave an empty one behind.
    if (hasLog) {
      throw new StateError("DATABASE_UNUSABLE", `${path} is gone, but its ${path}-wal is still there.`, {
        hint: "Put the database file back beside it, or move the -wal away to start with an empty database.",
      });
    }
    makeFolder(path);
  }
  const name = NETWORK_FILE_SYSTEMS.get(statfsSync(dirname(path)).type);
  if (name !== undefined) {
    throw new StateError("DATABASE_UNUSABLE", `${path} lies on a network file system (${name}).`, {
      hint: "SQLite's locks do not hold there; set DAGMAR_DB to a local disk.",
    });
  }
  if (mode === "create") makePrivateFile(path);
}

/**
 * An empty one, which SQLite takes as a new database: it may hold answers and messages, so that nobody else may read it.
 * SQLite gives `-wal` and `-shm` the same mode. A file that is there keeps its mode, and is never opened: closing it would
 * drop SQLite's locks.
 */
function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch {
    // It is there; or it cannot be made, and SQLite will say why.
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    if (describePassingFault(error) !== undefined) throw error;
    throw new StateError(
      "DATABASE_UNUSABLE",
      `The folder of ${path} cannot be made: ${describeError(error)}`,
      { hint: "See that this user may write there, or set DAGMAR_DB to another file.", cause: error },
    );
  }
}

export function assertSafeVersion(connection: BetterSqlite3.Database): void {
  const version = String(connection.prepare("SELECT sqlite_version()").pluck().get());
  const parts = version.split(".").map(Number);
  const order = OLDEST_SAFE_SQLITE.map((part, index) => (parts[index] ?? 0) - part).find((d) => d !== 0) ?? 0;
  if (order < 0) {
    throw new StateError("DATABASE_UNUSABLE", `SQLite ${version} can corrupt a database in WAL mode.`, {
      hint: `Dagmar needs ${OLDEST_SAFE_SQLITE.join(".")} or newer: run \`npm ci\`.`,
    });
  }
}

/** Refuses another program's database. */
export function assertOurs(connection: BetterSqlite3.Database, path: string): void {
  const applicationId = connection.pragma("application_id", { simple: true });
  const tables = connection.prepare("SELECT count(*) FROM sqlite_master").pluck().get();
  if (applicationId === APPLICATION_ID || tables === 0) return;
  throw new StateError("DATABASE_UNUSABLE", `${path} is a SQLite database, but not one of Dagmar's.`, {
    hint: "Set DAGMAR_DB to another file.",
  });
}

/** Sets every pragma and reads it back: the connection that switches to WAL would else stay with other settings than later ones. */
export function applyPragmas(connection: BetterSqlite3.Database, isReadOnly: boolean): void {
  for (const [name, wanted] of Object.entries(PRAGMAS)) {
    if (isReadOnly && name === "journal_mode") continue;
    connection.pragma(`${name} = ${wanted}`);
    const found: unknown = connection.pragma(name, { simple: true });
    if (found !== wanted) {
      throw new StateError(
        "DATABASE_UNUSABLE",
        `SQLite keeps ${name} at ${String(found)} instead of ${wanted}.`,
      );
    }
  }
}

/** What SQLite finds wrong with the file's structure, in its words. */
export function listQuickFaults(connection: BetterSqlite3.Database): readonly string[] {
  const found = connection.pragma("quick_check") as { quick_check: string }[];
  return found.map((row) => row.quick_check).filter((message) => message !== "ok");
}

/** What SQLite finds wrong with the file, in its words. */
export function listFaults(connection: BetterSqlite3.Database): readonly string[] {
  const integrity = connection.pragma("integrity_check") as { integrity_check: string }[];
  const foreign = connection.pragma("foreign_key_check") as {
    table: string;
    rowid: number | null;
    parent: string;
  }[];
  return [
    ...integrity.map((row) => row.integrity_check).filter((message) => message !== "ok"),
    ...foreign.map((row) => `${row.table} row ${row.rowid ?? "?"} refers to a missing row of ${row.parent}`),
  ];
}
