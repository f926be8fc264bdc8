/**
 * Where the log files of attempts are, and which of them are too old to be kept. Their content is decided elsewhere.
 */
import { readdir, rm, rmdir, stat } from "node:fs/promises";
import path from "node:path";
import type { AttemptKey } from "../model/ports/attempt-logs.ts";

/** The older parts of a full log file; `.1` is the newest. */
const OLDER_PARTS = 3;

const DAG_FOLDER = /^[a-z][a-z0-9_]{0,62}$/;
const TASK_FOLDER = DAG_FOLDER;
/** A run id with `-` for the colons that some file systems do not accept. */
const RUN_FOLDER = /^[a-z]+__\d{4}-\d{2}-\d{2}T[\d.-]+Z$/;

/**
 * `<folder>/<dag>/<run>/<task>/<attempt>.log`. `undefined` for a key that is no attempt's: ids are checked where they
 * are read, but here a path is made of them.
 */
export function locateAttemptLog(folder: string, key: AttemptKey): string | undefined {
  const run = key.runId.replaceAll(":", "-");
  const isSound =
    DAG_FOLDER.test(key.dagId) &&
    RUN_FOLDER.test(run) &&
    TASK_FOLDER.test(key.taskId) &&
    Number.isSafeInteger(key.attempt) &&
    key.attempt > 0;
  return isSound ? path.join(folder, key.dagId, run, key.taskId, `${key.attempt}.log`) : undefined;
}

/** The file itself and the names of its older parts, newest first. */
export function listPartNames(file: string): readonly string[] {
  return [file, ...Array.from({ length: OLDER_PARTS }, (_, index) => `${file}.${index + 1}`)];
}

/**
 * Removes the folders of runs in which nothing was written since `before`, and returns their number. Touches only what
 * is named like one of them: the folder may be shared.
 */
export async function pruneAttemptLogs(folder: string, before: Date): Promise<number> {
  let removed = 0;
  for (const dag of await listFolders(folder, DAG_FOLDER)) {
    for (const run of await listFolders(dag, RUN_FOLDER)) {
      if (await isWrittenSince(run, before)) continue;
      await rm(run, { recursive: true, force: true });
      removed += 1;
    }
    // Fails if something is in it, which is intended.
    await rmdir(dag).catch(() => undefined);
  }
  return removed;
}

async function listFolders(folder: string, name: RegExp): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(ignoreAbsence);
  return entries
    .filter((entry) => entry.isDirectory() && name.test(entry.name))
    .map((entry) => path.join(folder, entry.name));
}

/** A folder's own time changes only with new names, not with lines that are added to a file in it. */
async function isWrittenSince(run: string, instant: Date): Promise<boolean> {
  const inside = await readdir(run, { recursive: true }).catch(ignoreAbsence);
  for (const name of [".", ...inside]) {
    const found = await stat(path.join(run, name)).catch(() => undefined);
    if (found !== undefined && found.mtimeMs >= instant.getTime()) return true;
  }
  return false;
}

function ignoreAbsence(error: unknown): [] {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
  throw error;
}
