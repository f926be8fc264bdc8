/** The objects of a folder lake in key order, and the temporary files that a dead process left. */
import type { Dirent } from "node:fs";
import { lstat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectSummary } from "../../model/ports/lake.ts";
import { isMetaName } from "../meta-name.ts";
import { readErrno } from "./folder-faults.ts";
import { readFolder } from "./folder-names.ts";

/** An etag that needs no reading: size and modification time in nanoseconds. */
export function readEtag(stat: { readonly size: bigint; readonly mtimeNs: bigint }): string {
  return `${stat.size}-${stat.mtimeNs}`;
}

/**
 * Every object whose key starts with `prefix`, in the order of the keys' UTF-8 bytes as S3 lists them: a folder sorts
 * as its name with a slash. Metadata, links and special files are left out, and so is `bookkeeping`, a folder in the
 * root.
 */
export async function* walkFolder(
  root: string,
  prefix: string,
  bookkeeping: string,
  signal?: AbortSignal,
): AsyncGenerator<ObjectSummary> {
  yield* walk(root, "", prefix, bookkeeping, signal);
}

async function* walk(
  root: string,
  above: string,
  prefix: string,
  bookkeeping: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectSummary> {
  const entries = (await readFolder(join(root, above)))
    .filter((entry) => entry.isDirectory() || (entry.isFile() && !isMetaName(entry.name)))
    .map((entry) => ({ entry, order: Buffer.from(`${entry.name}${entry.isDirectory() ? "/" : ""}`) }))
    .toSorted((a, b) => Buffer.compare(a.order, b.order));
  for (const { entry } of entries) {
    signal?.throwIfAborted();
    const key = `${above}${entry.name}`;
    if (entry.isDirectory()) {
      const mayHold = `${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`);
      if (mayHold && key !== bookkeeping) yield* walk(root, `${key}/`, prefix, bookkeeping, signal);
    } else if (key.startsWith(prefix)) {
      const summary = await readSummary(join(root, key), key);
      if (summary !== undefined) yield summary;
    }
  }
}

async function readSummary(path: string, key: string): Promise<ObjectSummary | undefined> {
  try {
    const stat = await lstat(path, { bigint: true });
    return { key, sizeBytes: Number(stat.size), etag: readEtag(stat), modifiedAt: stat.mtime };
  } catch (fault) {
    if (readErrno(fault) === "ENOENT") return undefined;
    throw fault;
  }
}

/** Removes the temporary files that were last written before the instant; resolves to their number. */
export async function removeTemporaries(
  folder: string,
  writtenBefore: Date,
  signal?: AbortSignal,
): Promise<number> {
  let removed = 0;
  const isTemporary = (entry: Dirent) => entry.isFile() && entry.name.endsWith(".tmp");
  for (const entry of (await readFolder(folder)).filter(isTemporary)) {
    signal?.throwIfAborted();
    const path = join(folder, entry.name);
    try {
      if ((await lstat(path)).mtime >= writtenBefore) continue;
      await unlink(path);
      removed += 1;
    } catch (fault) {
      if (readErrno(fault) !== "ENOENT") throw fault;
    }
  }
  return removed;
}
