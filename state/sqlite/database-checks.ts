/** Checks whether a file may be used as the database, and sets its pragmas, before anything is read or written. */
import { closeSync, openSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import type BetterSqlite3 from "better-sqlite3";
import { describeError, StateError } from "../../model/errors.ts";
import { describePassingFault } from "../../model/system-fault.ts";
import { lookAt } from "./file-identity.ts";
import { makeFolders } from "./make-folder.ts";
import { APPLICATION_ID } from "./migrate.ts";

/** `create` creates or migrates; `existing` refuses a missing file but migrates; `read` changes nothing. */
export type OpenMode = "create" | "existing" | "read";

/** Short, because the driver blocks the event loop while it waits; longer waits are done outside. */
export const BUSY_TIMEOUT_MS = 250;

/** 3.7.0–3.51.2 can corrupt a database when the WAL is reset (https://sqlite.org/wal.html#walresetbug). */
const OLDEST_SAFE_SQLITE = [3, 51, 3] as const;

const PRAGMAS = {
  journal_mode: "wal",
  synchronous: 2,
  foreign_keys: 1,
  busy_timeout: BUSY_TIMEOUT_MS,
  // Negative: KiB. This build's default of 16 MB would fill up over a day; the system's cache has what is read again.
  cache_size: -2000,
  wal_autocheckpoint: 1000,
  journal_size_limit: 67_108_864,
  trusted_schema: 0,
} as const;

/** `statfs` types of network file systems, where WAL's shared memory does not work. */
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
 * Refuses a missing file that must exist, a log without its file, and a network file system. The file system's own
 * errors are raised unchanged.
 */
export function assertUsablePath(path: string, mode: OpenMode): void {
  // Checked first: if another process is just creating the database, its file exists by the second check.
  const hasLog = (lookAt(`${path}-wal`)?.size ?? 0n) > 0n;
  const found = lookAt(path);
  if (found !== undefined && !found.isFile()) {
    const what = found.isDirectory() ? "a folder" : "a device or a pipe";
    throw new StateError("DATABASE_UNUSABLE", `${path} is ${what}, not a file.`, {
      hint: "Set DAGMAR_DB to a file.",
    });
  }
  // Each name has its own log and locks: https://sqlite.org/howtocorrupt.html#_multiple_links_to_a_database_file
  if (found !== undefined && found.nlink > 1n) {
    throw new StateError("DATABASE_UNUSABLE", `${path} has ${found.nlink} names (hard links).`, {
      hint: "SQLite keeps the newest commits next to only one of them. Stop the programs that use another name, copy the file if you need it, and remove that name: `find / -xdev -samefile FILE` lists them.",
    });
  }
  if (found === undefined) {
    if (mode !== "create") {
      throw new StateError("DATABASE_MISSING", `There is no database at ${path} yet.`, {
        hint: "The first `dagmar run` creates it, or `dagmar db migrate`. If there is one already, change to its project's folder, or set DAGMAR_DB.",
      });
    }
    // Readers leave an empty -wal behind.
    if (hasLog) {
      throw new StateError("DATABASE_UNUSABLE", `${path} is gone, but its ${path}-wal is still there.`, {
        hint: "Put the database file back, or move the -wal away to start with an empty database.",
      });
    }
    makeFolder(path);
  }
  const name = NETWORK_FILE_SYSTEMS.get(statfsSync(dirname(path)).type);
  if (name !== undefined) {
    throw new StateError("DATABASE_UNUSABLE", `${path} is on a network file system (${name}).`, {
      hint: "SQLite's locks do not work there: set DAGMAR_DB to a local disk.",
    });
  }
  if (mode === "create") makePrivateFile(path);
}

/**
 * Creates an empty file, which SQLite takes as a new database. Only its owner may read it, because it will hold
 * answers and messages; SQLite gives `-wal` and `-shm` the same mode. An existing file keeps its mode and is never
 * opened: closing it would drop SQLite's locks. The file system's own errors are raised: SQLite does not say why it
 * cannot create a file.
 */
function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function makeFolder(path: string): void {
  try {
    makeFolders(dirname(path));
  } catch (error) {
    if (describePassingFault(error) !== undefined) throw error;
    throw new StateError(
      "DATABASE_UNUSABLE",
      `The folder of ${path} cannot be created: ${describeError(error)}`,
      { hint: "Allow this user to write there, or set DAGMAR_DB to another file.", cause: error },
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

/** Refuses another program's database. An empty file is no database yet. */
export function assertOurs(connection: BetterSqlite3.Database, path: string): void {
  const applicationId = connection.pragma("application_id", { simple: true });
  const tables = connection.prepare("SELECT count(*) FROM sqlite_master").pluck().get();
  if (applicationId === APPLICATION_ID || tables === 0) return;
  throw new StateError("DATABASE_UNUSABLE", `${path} is a SQLite database, but not Dagmar's.`, {
    hint: "Set DAGMAR_DB to another file.",
  });
}

/**
 * Sets every pragma and reads it back: otherwise the connection that switches to WAL could keep other settings than
 * later ones.
 */
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

/** SQLite's own messages about damage in the file. */
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
