/** Reads a database's files without SQLite, which has pages in its memory and does not look at the file again. */
import { openSync, readSync } from "node:fs";
import { identifyFile } from "./file-identity.ts";

/** By device and inode. Never closed: closing one would drop the locks that SQLite has on the file. */
const READERS = new Map<string, number>();

export interface RawReader {
  /** Fewer bytes than asked for where the file ends. */
  read(position: number, length: number): Buffer;
}

/** `undefined` if this user may not open the file, or descriptors are short. */
export function openRawReader(path: string): RawReader | undefined {
  const descriptor = openOnce(path);
  if (descriptor === undefined) return undefined;
  return {
    read(position, length) {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position));
    },
  };
}

function openOnce(path: string): number | undefined {
  try {
    const name = identifyFile(path);
    const known = READERS.get(name);
    if (known !== undefined) return known;
    const descriptor = openSync(path, "r");
    READERS.set(name, descriptor);
    return descriptor;
  } catch {
    return undefined;
  }
}
