/** Which file is at a path: SQLite opens a path once and keeps the file. */
import { realpathSync, statSync, type BigIntStats } from "node:fs";

/** SQLite keeps both next to the target of a symbolic link. */
export function followLink(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/** Its device and inode; `missing`; or `unknown` if it cannot be checked now, which proves nothing. */
export function identifyFile(file: string): string {
  try {
    const found = lookAt(file);
    return found === undefined ? "missing" : `${found.dev}:${found.ino}`;
  } catch {
    return "unknown";
  }
}

/**
 * `undefined` if there is no such file. Throws if that cannot be checked, as in a folder that this user may not
 * enter.
 */
export function lookAt(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}
