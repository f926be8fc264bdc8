/**
 * Whether a key may be used in this folder, given what is on its disk: no name that differs only in case, no object
 * that is another's folder, no symbolic link in the path.
 */
import type { Dirent } from "node:fs";
import { readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { isMetaName } from "../meta-name.ts";
import { BOOKKEEPING_PREFIX, refuseKey } from "../object-key.ts";
import { readErrno } from "./folder-faults.ts";

/**
 * Walks from the root down to the key by the names that are really on disk. Resolves to whether the object exists;
 * raises `LAKE_KEY_REFUSED` if the key could be confused with something else there. `root` has no links in it.
 */
export async function walkToKey(root: string, key: string): Promise<boolean> {
  const segments = key.split("/");
  let folder = root;
  for (const [index, segment] of segments.entries()) {
    const entries = await readFolder(folder);
    const entry = findEntry(entries, segment, key);
    if (entry === undefined) return false;
    const isLast = index === segments.length - 1;
    if (entry.isSymbolicLink()) refuseKey(key, `${segment} is a symbolic link`);
    if (isLast && entry.isDirectory()) refuseKey(key, "it is a folder that holds other objects");
    if (isLast) return true;
    if (!entry.isDirectory()) {
      refuseKey(key, `${segments.slice(0, index + 1).join("/")} is an object, not a folder`);
    }
    folder = join(folder, segment);
  }
  return false;
}

/**
 * The path of a key that is to be read; `undefined` if nothing is there or no object could be. Links are refused here
 * too. Accepts more than a put: a name that another program gave can be read as it was listed.
 */
export async function findPathToRead(root: string, key: string): Promise<string | undefined> {
  const segments = key.split("/");
  const isPath = segments.every((segment) => !["", ".", ".."].includes(segment)) && !key.includes("\0");
  if (!isPath || key.startsWith(BOOKKEEPING_PREFIX) || isMetaName(segments.at(-1) ?? "")) return undefined;
  const path = join(root, key);
  try {
    if ((await realpath(path)) !== path)
      refuseKey(key, "the path has a symbolic link in it or is spelled differently on disk");
    return path;
  } catch (fault) {
    const errno = readErrno(fault);
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    throw fault;
  }
}

/** The entries of a folder; none if the folder does not exist. */
export async function readFolder(path: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (fault) {
    if (readErrno(fault) === "ENOENT") return [];
    throw fault;
  }
}

function findEntry(entries: readonly Dirent[], segment: string, key: string): Dirent | undefined {
  const folded = foldName(segment);
  let found: Dirent | undefined;
  for (const entry of entries) {
    if (entry.name === segment) found = entry;
    else if (foldName(entry.name) === folded) {
      refuseKey(
        key,
        `${JSON.stringify(entry.name)} exists and differs from ${JSON.stringify(segment)} only in case`,
      );
    }
  }
  return found;
}

/** Names that are the same name for the file systems of Windows and macOS. */
function foldName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
