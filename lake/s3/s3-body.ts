/** A body on its way to the store in small pieces, so that its progress can be seen; whether that is enough is for patience to say. */
import { Readable } from "node:stream";
import type { SendOptions } from "./s3-connection.ts";

/** A body may be as slow as one of these pieces in the time for a stall. */
const PIECE_BYTES = 64 * 1024;

interface BodyOptions {
  readonly abortSignal: AbortSignal;
  readonly requestTimeout: number;
}

/**
 * Sends the chunks as one body. A source that fails must end the request with its own error: otherwise the SDK's
 * promise never settles or the error ends the process.
 */
export async function sendChunks<T>(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  options: SendOptions,
  send: (body: Readable, options: BodyOptions) => Promise<T>,
): Promise<T> {
  const { abortSignal, progress } = options;
  const stop = new AbortController();
  const abort = () => stop.abort(abortSignal.reason);
  abortSignal.addEventListener("abort", abort, { once: true });
  if (abortSignal.aborted) abort();
  const body = Readable.from(cutInPieces(chunks, progress), {
    objectMode: false,
    highWaterMark: PIECE_BYTES,
  });
  let sourceFault: unknown;
  body.on("error", (fault) => {
    sourceFault ??= fault;
    stop.abort(fault);
  });
  try {
    return await send(body, { abortSignal: stop.signal, requestTimeout: 0 });
  } catch (fault) {
    throw sourceFault ?? fault;
  } finally {
    abortSignal.removeEventListener("abort", abort);
    body.destroy();
  }
}

/** Sends bytes from memory; a few bytes at once. */
export async function sendBytes<T>(
  bytes: Buffer,
  options: SendOptions,
  send: (body: Buffer | Readable, options: BodyOptions) => Promise<T>,
): Promise<T> {
  if (bytes.length > PIECE_BYTES) return await sendChunks([bytes], options, send);
  options.progress(bytes.length);
  return await send(bytes, { abortSignal: options.abortSignal, requestTimeout: 0 });
}

/** When the next piece is requested, the connection has taken the one before. */
async function* cutInPieces(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  progress: (takenBytes: number) => void,
): AsyncGenerator<Buffer> {
  let takenBytes = 0;
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
      const piece = chunk.subarray(start, start + PIECE_BYTES);
      yield piece;
      takenBytes += piece.length;
      progress(takenBytes);
    }
  }
}
