/**
 * Copies bytes into a file through a few buffers that are kept for the next copy. Memory for a buffer is outside of V8's heap:
 * a new one for every piece of every file would stay there until V8 collects.
 */
import type { FileHandle } from "node:fs/promises";

const BUFFER_BYTES = 256 * 1024;
/** So many files are copied at once, each with one buffer or, above its size, with two. */
const MOST_KEPT_BUFFERS = 8;

export interface ByteCopy {
  readonly sizeBytes: number;
  readonly target: FileHandle;
  /** Fills the buffer or a part of it, and resolves to the number of bytes. */
  readonly read: (buffer: Buffer) => Promise<number>;
  readonly signal: AbortSignal | undefined;
  /** Called after every piece with the bytes read so far. */
  readonly onRead: (readBytes: number) => void;
}

export class FileCopier {
  readonly #free: Buffer[] = [];

  /** Ends after `sizeBytes`, or earlier where `read` gives nothing. While one piece is written the next is read. */
  async copy({ sizeBytes, target, read, signal, onRead }: ByteCopy): Promise<void> {
    const taken: Buffer[] = [];
    let written: Promise<void> = Promise.resolve();
    let readBytes = 0;
    try {
      for (let piece = 0; readBytes < sizeBytes; piece += 1) {
        signal?.throwIfAborted();
        const buffer = (taken[piece % 2] ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES));
        const filledBytes = await read(buffer);
        await written;
        if (filledBytes === 0) break;
        readBytes += filledBytes;
        written = target.writeFile(buffer.subarray(0, filledBytes));
        // Its failure is raised at the await; without this an abort in between would leave it unhandled.
        written.catch(() => undefined);
        onRead(readBytes);
      }
      await written;
    } finally {
      // A buffer that is still being written may not serve another copy.
      await written.catch(() => undefined);
      this.#free.push(...taken.slice(0, MOST_KEPT_BUFFERS - this.#free.length));
    }
  }
}
