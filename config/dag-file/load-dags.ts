/**
 * The Dags of a folder, or of given files: each good one loaded, each broken one with its faults, and no file stopping
 * another. Reads the folder every time it is called; when to call it again is the scheduler's business.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { ConfigError, type DagIssue } from "../../model/errors.ts";
import { checkDagFile, type CheckedDag, type LoadedDag } from "./check-dag-file.ts";
import { listCrossFaults } from "./cross-faults.ts";
import type { DagRules } from "./dag-faults.ts";
import { FILE_LIMIT_BYTES } from "./yaml-document.ts";

export interface DagFolder {
  /** By Dag id, in the order of the ids; those that are off included. */
  readonly dags: ReadonlyMap<string, LoadedDag>;
  /**
   * By Dag id, which is the file's name without `.yaml`; by the file's name or path where that gives no id of its own.
   */
  readonly broken: ReadonlyMap<string, readonly DagIssue[]>;
}

const EXTENSION = ".yaml";

/**
 * Reads every `*.yaml` of a folder, not of folders within it. Hidden files and files of other kinds are passed over,
 * save `.yml`, whose author surely meant a Dag. Raises `ConfigError` when there is no such folder.
 */
export async function loadDags(folder: string, rules: DagRules): Promise<DagFolder> {
  const names = await listNames(folder);
  return loadAll(
    names.map((name) => path.join(folder, name)),
    rules,
  );
}

/**
 * Reads the given files. `beside` holds Dags that the files are checked against, but which are not part of the answer;
 * a given file stands in for the Dag of its name there.
 */
export async function loadDagFiles(
  files: readonly string[],
  rules: DagRules,
  beside?: DagFolder,
): Promise<DagFolder> {
  const given = new Set(files.map((file) => path.basename(file, EXTENSION)));
  const paths = new Set(files.map((file) => path.resolve(file)));
  const others = [...(beside?.dags.values() ?? [])].filter(
    (dag) => !given.has(dag.definition.dagId) && !paths.has(path.resolve(dag.file)),
  );
  const loaded = await loadAll([...files, ...others.map((dag) => dag.file)], rules, beside?.broken.keys());
  const isOther = (dagId: string): boolean => others.some((dag) => dag.definition.dagId === dagId);
  return {
    dags: new Map([...loaded.dags].filter(([dagId]) => !isOther(dagId))),
    broken: new Map([...loaded.broken].filter(([dagId]) => !isOther(dagId))),
  };
}

async function listNames(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => !name.startsWith(".") && /\.ya?ml$/i.test(name)).toSorted();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown fault";
    const reason =
      code === "ENOENT"
        ? "does not exist"
        : code === "ENOTDIR"
          ? "is not a folder"
          : `cannot be read (${code})`;
    throw new ConfigError("CONFIG_INVALID", `The Dag folder ${folder} ${reason}.`, {
      hint: "DAGMAR_DAGS names the folder.",
    });
  }
}

async function loadAll(
  files: readonly string[],
  rules: DagRules,
  alsoKnown: Iterable<string> = [],
): Promise<DagFolder> {
  const checked = new Map<string, CheckedDag>();
  const broken = new Map<string, readonly DagIssue[]>();
  for (const file of files) {
    const dagId = path.basename(file, EXTENSION);
    const first = checked.get(dagId)?.dag.file;
    if (first !== undefined || broken.has(dagId)) {
      const message = `another file gives the Dag "${dagId}" already${first === undefined ? "" : `: ${first}`}`;
      broken.set(file, [makeFileIssue(file, message)]);
      continue;
    }
    // A scheduler that reads a thousand files again has tasks under way.
    await new Promise(setImmediate);
    const result = loadFile(file, rules);
    if ("issues" in result) broken.set(dagId, result.issues);
    else checked.set(dagId, result.checked);
  }
  const knownIds = new Set([...checked.keys(), ...broken.keys(), ...alsoKnown]);
  for (const [dagId, faults] of listCrossFaults([...checked.values()], knownIds)) {
    const dag = checked.get(dagId);
    if (dag !== undefined) broken.set(dagId, dag.describe(faults));
  }
  const dags = [...checked]
    .filter(([dagId]) => !broken.has(dagId))
    .map(([dagId, { dag }]) => [dagId, dag] as const);
  return { dags: sortById(dags), broken: sortById([...broken]) };
}

function loadFile(file: string, rules: DagRules): ReturnType<typeof checkDagFile> {
  if (!file.endsWith(EXTENSION)) {
    const issue = makeFileIssue(file, `the name of a Dag file ends in ${EXTENSION}`);
    return {
      issues: [{ ...issue, hint: `rename it to ${path.basename(file).replace(/\.[^.]*$/, "")}${EXTENSION}` }],
    };
  }
  const bytes = readRegularFile(file);
  return typeof bytes === "string"
    ? { issues: [makeFileIssue(file, bytes)] }
    : checkDagFile(file, bytes, rules);
}

/**
 * The bytes, one more than the limit at most; or a sentence that says why there are none. Opened without following a
 * link and without waiting, so that a named pipe cannot hold the reader up. At once: for files as small as these, handing
 * each step to another thread costs several times the reading.
 */
function readRegularFile(file: string): Uint8Array | string {
  let descriptor;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return stat.isDirectory() ? "is a folder, not a file" : "is not a regular file";
    // One byte more than there should be: a file that grows meanwhile is read again when its time stamp changes.
    const buffer = Buffer.alloc(Math.min(stat.size, FILE_LIMIT_BYTES) + 1);
    let length = 0;
    while (length < buffer.length) {
      const bytesRead = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown fault";
    if (code === "ELOOP") return "is a symbolic link; put the file itself here";
    if (code === "ENOENT") return "does not exist";
    return code === "EACCES" ? "may not be read by this user" : `cannot be read (${code})`;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function makeFileIssue(file: string, message: string): DagIssue {
  return { file, line: 0, column: 0, path: "", message };
}

function sortById<Value>(entries: readonly (readonly [string, Value])[]): ReadonlyMap<string, Value> {
  return new Map(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
