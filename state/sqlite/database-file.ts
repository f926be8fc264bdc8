/**
 * Whether the files that a connection has open are still those at their paths. The lease fences a file, not a path: who
 * goes on in a file that was moved away works beside the one who opens what stands there now.
 */
import { realpathSync, statSync, type BigIntStats } from "node:fs";
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
  return {
    assertSame() {
      const moved = findMoved();
      if (moved === undefined) return;
      throw new StateError("DATABASE_MOVED", `${moved} was moved, removed or replaced while it was in use.`, {
        hint: "Nothing more was written from here. Put the file back with its -wal, or see that DAGMAR_DB names the right file; then start again.",
      });
    },
    get isMoved() {
      return findMoved() !== undefined;
    },
  };
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
