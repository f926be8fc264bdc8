/**
 * The folder of one query's files, which the query removes. What a killed one left is removed by a later one once it is older than a
 * query may be: no lease says which queries are alive.
 */
import { lstat, mkdir, mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START = "dagmar-query-";
/** A query's longest time-out. */
export const LONGEST_QUERY_SECONDS = 24 * 3600;
/** Its answer may take a while to be read. */
const OLDEST_MS = 2 * LONGEST_QUERY_SECONDS * 1000;

/** Absolute, without links, readable by this user alone. */
export async function makeQueryFolder(now: Date): Promise<string> {
  const root = await realpath(tmpdir());
  await removeOld(root, now);
  const path = await mkdtemp(join(root, START));
  await mkdir(join(path, "spill"));
  return path;
}

async function removeOld(root: string, now: Date): Promise<void> {
  const names = (await readdir(root)).filter((name) => name.startsWith(START));
  for (const path of names.map((name) => join(root, name))) {
    // Another query may remove it meanwhile.
    const status = await lstat(path).catch(() => undefined);
    if (status?.isDirectory() !== true || status.uid !== process.getuid?.()) continue;
    if (now.getTime() - status.mtimeMs > OLDEST_MS) await rm(path, { recursive: true, force: true });
  }
}
