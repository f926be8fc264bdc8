/** Makes a project in a folder: all of its files, or none where another file stands in the way. Can be run again after a kill. */
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import path from "node:path";
import { CommandRefused } from "../../model/errors.ts";
import { makeFolders } from "../../state/sqlite/make-folder.ts";
import { listProjectFiles, type PackagedTexts, type ProjectFile } from "./project-files.ts";

export interface NewProject {
  /** Absolute. */
  readonly folder: string;
  /** Relative to the folder, in the order in which they were written. */
  readonly written: readonly string[];
  /** Those that stood there already with the same content. */
  readonly kept: readonly string[];
}

/**
 * `home`: the folder of the program's package. A file that stands there with other content stops everything before
 * anything is written. Raises `USAGE`.
 */
export function initProject(folder: string, home: string, version: string): NewProject {
  const files = listProjectFiles(readPackagedTexts(home), version);
  const blocked = findBlocked(folder, files);
  if (blocked.length > 0) {
    throw new CommandRefused("USAGE", `${folder} already has ${joinNames(blocked)}.`, {
      hint: "init never replaces a file; nothing was written. Name another folder, or move these away.",
    });
  }
  const written: string[] = [];
  const kept: string[] = [];
  for (const file of files) (writeFile(folder, file) ? written : kept).push(file.path);
  return { folder, written, kept };
}

function readPackagedTexts(home: string): PackagedTexts {
  const read = (name: string): string => readFileSync(path.join(home, name), "utf8");
  try {
    const readAll = (place: string, ending: string): ReadonlyMap<string, string> => {
      const names = readdirSync(path.join(home, place)).filter((name) => name.endsWith(ending));
      return new Map(names.toSorted().map((name) => [name, read(`${place}/${name}`)]));
    };
    return {
      dags: readAll("dags", ".yaml"),
      sql: readAll("dags/sql", ".sql"),
      schema: read("docs/reference/dag.schema.json"),
      envExample: read(".env.example"),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new CommandRefused("USAGE", `${home} does not hold the files that a project is made of.`, {
      hint: "Run init with the program that npm installed; the container image does not have them.",
      cause: error,
    });
  }
}

/** What stands where the project's files go, and is not the same file; a file in the place of a folder too. */
function findBlocked(folder: string, files: readonly ProjectFile[]): readonly string[] {
  const isBlocked = (place: string): boolean => {
    const target = path.join(folder, place);
    return look(target) !== undefined && statSync(target, { throwIfNoEntry: false })?.isDirectory() !== true;
  };
  if (isBlocked(".")) {
    throw new CommandRefused("USAGE", `${folder} is a file, not a folder.`, { hint: "Name another folder." });
  }
  const folders = new Set(files.flatMap((file) => listFolders(file.path)));
  const inTheWay = [...folders].filter(isBlocked);
  if (inTheWay.length > 0) return inTheWay;
  return files.filter((file) => hasOther(folder, file)).map((file) => file.path);
}

/** `data/input/a.csv` lies in `data` and in `data/input`. */
function listFolders(place: string): readonly string[] {
  const parts = place.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function hasOther(folder: string, { path: name, text, mayDiffer = false }: ProjectFile): boolean {
  const target = path.join(folder, name);
  const found = look(target);
  if (found === undefined) return false;
  return !found.isFile() || (!mayDiffer && readFileSync(target, "utf8") !== text);
}

/** `undefined` where nothing stands, also behind a file that is in the place of a folder. */
function look(target: string): Stats | undefined {
  try {
    return lstatSync(target, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Written whole under another name and then linked to its own: a kill leaves no half file, and a file is never replaced. */
function writeFile(
  folder: string,
  { path: name, text, isPrivate = false, isForContainer = false }: ProjectFile,
): boolean {
  const target = path.join(folder, name);
  const draft = path.join(path.dirname(target), `.${path.basename(name)}.init`);
  makeFolders(path.dirname(target));
  if (look(target) !== undefined) {
    rmSync(draft, { force: true });
    return false;
  }
  writeFileSync(draft, text, { mode: isPrivate ? 0o600 : 0o644 });
  if (isPrivate) chmodSync(draft, 0o600);
  if (isForContainer && process.getuid?.() === 0) chownSync(draft, CONTAINER_USER, CONTAINER_USER);
  linkSync(draft, target);
  rmSync(draft);
  return true;
}

/** Of the image in compose.yaml. A file that root alone may read would be closed to it. */
const CONTAINER_USER = 1000;

function joinNames(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}
