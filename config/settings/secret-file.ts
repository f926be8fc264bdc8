/** The text of a file that holds a secret. What the secret is for, and what is said when it cannot be had, is decided in settings. */
import { closeSync, openSync, readSync } from "node:fs";

/** A credential has a hundred characters; a device would never end. */
const LIMIT_BYTES = 64 * 1024;

/** Links and pipes are followed: orchestrators and shells hand secrets on by them. Throws an error with a `code`, `EFBIG` for more than 64 KiB. */
export function readSecretFile(file: string): string {
  const descriptor = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(LIMIT_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const bytesRead = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > LIMIT_BYTES) {
      throw Object.assign(new Error(`${file} is larger than a secret`), { code: "EFBIG" });
    }
    return buffer.toString("utf8", 0, length);
  } finally {
    closeSync(descriptor);
  }
}
