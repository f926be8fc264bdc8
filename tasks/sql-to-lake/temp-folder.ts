/**
 * The folder of one attempt's files: inputs, what does not fit into memory, the new table. Removed at the attempt's end; what a
 * killed process left is removed by the next process that takes the lease of the same database, and by its attempts.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SPILL_FOLDER } from "./engine/job.ts";

const START = "dagmar-table-";

/** Of one task type in one process. Each type removes its own only: it does not know which folders another one uses. */
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

/** `kind`: a word for the task type, in the folders' names. */
export function createTempFolders(kind: string): TempFolders {
  const inUse = new Set<string>();
  return {
    sweep: async (cookie) => removeFolders(await namePrefix(readScope(cookie), kind), inUse),
    async open(cookie) {
      const path = `${await namePrefix(readScope(cookie), kind)}${randomUUID()}`;
      // Before it exists: another attempt may be looking for leftovers at this moment.
      inUse.add(path);
      await mkdir(path, { mode: 0o700 });
      await mkdir(join(path, SPILL_FOLDER));
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

/** All those of the database `scope`: only the process that takes its lease may call this, before its first attempt. */
export async function removeLeftFolders(scope: string): Promise<void> {
  await removeFolders(await namePrefix(scope), new Set());
}

async function removeFolders(prefix: string, inUse: ReadonlySet<string>): Promise<void> {
  const root = dirname(prefix);
  const paths = (await readdir(root)).map((name) => join(root, name));
  for (const path of paths.filter((one) => one.startsWith(prefix) && !inUse.has(one)))
    await rm(path, { recursive: true, force: true });
}

function readScope(cookie: string): string {
  return cookie.slice(cookie.lastIndexOf("@") + 1);
}

async function namePrefix(scope: string, kind?: string): Promise<string> {
  const database = createHash("sha256").update(scope).digest("hex").slice(0, 16);
  return join(await realpath(tmpdir()), `${START}${database}-${kind === undefined ? "" : `${kind}-`}`);
}
