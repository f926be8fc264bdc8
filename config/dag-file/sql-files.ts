/**
 * The SQL that a task keeps in a file next to its Dag: its text becomes part of the Dag, so that a changed file is a changed Dag, and
 * a run keeps the text with which it began.
 */
import { createHash } from "node:crypto";
import path from "node:path";
import type { JsonValue } from "../../model/dag/dag.ts";
import type { AnyTaskType } from "../../model/ports/task-type.ts";
import type { Fault } from "./fault.ts";
import { readDagFile } from "./read-dag-file.ts";
import { FILE_LIMIT_BYTES } from "./yaml-limits.ts";

export interface SqlFile {
  /** Relative to the Dag file's folder. */
  readonly name: string;
  readonly sha256: string;
}

export interface WithSql {
  /** The document with the text of each file, after a comment that names it, in the place of its name. */
  readonly value: JsonValue;
  readonly sqlFiles: readonly SqlFile[];
  readonly faults: readonly Fault[];
}

type Fields = Readonly<Record<string, JsonValue>>;

/** In the Dag file's folder, or in a folder of it: what `stampFolder` looks at. */
const PLACE = /^(?:[\w-][\w.-]*\/)?[\w-][\w.-]*\.sql$/i;

/** `dagFile`: the path of the file whose document `value` is, which may have any fault. */
export function readSqlFiles(
  value: JsonValue,
  dagFile: string,
  registry: ReadonlyMap<string, AnyTaskType>,
): WithSql {
  const tasks = asFields(asFields(value)?.["tasks"]);
  if (tasks === undefined) return { value, sqlFiles: [], faults: [] };
  const sqlFiles: SqlFile[] = [];
  const faults: Fault[] = [];
  const filled = Object.entries(tasks).map(([taskId, task]): readonly [string, JsonValue] => {
    const options = asFields(asFields(task)?.["with"]);
    const type = asFields(task)?.["type"];
    const name =
      options === undefined || typeof type !== "string" ? undefined : registry.get(type)?.sqlFile?.(options);
    if (name === undefined) return [taskId, task];
    const read = readSqlFile(path.dirname(dagFile), name);
    if ("fault" in read) {
      faults.push({ path: ["tasks", taskId, "with", "sql"], message: read.fault });
      return [taskId, task];
    }
    sqlFiles.push({ name, sha256: read.sha256 });
    const sql = `-- file: ${name}\n${read.text}`;
    return [taskId, { ...asFields(task), with: { ...options, sql } }];
  });
  if (sqlFiles.length === 0) return { value, sqlFiles, faults };
  return { value: { ...asFields(value), tasks: Object.fromEntries(filled) }, sqlFiles, faults };
}

/** Whether the files hold what they held when the Dag was checked. */
export function areUnchanged(sqlFiles: readonly SqlFile[] | undefined, dagFile: string): boolean {
  return (sqlFiles ?? []).every(({ name, sha256 }) => {
    const read = readSqlFile(path.dirname(dagFile), name);
    return "sha256" in read && read.sha256 === sha256;
  });
}

type ReadSql = { readonly text: string; readonly sha256: string } | { readonly fault: string };

function readSqlFile(folder: string, name: string): ReadSql {
  if (!PLACE.test(name))
    return {
      fault: `${JSON.stringify(name)} is no SQL file next to the Dag: write movies.sql, or sql/movies.sql`,
    };
  const bytes = readDagFile(path.join(folder, name));
  if (typeof bytes === "string") return { fault: `${path.join(folder, name)} ${bytes}` };
  if (bytes.length > FILE_LIMIT_BYTES) return { fault: `${name} is longer than ${FILE_LIMIT_BYTES} bytes` };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (text.trim() === "") return { fault: `${path.join(folder, name)} is empty` };
    return { text, sha256: createHash("sha256").update(bytes).digest("hex") };
  } catch {
    return { fault: `${path.join(folder, name)} is not UTF-8` };
  }
}

function asFields(value: JsonValue | undefined): Fields | undefined {
  if (value === undefined || value === null || typeof value !== "object" || Array.isArray(value))
    return undefined;
  return value as Fields;
}
