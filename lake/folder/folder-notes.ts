/**
 * Notes in a folder: a folder for each note, and in it a file for each version, named by its number. A version is linked to
 * its name, which refuses a second process; the highest number counts, and older ones are removed.
 */
import { randomUUID } from "node:crypto";
import { readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { BOOKKEEPING_PREFIX } from "../object-key.ts";
import { checkNoteName, type LakeNotes, type Note } from "../lake-notes.ts";
import { makeFolderSynced, syncFolder, writeSynced } from "./durable-files.ts";
import { describeFolderFault, readErrno } from "./folder-faults.ts";
import { linkUnlessThere } from "./folder-metadata.ts";

/** `root`: the lake's folder. */
export function createFolderNotes(root: string): LakeNotes {
  const findFolder = (name: string): string => {
    checkNoteName(name);
    return join(root, BOOKKEEPING_PREFIX, name);
  };

  async function read(name: string): Promise<Note | undefined> {
    const folder = findFolder(name);
    for (;;) {
      const [newest] = await listVersions(folder);
      if (newest === undefined) return undefined;
      try {
        return { body: await readFile(join(folder, String(newest))), version: String(newest) };
      } catch (fault) {
        // Replaced and removed since it was listed.
        if (readErrno(fault) !== "ENOENT") throw fault;
      }
    }
  }

  async function write(name: string, body: Uint8Array, version: string | null): Promise<string | undefined> {
    const folder = findFolder(name);
    await makeFolderSynced(folder);
    const before = Number(version ?? "0");
    if (((await listVersions(folder))[0] ?? 0) !== before) return undefined;
    const next = before + 1;
    const draft = join(folder, `${randomUUID()}.tmp`);
    try {
      await writeSynced(draft, body);
      if (!(await linkUnlessThere(draft, join(folder, String(next))))) return undefined;
    } finally {
      await unlink(draft).catch(() => undefined);
    }
    await syncFolder(folder);
    const [newest = next, ...older] = await listVersions(folder);
    // Others have written since, and removed the number that this one took: it was never the highest.
    if (newest > next) {
      await unlink(join(folder, String(next))).catch(() => undefined);
      return undefined;
    }
    // One is kept, so that a process that names it finds the next number taken.
    for (const old of older.slice(1)) await unlink(join(folder, String(old))).catch(() => undefined);
    return String(next);
  }

  const guard = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (fault) {
      throw describeFolderFault(fault, BOOKKEEPING_PREFIX + name);
    }
  };

  return {
    read: (name) => guard(name, () => read(name)),
    write: (name, body, version) => guard(name, () => write(name, body, version)),
    areGuarded: () => Promise.resolve(true),
  };
}

/** Highest first. */
async function listVersions(folder: string): Promise<readonly number[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /^[1-9]\d*$/.test(name))
      .map(Number)
      .toSorted((a, b) => b - a);
  } catch (fault) {
    if (readErrno(fault) === "ENOENT") return [];
    throw fault;
  }
}
