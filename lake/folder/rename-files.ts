/**
 * Gives the lake's own files of before 0.2 their present names. A file has both names for a moment, so that a kill or a
 * reader at any point finds it; `migrate-lake` decides which manifests are renamed.
 */
import type { Dirent } from "node:fs";
import { link, lstat, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failpoint } from "../../model/failpoint.ts";
import { findMetaPath, findOldMetaPath, findOwnerOfOldMeta } from "../meta-name.ts";
import type { LakeRenaming } from "../sweepable-lake.ts";
import { syncFolder } from "./durable-files.ts";
import { describeFolderFault, readErrno } from "./folder-faults.ts";
import { hashFile, isMetadata, isMetadataOf, linkUnlessThere } from "./folder-metadata.ts";
import { findPathToRead, readFolder } from "./folder-names.ts";

/** `bookkeeping`: a folder in the root that is left out. `makeDraft`: a free path on the same file system. */
export function createRenaming(
  root: string,
  bookkeeping: string,
  makeDraft: () => Promise<string>,
): LakeRenaming {
  async function guard<T>(key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (fault) {
      throw describeFolderFault(fault, key);
    }
  }
  return {
    renameMetadata: ({ isDryRun }, signal) =>
      guard("metadata", async () => {
        let renamed = 0;
        for await (const { folder, owners } of findOldMetadata(root, bookkeeping, signal)) {
          if (!isDryRun) await renameAll(folder, owners);
          renamed += owners.length;
        }
        return renamed;
      }),
    addName: (key, newKey) => guard(newKey, () => addName(join(root, key), join(root, newKey), makeDraft)),
    dropName: (key, newKey) =>
      guard(key, async () => {
        const [path, newPath] = [await findPathToRead(root, key), await findPathToRead(root, newKey)];
        if (path === undefined) return;
        if (newPath === undefined || !(await isSame(path, newPath))) {
          throw new Error(`${newKey} is not what ${key} is`);
        }
        await dropName(path);
      }),
  };
}

/** The metadata first: metadata without an object would never be found again. */
async function dropName(path: string): Promise<void> {
  await unlinkIfThere(findMetaPath(path));
  failpoint("rename.drop.open");
  await unlinkIfThere(path);
  await syncFolder(dirname(path));
  failpoint("rename.drop.after");
}

interface OldMetadata {
  readonly folder: string;
  /** The names of the objects to which it belongs. */
  readonly owners: readonly string[];
}

/** Folder by folder. A file that only has such a name is another program's. */
async function* findOldMetadata(
  folder: string,
  omitted: string,
  signal: AbortSignal,
): AsyncGenerator<OldMetadata> {
  signal.throwIfAborted();
  const entries = await readFolder(folder);
  const owners: string[] = [];
  for (const entry of entries) {
    const owner = entry.isFile() ? findOwnerOfOldMeta(entry.name) : undefined;
    if (owner !== undefined && (await isMetadata(join(folder, entry.name)))) owners.push(owner);
  }
  if (owners.length > 0) yield { folder, owners };
  for (const entry of entries.filter(isFolderOtherThan(omitted))) {
    yield* findOldMetadata(join(folder, entry.name), "", signal);
  }
}

const isFolderOtherThan =
  (name: string) =>
  (entry: Dirent): boolean =>
    entry.isDirectory() && entry.name !== name;

/** Both names first, for all of a folder: it is synced twice, however many files it has. */
async function renameAll(folder: string, owners: readonly string[]): Promise<void> {
  const paths = owners.map((owner) => join(folder, owner));
  for (const path of paths) await linkMetadata(path);
  await syncFolder(folder);
  failpoint("rename.metadata.open");
  for (const path of paths) await unlinkIfThere(findOldMetaPath(path));
  await syncFolder(folder);
}

/** Metadata that has the present name already is kept, unless it is of other bytes than the object. */
async function linkMetadata(objectPath: string): Promise<void> {
  const [old, present] = [findOldMetaPath(objectPath), findMetaPath(objectPath)];
  if (await linkUnlessThere(old, present)) return;
  if ((await isMetadataOf(present, objectPath)) || !(await isMetadataOf(old, objectPath))) return;
  await rename(old, present);
}

/** The metadata gets its new name before the object, as in a put. */
async function addName(path: string, newPath: string, makeDraft: () => Promise<string>): Promise<boolean> {
  if (await exists(newPath)) {
    if (!(await isSame(path, newPath))) return false;
  } else {
    const draft = await makeDraft();
    if (await linkIfThere(findMetaPath(path), draft)) await rename(draft, findMetaPath(newPath));
    // `rename` leaves it where both are names of one file: after a kill.
    await unlinkIfThere(draft);
    failpoint("rename.add.open");
    if (!(await linkUnlessThere(path, newPath))) return false;
  }
  await syncFolder(dirname(newPath));
  failpoint("rename.add.after");
  return true;
}

async function isSame(path: string, other: string): Promise<boolean> {
  const [one, two] = [await lstat(path), await lstat(other)];
  return one.ino === two.ino || (await hashFile(path)) === (await hashFile(other));
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (fault) {
    if (readErrno(fault) === "ENOENT") return false;
    throw fault;
  }
}

/** Whether there was a file to link. */
async function linkIfThere(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (fault) {
    if (readErrno(fault) === "ENOENT") return false;
    throw fault;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (fault) {
    if (readErrno(fault) !== "ENOENT") throw fault;
  }
}
