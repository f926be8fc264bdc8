/**
 * The folder of one query's files, which the query removes. What a killed one left is removed by the next query or scheduler: the
 * folder names its process. Where that cannot be seen from here, its age decides.
 */
import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeError } from "../../model/errors.ts";
import {
  identifyProcess,
  isProcessAlive,
  type ProcessIdentity,
} from "../../scheduler/lease/process-identity.ts";
import { SPILL_FOLDER } from "../../tasks/sql-to-lake/engine/job.ts";
import type { App } from "../app.ts";

const START = "dagmar-query-";
/** No dataset has such a name, so no input is in its place. */
const OWNER_FILE = ".owner.json";
/** A query's longest time-out. */
export const LONGEST_QUERY_SECONDS = 24 * 3600;
/** Its answer may take a while to be read. */
const OLDEST_MS = 2 * LONGEST_QUERY_SECONDS * 1000;

/** Absolute, without links, readable by this user alone. */
export async function makeQueryFolder(now: Date): Promise<string> {
  await removeLeftQueryFolders(now);
  const path = await mkdtemp(join(await realpath(tmpdir()), START));
  await writeFile(join(path, OWNER_FILE), JSON.stringify(identifyProcess()), { mode: 0o600 });
  await mkdir(join(path, SPILL_FOLDER));
  return path;
}

/** Those of dead processes, and those that are older than a query may be. */
async function removeLeftQueryFolders(now: Date): Promise<void> {
  const root = await realpath(tmpdir());
  const names = (await readdir(root)).filter((name) => name.startsWith(START));
  for (const path of names.map((name) => join(root, name))) {
    // Another query may remove it meanwhile.
    const status = await lstat(path).catch(() => undefined);
    if (status?.isDirectory() !== true || status.uid !== process.getuid?.()) continue;
    const isOld = now.getTime() - status.mtimeMs > OLDEST_MS;
    if (isOld || (await isLeft(path))) await rm(path, { recursive: true, force: true });
  }
}

/** A temporary folder that cannot be read stops no scheduler. */
export async function sweepQueryFolders({ clock, log }: Pick<App, "clock" | "log">): Promise<void> {
  try {
    await removeLeftQueryFolders(clock.now());
  } catch (error) {
    log.debug(`Folders of dead queries could not be removed: ${describeError(error)}`);
  }
}

/** A folder without a name in it may be that of a query which has just begun. */
async function isLeft(path: string): Promise<boolean> {
  const text = await readFile(join(path, OWNER_FILE), "utf8").catch(() => undefined);
  const owner = text === undefined ? undefined : parseIdentity(text);
  return owner !== undefined && isProcessAlive(owner) === false;
}

/** `undefined` for a text that is not whole. */
function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const { pid, host, processStarted } = JSON.parse(text) as Partial<ProcessIdentity>;
    if (typeof pid !== "number" || typeof host !== "string" || typeof processStarted !== "string")
      return undefined;
    return { pid, host, processStarted };
  } catch {
    return undefined;
  }
}
