/** An object's bytes as a file of this machine, hashed while they are written: for a store whose bytes come as a stream. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** For the program's user only: a lake may be closed to others. */
export const FETCHED_FILE_MODE = 0o600;

/** Resolves to the SHA-256 of the bytes. `onRead`: called with the bytes so far. */
export async function writeBody(
  body: Readable,
  {
    path,
    signal,
    onRead,
  }: {
    readonly path: string;
    readonly signal: AbortSignal | undefined;
    readonly onRead: (readBytes: number) => void;
  },
): Promise<string> {
  const hash = createHash("sha256");
  let readBytes = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      readBytes += chunk.length;
      onRead(readBytes);
      done(null, chunk);
    },
  });
  const target = createWriteStream(path, { flags: "wx", mode: FETCHED_FILE_MODE });
  await pipeline(body, watch, target, signal === undefined ? {} : { signal });
  return hash.digest("hex");
}
