/**
 * Pumps a stream of bytes into the scanning thread, with a few buffers that are passed back and forth, so that neither
 * side runs ahead. The caller decides what is scanned for and what happens with the result.
 */
import type { Readable } from "node:stream";
import { TaskFailure } from "../../model/errors.ts";
import type { WorkerThread } from "../../model/ports/task-type.ts";
import type { FromScanWorker, ToScanWorker } from "./messages.ts";
import type { ScanResult } from "./scan/scanner.ts";

/** Bytes in one message: large enough that its cost does not matter. */
const BUFFER_BYTES = 256 * 1024;
/** The most messages under way: one in work and the next ones waiting. */
const BUFFERS = 4;

export interface ScanProgress {
  readonly rows: number;
  readonly bytes: number;
  /** Found since the last call. */
  readonly ids: readonly string[];
}

/**
 * The result of scanning all of `source` (bytes; no encoding may be set on it) in a new thread of `worker.ts`, with the
 * ids found since the last step. `onStep` is called about every 256 KiB; while it keeps ids the thread gets only the
 * bytes that the buffers hold.
 *
 * Rejects with the stream's own error if it fails, with the thread's `TaskFailure` (the stream is then destroyed), or
 * as `worker.next` does when the thread ends. In every case the stream has ended and no message is pending. The
 * thread's owner stops it; to give up early, destroy the stream.
 */
export async function scanStream(
  source: Readable,
  worker: WorkerThread,
  onStep: (progress: ScanProgress) => void | Promise<void>,
): Promise<ScanResult> {
  const pool = createBufferPool();
  let isAnswered = false;
  const answer = receiveAnswer(worker, async ({ rows, bytes, ids, buffer }) => {
    await onStep({ rows, bytes, ids });
    pool.give(buffer);
  }).finally(() => {
    isAnswered = true;
    pool.close();
  });
  answer.catch((error: unknown) => source.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    await pump(source, worker, pool);
    send(worker, { kind: "end" });
  } catch (error) {
    if (!isAnswered) {
      // The thread answers with what it has, so that no message stays pending; that answer is ignored.
      send(worker, { kind: "end" });
      await answer.catch(() => undefined);
      throw error;
    }
  }
  return await answer;
}

async function receiveAnswer(
  worker: WorkerThread,
  onProgress: (message: Extract<FromScanWorker, { kind: "progress" }>) => Promise<void>,
): Promise<ScanResult> {
  for (;;) {
    const message = (await worker.next()) as FromScanWorker;
    if (message.kind === "result") return message.result;
    if (message.kind === "failure") {
      const { code, hint, retryable } = message;
      throw new TaskFailure(code, message.message, retryable, hint === undefined ? {} : { hint });
    }
    await onProgress(message);
  }
}

async function pump(source: Readable, worker: WorkerThread, pool: BufferPool): Promise<void> {
  let buffer: ArrayBuffer | undefined;
  let length = 0;
  // The stream's chunks may be views of shared memory, so they are copied and never transferred.
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    for (let offset = 0; offset < chunk.length;) {
      buffer ??= await pool.take();
      const taken = Math.min(chunk.length - offset, buffer.byteLength - length);
      new Uint8Array(buffer, length, taken).set(chunk.subarray(offset, offset + taken));
      offset += taken;
      length += taken;
      if (length < buffer.byteLength) continue;
      send(worker, { kind: "chunk", bytes: buffer, length }, [buffer]);
      buffer = undefined;
      length = 0;
    }
  }
  if (buffer !== undefined) send(worker, { kind: "chunk", bytes: buffer, length }, [buffer]);
}

function send(worker: WorkerThread, message: ToScanWorker, transfer: readonly ArrayBuffer[] = []): void {
  worker.post(message, transfer);
}

interface BufferPool {
  /** A free buffer, as soon as there is one. Rejects once the pool is closed. */
  take(): Promise<ArrayBuffer>;
  give(buffer: ArrayBuffer): void;
  close(): void;
}

/** For one taker at a time. */
function createBufferPool(): BufferPool {
  const free = Array.from({ length: BUFFERS }, () => new ArrayBuffer(BUFFER_BYTES));
  let isClosed = false;
  let wake: () => void = () => undefined;
  return {
    take: async () => {
      for (;;) {
        if (isClosed) throw new Error("the scanning thread has stopped");
        const buffer = free.pop();
        if (buffer !== undefined) return buffer;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    give: (buffer) => {
      free.push(buffer);
      wake();
    },
    close: () => {
      isClosed = true;
      wake();
    },
  };
}
