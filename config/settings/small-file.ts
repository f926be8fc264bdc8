/**
 * The bytes of a small configured file of any kind: a pipe without a writer or an endless device does not block the
 * process. The caller decides what the file is for.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** A writer may come a moment later, as with `<(command)` of a shell. */
const PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 10;

/**
 * Links, pipes and devices are followed, because orchestrators and shells pass secrets with them. Throws an error with
 * a `code`: `EFBIG` for more than `limitBytes`, `ETIMEDOUT` for a pipe or a device that gives nothing, or does not end,
 * for five seconds.
 */
export function readSmallFile(file: string, limitBytes: number): Buffer {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const isPipe = fstatSync(descriptor).isFIFO();
    const buffer = Buffer.alloc(limitBytes + 1);
    let length = 0;
    for (let waitedMs = 0; length < buffer.length;) {
      const bytesRead = readNow(descriptor, buffer, length);
      // A pipe without a writer reports an end too.
      if (bytesRead === 0 && !(isPipe && length === 0)) break;
      if (bytesRead > 0) {
        length += bytesRead;
        continue;
      }
      if (waitedMs >= PATIENCE_MS) throw makeError("ETIMEDOUT", `${file} gave nothing`);
      pause(LOOK_EVERY_MS);
      waitedMs += LOOK_EVERY_MS;
    }
    if (length > limitBytes) throw makeError("EFBIG", `${file} is too large`);
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** For the middle of a sentence, with the system's code. */
export function describeReadFault(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown fault";
  const words = WORDS[code];
  return words === undefined ? code : `${code}: ${words}`;
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: "this user may not read it",
  EFBIG: "it is too large for its purpose",
  EISDIR: "it is a folder, not a file",
  ELOOP: "it is a symbolic link to itself",
  ENOENT: "it does not exist",
  ENXIO: "it is a socket or a missing device, not a file",
  ETIMEDOUT: "it is a pipe or a device that gave nothing for 5 s",
};

/** -1 if there is nothing yet. */
function readNow(descriptor: number, buffer: Buffer, offset: number): number {
  try {
    return readSync(descriptor, buffer, offset, buffer.length - offset, null);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return -1;
    throw error;
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function makeError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
