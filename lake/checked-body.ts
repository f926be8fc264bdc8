/** A body's stream that ends in an error when fewer or more bytes come than the store announced. */
import { addAbortSignal, Transform, type Readable } from "node:stream";
import { LakeError } from "../model/errors.ts";

/**
 * Passes the bytes on. Raises `LAKE_UNAVAILABLE` (retryable) if their number is not `sizeBytes`, and an `AbortError`
 * when aborted. Destroying it ends the source.
 */
export function checkBodyLength(
  source: Readable,
  key: string,
  sizeBytes: number,
  signal: AbortSignal | undefined,
): Readable {
  let receivedBytes = 0;
  const cutShort = (cause?: unknown) => describeCut(key, { receivedBytes, sizeBytes }, cause);
  const checked = new Transform({
    highWaterMark: 1024 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      receivedBytes += chunk.length;
      done(null, chunk);
    },
    flush(done) {
      done(receivedBytes === sizeBytes ? null : cutShort());
    },
  });
  source.once("error", (fault) => checked.destroy(fault instanceof LakeError ? fault : cutShort(fault)));
  source.once("close", () => {
    if (!source.readableEnded) checked.destroy(checked.errored ?? cutShort());
  });
  checked.once("close", () => source.destroy());
  // The reader gets the fault; without this listener a fault before the first read would end the process.
  checked.on("error", () => undefined);
  if (signal !== undefined) addAbortSignal(signal, checked);
  return source.pipe(checked);
}

export function describeCut(
  key: string,
  { receivedBytes, sizeBytes }: { readonly receivedBytes: number; readonly sizeBytes: number },
  cause?: unknown,
): LakeError {
  return new LakeError(
    "LAKE_UNAVAILABLE",
    `The object ${key} was cut short: ${receivedBytes} of ${sizeBytes} bytes came.`,
    true,
    cause === undefined ? {} : { cause },
  );
}
