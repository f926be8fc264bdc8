/**
 * How a folder lake names the file with an object's metadata. Its name begins with a dot and ends in `.lake`, so that a
 * pattern for objects, such as `*.json`, never matches it; before 0.2 it was `_<name>.meta.json`.
 */
import { basename, dirname, join } from "node:path";

/** What the name adds to the object's own; `_….meta.json` added as much. */
export const META_NAME_BYTES = ".meta-.lake".length;
const META_NAME = /^\.meta-.*\.lake$/is;
const OLD_META_NAME = /^_(.*)\.meta\.json$/is;

/** Whether a file name is the name of an object's metadata, or was before. */
export function isMetaName(name: string): boolean {
  return META_NAME.test(name) || OLD_META_NAME.test(name);
}

/** The path of an object's metadata. */
export function findMetaPath(objectPath: string): string {
  return join(dirname(objectPath), `.meta-${basename(objectPath)}.lake`);
}

/** The path of an object's metadata before 0.2. */
export function findOldMetaPath(objectPath: string): string {
  return join(dirname(objectPath), `_${basename(objectPath)}.meta.json`);
}

/** The object to which a file with an old name belongs; `undefined` for any other file. */
export function findOwnerOfOldMeta(name: string): string | undefined {
  return OLD_META_NAME.exec(name)?.[1];
}
