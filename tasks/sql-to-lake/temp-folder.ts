/**
 * The folder of one attempt's files: inputs, what does not fit into memory, the new table. Removed at the attempt's end; what a
 * killed process left is removed by the next process that takes the lease of the same database, and by its attempts.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START = "dagmar-table-";

/** The folders of one process, so that an attempt does not remove what another one uses. */
export interface TempFolders {
  /** Removes what a killed process left. `cookie`: of the attempt; what follows its last `@` names the database. */
  sweep(cookie: string): Promise<void>;
  open(cookie: string): Promise<TempFolder>;
}

export interface TempFolder {
  /** Absolute, without links, readable by this user alone. */
  readonly path: string;
  remove(): Promise<void>;
}

export function createTempFolders(): TempFolders {
  const inUse = new Set<string>();
  return {
    sweep: (cookie) => removeLeftFolders(readScope(cookie), inUse),
    async open(cookie) {
      const path = `${namePrefix(await realpath(tmpdir()), readScope(cookie))}${randomUUID()}`;
      // Before it exists: another attempt may be looking for leftovers at this moment.
      inUse.add(path);
      await mkdir(path, { mode: 0o700 });
      await mkdir(join(path, "spill"));
      return {
        path,
        async remove() {
          await rm(path, { recursive: true, force: true });
          inUse.delete(path);
        },
      };
    },
  };
}

/** Those of the database `scope` that are not in use: only the process that has its lease may call this. */
export async function removeLeftFolders(
  scope: string,
  inUse: ReadonlySet<string> = new Set(),
): Promise<void> {
  const root = await realpath(tmpdir());
  const prefix = namePrefix(root, scope);
  const paths = (await readdir(root)).map((name) => join(root, name));
  for (const path of paths.filter((one) => one.startsWith(prefix) && !inUse.has(one)))
    await rm(path, { recursive: true, force: true });
}

function readScope(cookie: string): string {
  return cookie.slice(cookie.lastIndexOf("@") + 1);
}

function namePrefix(root: string, scope: string): string {
  return join(root, `${START}${createHash("sha256").update(scope).digest("hex").slice(0, 16)}-`);
}
