/**
 * Checks that a connection's open files are still the files at their paths, and that no other program has changed what
 * is in them. The lease protects a file, not a path: a process that keeps writing to a moved file would run next to a
 * process that opens the new file.
 */
import { StateError } from "../../model/errors.ts";
import { decodeHeader, HEADER_BYTES, mayFollow, type DatabaseHeader } from "./database-header.ts";
import { watchLog } from "./database-log.ts";
import { followLink, identifyFile, lookAt } from "./file-identity.ts";
import { openRawReader } from "./raw-reader.ts";

export interface FileWatch {
  /** Raises `DATABASE_MOVED`. About 30 µs. */
  assertSame(): void;
  readonly isMoved: boolean;
}

/** Call it directly after the connection is opened. `mark` is the one that SQLite reads; 0 if it is not set yet. */
export function watchDatabaseFiles(path: string, mark: number): FileWatch {
  const known = new Map<string, string>();
  // SQLite removes neither -wal nor -shm while a connection is open.
  const real = followLink(path);
  const files = [path, `${real}-wal`, `${real}-shm`];

  /** A file could not be looked at, which proves nothing; neither does what is read of it. */
  let isUnclear = false;

  function findMoved(): string | undefined {
    isUnclear = false;
    return files.find((file) => {
      const found = identifyFile(file);
      const before = known.get(file);
      if (found === "unknown") isUnclear = true;
      else if (before !== undefined) return found !== before;
      else if (found !== "missing") known.set(file, found);
      return false;
    });
  }

  function findSpoilt(): string | undefined {
    if (isUnclear) return undefined;
    for (let look = 1; ; look += 1) {
      const spoilt = header.isKept() ? (log.isWhole() ? undefined : `${real}-wal`) : path;
      if (spoilt === undefined || look === LOOKS) return spoilt;
    }
  }

  findMoved();
  const header = watchHeader(path, mark);
  const log = watchLog(real);
  return {
    assertSame() {
      const moved = findMoved();
      if (moved !== undefined) {
        throw new StateError(
          "DATABASE_MOVED",
          `${moved} was moved, removed or replaced while it was in use.`,
          {
            hint: "This process stopped writing. Put the file back with its -wal, or set DAGMAR_DB to the right file; then start again.",
          },
        );
      }
      const spoilt = findSpoilt();
      if (spoilt === undefined) return;
      throw new StateError("DATABASE_MOVED", `${spoilt} was cut short or overwritten while it was in use.`, {
        hint: `This process stopped writing. ${spoilt === path ? REPLACE_FILE : REPLACE_LOG}`,
      });
    },
    get isMoved() {
      return findMoved() !== undefined || findSpoilt() !== undefined;
    },
  };
}

const REPLACE_FILE =
  "Move the file, its -wal and its -shm away, then restore a backup (made with `dagmar db backup`).";
const REPLACE_LOG =
  "The newest commits are lost. Start again without them (what was stored is learned from the lake), or restore a backup (made with `dagmar db backup`).";

/** A legal state may look spoilt while another process writes it; the next look then finds it whole. */
const LOOKS = 3;

/**
 * Reads past SQLite, which has the first page in its memory or in the -wal. A file without a header at first, which
 * SQLite has yet to write, is watched once it has one.
 */
function watchHeader(path: string, mark: number): { isKept(): boolean } {
  const reader = openRawReader(path);
  let known: DatabaseHeader | undefined;

  function isKept(): boolean {
    if (reader === undefined) return true;
    const sizeBytes = Number(lookAt(path)?.size ?? 0);
    const found = decodeHeader(reader.read(0, HEADER_BYTES), sizeBytes);
    if (found === undefined) return known === undefined;
    if (known !== undefined && !mayFollow(known, found)) return false;
    if (mark !== 0 && found.mark !== 0 && found.mark !== mark) return false;
    known = found;
    return true;
  }

  isKept();
  return { isKept };
}
