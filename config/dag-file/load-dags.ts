/**
 * The Dags of a folder, or of given files: valid ones loaded, broken ones with their faults; no file stops another.
 * Reads the folder at every call; the scheduler decides when to call it again.
 */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { ConfigError, type DagIssue } from "../../model/errors.ts";
import { explainSystemFault } from "../../model/system-fault.ts";
import {
  checkDagFile,
  type CheckedDag,
  type CheckFile,
  type CheckResult,
  type LoadedDag,
} from "./check-dag-file.ts";
import { findContests, listCrossFaults } from "./cross-faults.ts";
import type { DagRules } from "./dag-faults.ts";
import { stampLinks } from "./folder-stamp.ts";
import { checkOrFind, type KeptChecks } from "./kept-checks.ts";
import { readDagFile } from "./read-dag-file.ts";

export interface DagFolder {
  /** By Dag id, in the order of the ids; Dags that are off are included. */
  readonly dags: ReadonlyMap<string, LoadedDag>;
  /** By Dag id, which is the file's name without `.yaml`; by the file's name or path if that gives no id of its own. */
  readonly broken: ReadonlyMap<string, readonly DagIssue[]>;
}

const EXTENSION = ".yaml";
/** A folder whose links change at every reading is taken as it is. */
const MOST_SWAPS = 3;

/**
 * Reads every `*.yaml` of a folder, not of its subfolders. Hidden and other files are ignored, except `.yml`, which is
 * reported because its author meant a Dag. If links are swapped all at once, as Kubernetes does, all files are of one
 * version: a folder that is swapped while it is read is read again. A file whose check is in `kept` is not parsed;
 * other checks are added to `kept`. Raises `ConfigError` if the folder does not exist.
 */
export async function loadDags(folder: string, rules: DagRules, kept?: KeptChecks): Promise<DagFolder> {
  for (let swaps = 0; ; swaps += 1) {
    const links = await stampLinks(folder);
    const names = await listNames(folder);
    const loaded = await loadAll(
      names.map((name) => path.join(folder, name)),
      kept === undefined ? (file, bytes) => checkDagFile(file, bytes, rules) : checkOrFind(rules, kept),
      rules,
    );
    if (swaps === MOST_SWAPS || (await stampLinks(folder)) === links) return loaded;
  }
}

/**
 * Reads the given files. `existing` holds Dags that the files are checked against, but that are not part of the result;
 * a given file replaces the Dag of its name there.
 */
export async function loadDagFiles(
  files: readonly string[],
  rules: DagRules,
  existing?: DagFolder,
): Promise<DagFolder> {
  const given = new Set(files.map((file) => path.basename(file, EXTENSION)));
  const paths = new Set(files.map((file) => path.resolve(file)));
  const others = [...(existing?.dags.values() ?? [])].filter(
    (dag) => !given.has(dag.definition.dagId) && !paths.has(path.resolve(dag.file)),
  );
  const loaded = await loadAll(
    [...files, ...others.map((dag) => dag.file)],
    (file, bytes) => checkDagFile(file, bytes, rules),
    rules,
    existing?.broken.keys(),
  );
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
    if (explainSystemFault(error) !== undefined) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown fault";
    const reason =
      code === "ENOENT"
        ? "does not exist"
        : code === "ENOTDIR"
          ? "is not a folder"
          : `cannot be read (${code})`;
    throw new ConfigError("CONFIG_INVALID", `The Dag folder ${folder} ${reason}.`, {
      hint: "Change to the project's folder, or set DAGMAR_DAGS. `dagmar init` creates a project.",
    });
  }
}

async function loadAll(
  files: readonly string[],
  check: CheckFile,
  rules: DagRules,
  alsoKnown: Iterable<string> = [],
): Promise<DagFolder> {
  const checked = new Map<string, CheckedDag>();
  const broken = new Map<string, readonly DagIssue[]>();
  for (const file of files) {
    const dagId = path.basename(file, EXTENSION);
    const first = checked.get(dagId)?.dag.file;
    if (first !== undefined || broken.has(dagId)) {
      const message = `another file already defines the Dag "${dagId}"${first === undefined ? "" : `: ${first}`}`;
      broken.set(file, [makeFileIssue(file, message)]);
      continue;
    }
    // A scheduler that reads a thousand files again has tasks to run meanwhile.
    await new Promise(setImmediate);
    const result = loadFile(file, check);
    if ("issues" in result) broken.set(dagId, result.issues);
    else checked.set(dagId, result.checked);
  }
  const knownIds = new Set([...checked.keys(), ...broken.keys(), ...alsoKnown]);
  const valid = [...checked.values()];
  const contests = findContests(valid);
  const books = contests.dagIds.length === 0 ? undefined : await rules.readKnown?.(contests.dagIds);
  const crossFaults = listCrossFaults(valid, knownIds, contests, books ?? new Map(), rules.registry);
  for (const [dagId, faults] of crossFaults) {
    const dag = checked.get(dagId);
    if (dag !== undefined) broken.set(dagId, dag.describe(faults));
  }
  const dags = [...checked]
    .filter(([dagId]) => !broken.has(dagId))
    .map(([dagId, { dag }]) => [dagId, dag] as const);
  return { dags: sortById(dags), broken: sortById([...broken]) };
}

function loadFile(file: string, check: CheckFile): CheckResult {
  if (!file.endsWith(EXTENSION)) {
    const issue = makeFileIssue(file, `the name of a Dag file must end in ${EXTENSION}`);
    return {
      issues: [{ ...issue, hint: `rename it to ${path.basename(file).replace(/\.[^.]*$/, "")}${EXTENSION}` }],
    };
  }
  const bytes = readDagFile(file);
  return typeof bytes === "string" ? { issues: [makeFileIssue(file, bytes)] } : check(file, bytes);
}

function makeFileIssue(file: string, message: string): DagIssue {
  return { file, line: 0, column: 0, path: "", message };
}

function sortById<Value>(entries: readonly (readonly [string, Value])[]): ReadonlyMap<string, Value> {
  return new Map(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
