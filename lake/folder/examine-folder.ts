/**
 * Whether a lake can be kept in a folder: it is a folder, this user may write to it, and there is room. Leaves nothing
 * behind.
 */
import { randomUUID } from "node:crypto";
import { accessSync, constants, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeError } from "../../model/errors.ts";
import type { Finding } from "../../model/ports/examination.ts";
import { formatBytes } from "../../model/text/byte-size.ts";

const LITTLE_BYTES = 1024 ** 3;

/** Raises nothing. */
export function examineFolder(root: string): readonly Finding[] {
  const what = "lake";
  const existing = findExisting(root);
  try {
    if (!statSync(existing).isDirectory()) {
      const todo = "Move that file away, or set DAGMAR_LAKE to another folder.";
      return [{ what, state: "fail", says: `${existing} is a file, not a folder`, todo }];
    }
    accessSync(existing, constants.W_OK | constants.X_OK);
    if (existing === root) tryWrite(root);
  } catch (error) {
    const todo = "Let this user write there, or set DAGMAR_LAKE to another folder.";
    return [{ what, state: "fail", says: `${existing} cannot be written: ${describeError(error)}`, todo }];
  }
  const { bavail, bsize } = statfsSync(existing);
  const freeBytes = bavail * bsize;
  const place = existing === root ? root : `${root} (the first run makes it)`;
  const says = `${place} can be written; ${formatBytes(freeBytes)} free`;
  if (freeBytes < LITTLE_BYTES) return [{ what, state: "warn", says, todo: "Make room on that disk." }];
  return [{ what, state: "ok", says, todo: null }];
}

/** The folder itself, or its nearest existing parent. */
function findExisting(root: string): string {
  for (let folder = root; ; folder = dirname(folder)) {
    if (isThere(folder) || folder === dirname(folder)) return folder;
  }
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A parent of the folder is a file.
    return false;
  }
}

/** A read-only file system may grant every permission and still refuse files. */
function tryWrite(folder: string): void {
  const path = join(folder, `.doctor-${randomUUID()}`);
  writeFileSync(path, "", { flag: "wx" });
  rmSync(path);
}
