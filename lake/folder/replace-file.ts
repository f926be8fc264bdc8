/**
 * Puts a new file in the place of an object of a folder lake: first metadata that describes both, then the object, then its own
 * metadata alone. A reader, and a kill at any point, finds the old object or the new one, each with its metadata.
 */
import { lstat, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { failpoint } from "../../model/failpoint.ts";
import type { ObjectMetadata } from "../../model/ports/lake.ts";
import { syncFolder } from "./durable-files.ts";
import { markFile, renderBoth, replaceMeta } from "./folder-metadata.ts";
import { readEtag } from "./walk-folder.ts";

export interface Replacement {
  /** Of the object that stands. */
  readonly path: string;
  readonly etag: string;
  readonly metadata: ObjectMetadata;
  /** Synced, on the same file system. */
  readonly draft: string;
  /** Of the draft: see `renderMeta`. */
  readonly metaText: string;
  /** A free path on the same file system. */
  readonly asidePath: string;
}

/**
 * The new etag; `undefined` if another program has replaced the object meanwhile. Between the last look and the renaming it could
 * still do so: a file system has no other condition, and the lease keeps processes of one database apart.
 */
export async function replaceObject(replacement: Replacement): Promise<string | undefined> {
  const { path, etag, metadata, draft, metaText, asidePath } = replacement;
  const folder = dirname(path);
  const standing = await lstat(path, { bigint: true });
  failpoint("folder.replace.before");
  await replaceMeta(path, renderBoth(metaText, metadata, markFile(standing)), asidePath);
  await syncFolder(folder);
  failpoint("folder.replace.meta");
  if (readEtag(await lstat(path, { bigint: true })) !== etag) return undefined;
  await rename(draft, path);
  await syncFolder(folder);
  failpoint("folder.replace.object");
  await replaceMeta(path, metaText, asidePath);
  await syncFolder(folder);
  failpoint("folder.replace.after");
  return readEtag(await lstat(path, { bigint: true }));
}
