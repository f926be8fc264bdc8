/** Zips that are the same byte for byte for the same files: sorted by name, with fixed times, modes and compression. */
import { zipSync } from "fflate";

const UNIX = 3;
/** Every user may read; the user under which Lambda runs a function is not the owner. */
const MODE = 0o10_0644;

/** `files`: contents by their paths in the zip, with forward slashes. */
export function writeZip(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const entries = [...files].toSorted(([one], [other]) => (one < other ? -1 : 1));
  // The first day that a zip can name. The time is written as a local one, so it is made from a local one.
  const mtime = new Date(1980, 0, 1, 12);
  return zipSync(Object.fromEntries(entries), { level: 9, mtime, os: UNIX, attrs: MODE * 2 ** 16 });
}
