/**
 * The folder of one attempt's files: inputs, what does not fit into memory, the new table. Removed at the attempt's end; what a
 * killed process left is removed by the next attempt of the same database, which alone has the lease.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START = "dagmar-table-";

/** The folders of one process, so that an attempt does not remove what another one uses. */
export interface TempFolders {
  /** `cookie`: of the attempt; what follows its last `@` names the database. */
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
    async open(cookie) {
      const root = await realpath(tmpdir());
      const prefix = join(root, `${START}${nameScope(cookie)}-`);
      await removeLeftovers(root, prefix, inUse);
      const path = `${prefix}${randomUUID()}`;
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

function nameScope(cookie: string): string {
  const scope = cookie.slice(cookie.lastIndexOf("@") + 1);
  return createHash("sha256").update(scope).digest("hex").slice(0, 16);
}

async function removeLeftovers(root: string, prefix: string, inUse: ReadonlySet<string>): Promise<void> {
  const paths = (await readdir(root)).map((name) => join(root, name));
  for (const path of paths.filter((one) => one.startsWith(prefix) && !inUse.has(one)))
    await rm(path, { recursive: true, force: true });
}
