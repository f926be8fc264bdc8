/** Files and folders that survive a power failure: what is synced, and in which order. */
import { constants } from "node:fs";
import { mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { readErrno } from "./folder-faults.ts";

/** Writes a new file and syncs its bytes. Its name is durable only after its folder is synced. */
export async function writeSynced(path: string, body: Uint8Array): Promise<void> {
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(body);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and every missing parent, each durable in its own parent. */
export async function makeFolderSynced(path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) return;
  } catch (fault) {
    if (readErrno(fault) !== "ENOENT") throw fault;
  }
  const above = dirname(path);
  if (above !== path) await makeFolderSynced(above);
  try {
    await mkdir(path);
  } catch (fault) {
    if (readErrno(fault) !== "EEXIST") throw fault;
  }
  await syncFolder(above);
}
