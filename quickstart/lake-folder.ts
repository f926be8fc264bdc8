/** Lists the objects of a folder lake, as a file manager would show them. */
import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Keys in order, without names that begin with `_` or `.` (manifests, metadata, probes); empty when there is no lake. */
export async function listObjects(lakeFolder: string): Promise<readonly string[]> {
  const entries = await readdir(lakeFolder, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(lakeFolder, join(entry.parentPath, entry.name)).split(sep))
    .filter((parts) => parts.every((part) => !/^[_.]/.test(part)))
    .map((parts) => parts.join("/"))
    .toSorted();
}
