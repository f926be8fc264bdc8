/** Removes one object of a folder lake: the file first, then its metadata, each durable before the next step. */
import { constants } from "node:fs";
import { access, lstat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failpoint } from "../../model/failpoint.ts";
import type { RemoveResult } from "../sweepable-lake.ts";
import { syncFolder } from "./durable-files.ts";
import { readErrno } from "./folder-faults.ts";
import { removeMeta } from "./folder-metadata.ts";
import { findPathToRead } from "./folder-names.ts";
import { readEtag } from "./walk-folder.ts";

/** A crash between the two steps leaves metadata without a file, which the next removal of the same object removes. */
export async function removeFile(
  root: string,
  key: string,
  object: { readonly etag: string; readonly sha256: string },
): Promise<RemoveResult> {
  const path = await findPathToRead(root, key);
  const stat = path === undefined ? undefined : await lstat(path, { bigint: true });
  if (path !== undefined && stat?.isFile() === true) {
    if (object.etag !== "" && readEtag(stat) !== object.etag) return { outcome: "changed", isKept: false };
    await unlink(path);
    await syncFolder(dirname(path));
    failpoint("folder.remove.after");
  }
  const folder = dirname(join(root, key));
  if (await mayWriteTo(folder)) {
    await removeMeta(join(root, key), object.sha256);
    await syncFolder(folder);
  }
  return { outcome: "removed", isKept: false };
}

/** `false` if the folder does not exist; raises EACCES and EROFS. */
async function mayWriteTo(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK);
    return true;
  } catch (fault) {
    if (readErrno(fault) === "ENOENT" || readErrno(fault) === "ENOTDIR") return false;
    throw fault;
  }
}
