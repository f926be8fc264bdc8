/**
 * Reads an attempt's log file while it grows and is rotated: every line once, in order. Its caller decides what to
 * show.
 */
import { open, type FileHandle } from "node:fs/promises";
import { listPartNames } from "./attempt-log-location.ts";

const CHUNK_BYTES = 64 * 1024;

export interface AttemptLogReader {
  /** The whole lines that were added since the last call. */
  readNewLines(): AsyncGenerator<string>;
  /** The last line while it has no end: empty, or what a killed writer left. */
  readonly rest: string;
  /** Whether a file has existed so far. */
  readonly isFound: boolean;
}

interface Part {
  readonly handle: FileHandle;
  readonly inode: bigint;
}

/** `file` as `locateAttemptLog` gives it; its older parts are read first. */
export function createAttemptLogReader(file: string): AttemptLogReader {
  // A part is identified by its inode: its name changes when the file is rotated.
  let last: { inode: bigint; offset: number } | undefined;
  let begun: Buffer = Buffer.alloc(0);

  async function* readPart({ handle, inode }: Part): AsyncGenerator<string> {
    if (last?.inode !== inode) {
      // Parts end with a line's end, unless the writer was killed in the middle of a line.
      if (begun.length > 0) yield begun.toString("utf8");
      begun = Buffer.alloc(0);
      last = { inode, offset: 0 };
    }
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, last.offset);
      if (bytesRead === 0) return;
      last.offset += bytesRead;
      const bytes = Buffer.concat([begun, buffer.subarray(0, bytesRead)]);
      const end = bytes.lastIndexOf("\n");
      begun = bytes.subarray(end + 1);
      if (end >= 0) yield* bytes.toString("utf8", 0, end).split("\n");
    }
  }

  return {
    async *readNewLines() {
      const parts = await openParts(file);
      try {
        const from = parts.findIndex(({ inode }) => inode === last?.inode);
        for (const part of parts.slice(Math.max(0, from))) yield* readPart(part);
      } finally {
        for (const { handle } of parts) await handle.close();
      }
    },
    get rest() {
      return begun.toString("utf8");
    },
    get isFound() {
      return last !== undefined;
    },
  };
}

/** Oldest first. A part that appears twice was renamed while we read: then all are opened again. */
async function openParts(file: string): Promise<readonly Part[]> {
  for (;;) {
    const parts: Part[] = [];
    for (const name of listPartNames(file)) {
      const part = await openPart(name);
      if (part !== undefined) parts.push(part);
    }
    if (new Set(parts.map(({ inode }) => inode)).size === parts.length) return parts.toReversed();
    for (const { handle } of parts) await handle.close();
  }
}

async function openPart(name: string): Promise<Part | undefined> {
  try {
    const handle = await open(name, "r");
    return { handle, inode: (await handle.stat({ bigint: true })).ino };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
