/** Opens the files of an attempt's log, which may be rotated at that moment. What is read from them is decided elsewhere. */
import { constants, open, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { CommandRefused } from "../model/errors.ts";
import { listPartNames } from "./attempt-log-location.ts";

export interface LogPart {
  readonly handle: FileHandle;
  /** The part's name changes when the file is rotated. */
  readonly inode: bigint;
  /** When the file was made: a later file may get the same inode. 0 on file systems that do not keep it. */
  readonly madeNs: bigint;
  readonly sizeBytes: number;
}

/** Oldest first; the caller closes them. Raises `LOG_UNREADABLE`. A part that appears twice was renamed while we read: then all are opened again. */
export async function openLogParts(file: string): Promise<readonly LogPart[]> {
  for (;;) {
    const parts: LogPart[] = [];
    try {
      for (const name of listPartNames(file)) {
        const part = await openPart(name);
        if (part !== undefined) parts.push(part);
      }
    } catch (error) {
      await closeLogParts(parts);
      throw error;
    }
    if (new Set(parts.map(({ inode }) => inode)).size === parts.length) return parts.toReversed();
    await closeLogParts(parts);
  }
}

export async function closeLogParts(parts: readonly LogPart[]): Promise<void> {
  for (const { handle } of parts) await handle.close();
}

/** A symbolic link may lead out of the folder, and a pipe would never end: neither is a part. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);
const REFUSED: ReadonlySet<string> = new Set(["ELOOP", "ENXIO", "EACCES", "EPERM"]);

async function openPart(name: string): Promise<LogPart | undefined> {
  try {
    const handle = await open(name, FLAGS);
    const found = await handle.stat({ bigint: true });
    if (found.isFile()) {
      const { ino: inode, birthtimeNs: madeNs } = found;
      return { handle, inode, madeNs, sizeBytes: Number(found.size) };
    }
    await handle.close();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (ABSENT.has(code)) return undefined;
    if (!REFUSED.has(code)) throw error;
  }
  throw refuseLog(name);
}

/** Without the path: a reader over HTTP need not know where files are. */
export function refuseLog(name: string): CommandRefused {
  return new CommandRefused(
    "LOG_UNREADABLE",
    `${path.basename(name)} in the folder of logs is not read: it, or its folder, is a symbolic link or no regular file, or this user has no permission.`,
  );
}
