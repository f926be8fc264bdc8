/**
 * Checks that a connection's open files are still the files at their paths, and that the main one is still a
 * database. The lease protects a file, not a path: a process that keeps writing to a moved file would run next to a
 * process that opens the new file.
 */
import { openSync, readSync, realpathSync, statSync, type BigIntStats } from "node:fs";
import { StateError } from "../../model/errors.ts";

export interface FileWatch {
  /** Raises `DATABASE_MOVED`. About 20 µs. */
  assertSame(): void;
  readonly isMoved: boolean;
}

/**
 * Call it directly after the connection is opened. Opens nothing: closing a second handle would drop SQLite's locks.
 */
export function watchDatabaseFiles(path: string): FileWatch {
  const known = new Map<string, string>();
  // SQLite removes neither -wal nor -shm while a connection is open.
  const real = follow(path);
  const files = [path, `${real}-wal`, `${real}-shm`];

  function findMoved(): string | undefined {
    return files.find((file) => {
      const found = identifyFile(file);
      const before = known.get(file);
      if (before !== undefined) return found !== before && found !== "unknown";
      if (found !== "unknown" && found !== "missing") known.set(file, found);
      return false;
    });
  }

  findMoved();
  const header = watchHeader(path);
  return {
    assertSame() {
      const moved = findMoved();
      if (moved === undefined) {
        if (header.isKept()) return;
        throw new StateError("DATABASE_MOVED", `${path} was cut short or overwritten while it was in use.`, {
          hint: "This process stopped writing. Move the file, its -wal and its -shm away, then restore a backup (made with `dagmar db backup`).",
        });
      }
      throw new StateError("DATABASE_MOVED", `${moved} was moved, removed or replaced while it was in use.`, {
        hint: "This process stopped writing. Put the file back with its -wal, or set DAGMAR_DB to the right file; then start again.",
      });
    },
    get isMoved() {
      return findMoved() !== undefined || !header.isKept();
    },
  };
}

/** https://sqlite.org/fileformat.html#the_database_header */
const MAGIC = Buffer.from("SQLite format 3\0");

/** By device and inode. Never closed: closing one would drop the locks that SQLite has on the file. */
const READERS = new Map<string, number>();

/**
 * Reads past SQLite, which has the first page in its memory or in the -wal and does not look again. A file without a header
 * at first, which SQLite has yet to write, is watched once it has one.
 */
function watchHeader(path: string): { isKept(): boolean } {
  const found = Buffer.alloc(MAGIC.length);
  const reader = openReader(path);
  let wasThere = isThere();
  return {
    isKept() {
      if (isThere()) wasThere = true;
      else if (wasThere) return false;
      return true;
    },
  };

  function isThere(): boolean {
    if (reader === undefined) return true;
    found.fill(0);
    readSync(reader, found, 0, found.length, 0);
    return found.equals(MAGIC);
  }
}

/** `undefined` where the file cannot be opened by this user or descriptors are short: SQLite has it open already. */
function openReader(path: string): number | undefined {
  try {
    const name = identifyFile(path);
    const known = READERS.get(name);
    if (known !== undefined) return known;
    const reader = openSync(path, "r");
    READERS.set(name, reader);
    return reader;
  } catch {
    return undefined;
  }
}

/** SQLite keeps both next to the target of a symbolic link. */
function follow(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/** Its device and inode; `missing`; or `unknown` if it cannot be checked now, which proves nothing. */
export function identifyFile(file: string): string {
  try {
    const found = lookAt(file);
    return found === undefined ? "missing" : `${found.dev}:${found.ino}`;
  } catch {
    return "unknown";
  }
}

/**
 * `undefined` if there is no such file. Throws if that cannot be checked, as in a folder that this user may not
 * enter.
 */
export function lookAt(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}
