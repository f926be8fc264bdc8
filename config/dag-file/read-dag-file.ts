/**
 * The bytes of one Dag file. A link is followed while it stays in the file's own folder, as Kubernetes mounts a
 * ConfigMap (`a.yaml` → `..data/a.yaml`, `..data` → `..2026_11_28/`); a link to a place outside is refused.
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, realpathSync } from "node:fs";
import path from "node:path";
import { explainSystemFault } from "../../model/system-fault.ts";
import { FILE_LIMIT_BYTES } from "./yaml-limits.ts";

/** A link that is swapped while it is followed is broken for a moment; it is followed again this many times. */
const MOST_SWAPS = 5;

/**
 * The bytes, at most one more than the limit; or a sentence that says why there are none. Opened without waiting, so
 * that a named pipe cannot block the reader; throws when the process may not open further files. Synchronous: for files
 * this small, handing each step to another thread costs several times the reading.
 */
export function readDagFile(file: string): Uint8Array | string {
  let descriptor;
  try {
    const opened = openFile(file);
    if (typeof opened === "string") return opened;
    descriptor = opened;
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return stat.isDirectory() ? "is a folder, not a file" : "is not a regular file";
    // One byte more than expected: a file that grows meanwhile is read again when its time stamp changes.
    const buffer = Buffer.alloc(Math.min(stat.size, FILE_LIMIT_BYTES) + 1);
    let length = 0;
    while (length < buffer.length) {
      const bytesRead = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } catch (error) {
    const code = readCode(error);
    // open(2): a socket, or a device that is not there.
    if (code === "ENXIO") return "is not a regular file";
    // This is no fault of the file: the whole folder is read again later.
    if (explainSystemFault(error) !== undefined) throw error;
    if (code === "ENOENT") return "does not exist";
    return code === "EACCES" ? "is not readable by this user" : `cannot be read (${code})`;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function openFile(file: string): number | string {
  try {
    return openPlain(file);
  } catch (error) {
    if (readCode(error) !== "ELOOP") throw error;
  }
  for (let swaps = 0; ; swaps += 1) {
    try {
      const folder = realpathSync.native(path.dirname(file));
      const real = realpathSync.native(file);
      if (!real.startsWith(`${folder}${path.sep}`)) {
        return `is a symbolic link to a file outside this folder, ${real}; put the file itself here`;
      }
      return openPlain(real);
    } catch (error) {
      const code = readCode(error);
      if (code === "ELOOP") return "is a symbolic link to itself";
      if (code !== "ENOENT") throw error;
      if (swaps === MOST_SWAPS) return `is a symbolic link to ${readlinkSync(file)}, which does not exist`;
    }
  }
}

function openPlain(file: string): number {
  return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

function readCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown fault";
}
