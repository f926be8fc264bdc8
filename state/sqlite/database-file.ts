/**
 * Whether the files that a connection has open are still those at their paths, and the main one still a database. The lease
 * fences a file, not a path: a process that continues in a file that was moved away works beside the one that opens what
 * stands there now.
 */
import { openSync, readSync, realpathSync, statSync, type BigIntStats } from "node:fs";
import { StateError } from "../../model/errors.ts";

export interface FileWatch {
  /** Raises `DATABASE_MOVED`. About 20 µs. */
  assertSame(): void;
  readonly isMoved: boolean;
}

/** To be called when the connection has just been opened. Opens nothing: to close a second handle drops SQLite's locks. */
export function watchDatabaseFiles(path: string): FileWatch {
  const known = new Map<string, string>();
  // SQLite removes neither of the last two while a connection is open.
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
          hint: "Nothing more was written from here. Restore a backup (`dagmar db backup` makes them): move the file, its -wal and its -shm away first.",
        });
      }
      throw new StateError("DATABASE_MOVED", `${moved} was moved, removed or replaced while it was in use.`, {
        hint: "Nothing more was written from here. Put the file back with its -wal, or see that DAGMAR_DB names the right file; then start again.",
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

/** SQLite keeps both beside the file that a symbolic link leads to. */
function follow(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/** Its device and inode; `missing`, or `unknown` for one that cannot be looked at now: of that nothing is concluded. */
export function identifyFile(file: string): string {
  try {
    const found = lookAt(file);
    return found === undefined ? "missing" : `${found.dev}:${found.ino}`;
  } catch {
    return "unknown";
  }
}

/** `undefined` where there is no such file. Throws where that cannot be told, as in a folder that this user may not enter. */
export function lookAt(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}
