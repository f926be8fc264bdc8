/**
 * Keeps V8's compiled code between starts, where Node can (22.1 or newer). It only saves time: without a usable folder the
 * program starts as usual.
 */
import { lstatSync } from "node:fs";
import * as nodeModule from "node:module";
import path from "node:path";
import { makeFolders } from "../../state/sqlite/make-folder.ts";

/** The part of `node:module` that is used; absent in Node 20. */
export interface CompileCacheHost {
  readonly enableCompileCache?: (folder: string) => { readonly directory?: string | undefined };
}

/**
 * Of modules that are loaded after it. `cacheFolder` is where this user's programs keep what may be deleted; each version of
 * the program has a folder of its own in it. Gives the folder that is used; `undefined` where none is.
 */
export function keepCompiledCode(
  cacheFolder: string | undefined,
  version: string,
  host: CompileCacheHost = nodeModule as CompileCacheHost,
): string | undefined {
  const { enableCompileCache } = host;
  if (enableCompileCache === undefined || cacheFolder === undefined) return undefined;
  try {
    const folder = path.join(cacheFolder, "dagmar", version);
    makeFolders(folder, 0o700);
    return isOurs(folder) && isOurs(path.dirname(folder)) ? enableCompileCache(folder).directory : undefined;
  } catch {
    return undefined;
  }
}

/** Compiled code is run as it lies there: no other user may be able to put some there. */
function isOurs(folder: string): boolean {
  const { uid, mode } = lstatSync(folder);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
}
