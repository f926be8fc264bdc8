/**
 * Reads an attempt's log file while it grows and is rotated: every line once, in order. Its caller decides what to
 * show.
 */
import { closeLogParts, openLogParts, type LogPart } from "./attempt-log-parts.ts";

const CHUNK_BYTES = 64 * 1024;

export interface AttemptLogReader {
  /** The whole lines that were added since the last call. */
  readNewLines(): AsyncGenerator<string>;
  /** The last line while it has no end: empty, or what a killed writer left. */
  readonly rest: string;
  /** Whether a file has existed so far. */
  readonly isFound: boolean;
}

/** `file` as `locateAttemptLog` gives it; its older parts are read first. */
export function createAttemptLogReader(file: string): AttemptLogReader {
  // A part is identified by its inode: its name changes when the file is rotated.
  let last: { inode: bigint; offset: number } | undefined;
  let begun: Buffer = Buffer.alloc(0);

  async function* readPart({ handle, inode }: LogPart): AsyncGenerator<string> {
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
      const parts = await openLogParts(file);
      try {
        const from = parts.findIndex(({ inode }) => inode === last?.inode);
        for (const part of parts.slice(Math.max(0, from))) yield* readPart(part);
      } finally {
        await closeLogParts(parts);
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
