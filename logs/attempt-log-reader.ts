/** Reads an attempt's log file while it grows and begins anew: every line once, in order. Who shows them is decided elsewhere. */
import { open, type FileHandle } from "node:fs/promises";
import { listPartNames } from "./attempt-log-location.ts";

const CHUNK_BYTES = 64 * 1024;

export interface AttemptLogReader {
  /** The whole lines that have come since the last call. */
  readNewLines(): AsyncGenerator<string>;
  /** What has no end of line yet: nothing, or what a writer that was killed has left. */
  readonly rest: string;
  /** Whether there was a file to read so far. */
  readonly isFound: boolean;
}

interface Part {
  readonly handle: FileHandle;
  readonly inode: bigint;
}

/** `file` as `locateAttemptLog` gives it; its older parts are read first. */
export function createAttemptLogReader(file: string): AttemptLogReader {
  // A part is known by its inode: its name changes when the file begins anew.
  let last: { inode: bigint; offset: number } | undefined;
  let begun: Buffer = Buffer.alloc(0);

  async function* readPart({ handle, inode }: Part): AsyncGenerator<string> {
    if (last?.inode !== inode) {
      // Parts end with a line's end, save where the writer was killed in the middle of one.
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

/** Oldest first. A part that is met twice was renamed under our hands: then all are opened again. */
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
