/**
 * One Dag file from bytes to definition, with every fault that the file alone can have. Faults across files are found
 * elsewhere.
 */
import type { DagDefinition, JsonValue } from "../../model/dag/dag.ts";
import type { DagIssue } from "../../model/errors.ts";
import type { TaskWrites } from "../../model/ports/task-type.ts";
import { draftDag, type DagDraft, type TaskDraft } from "./dag-draft.ts";
import { listDagFaults, type DagRules } from "./dag-faults.ts";
import { TASK_LIMIT, dagFileSchema } from "./dag-file-schema.ts";
import { listDatasetFaults } from "./dataset-faults.ts";
import { defineDag, fingerprintDefinition } from "./definition.ts";
import type { Fault, FaultPath } from "./fault.ts";
import { listKeyFaults } from "./key-faults.ts";
import { listOptionFaults } from "./option-faults.ts";
import { listSchemaFaults, readBySchema } from "./schema-faults.ts";
import { listParamTemplateFaults, listTemplateFaults } from "./template-faults.ts";
import { readSqlFiles, type SqlFile } from "./sql-files.ts";
import { readYamlDocument } from "./yaml-document.ts";

/** A Dag whose file is valid. */
export interface LoadedDag {
  readonly definition: DagDefinition;
  /** `false`: checked and listed, but never scheduled or run. */
  readonly enabled: boolean;
  /** The file's path as it was given. */
  readonly file: string;
  /** See `fingerprintDefinition`. */
  readonly fingerprint: string;
}

/** What a task of the file stores, and the path of its key. */
export interface KeyClaim extends TaskWrites {
  readonly taskId: string;
  readonly path: FaultPath;
}

/** A checked file, with the data that the checks across files need. */
export interface CheckedDag {
  readonly dag: LoadedDag;
  readonly after: DagDraft["after"];
  readonly claims: readonly KeyClaim[];
  /** What the definition holds of other files. */
  readonly sqlFiles: readonly SqlFile[];
  describe(faults: readonly Fault[]): readonly DagIssue[];
}

export type CheckResult = { readonly checked: CheckedDag } | { readonly issues: readonly DagIssue[] };
export type CheckFile = (file: string, bytes: Uint8Array) => CheckResult;

/** Checks the bytes of the file `file`, whose name must be the Dag's id. */
export function checkDagFile(file: string, bytes: Uint8Array, rules: DagRules): CheckResult {
  const document = readYamlDocument(bytes);
  if (document.value === undefined) return { issues: document.describe(file, document.faults) };
  if (document.value === null) {
    return { issues: document.describe(file, [{ path: [], message: "the file is empty" }]) };
  }
  const { value, sqlFiles, faults: sqlFaults } = readSqlFiles(document.value, file, rules.registry);

  const draft = draftDag(value);
  if (draft.tasks.length > TASK_LIMIT) {
    return {
      issues: document.describe(file, [...document.faults, ...listSchemaFaults(dagFileSchema, value)]),
    };
  }
  const { parsed, faults: schemaFaults } = readBySchema(dagFileSchema, value);
  const tasks = draft.tasks.map((task) => checkTask(draft, task, rules));
  const faults = [
    ...document.faults,
    ...sqlFaults,
    ...schemaFaults,
    ...listDagFaults(draft, file, rules),
    ...listParamTemplateFaults(draft),
    ...tasks.flatMap((task) => task.faults),
  ];
  if (faults.length === 0) faults.push(...listDatasetFaults(draft, rules));
  if (parsed === undefined || faults.length > 0) return { issues: document.describe(file, faults) };

  const definition = defineDag(parsed, rules.timezone);
  const fingerprint = fingerprintDefinition(definition);
  const dag = Object.freeze({ definition, enabled: parsed.enabled ?? true, file, fingerprint });
  return {
    checked: {
      dag,
      after: draft.after,
      sqlFiles,
      claims: tasks.flatMap((task) => task.claim ?? []),
      describe: (found) => document.describe(file, found),
    },
  };
}

interface CheckedTask {
  readonly faults: readonly Fault[];
  readonly claim?: KeyClaim;
}

function checkTask(draft: DagDraft, task: TaskDraft, { registry }: DagRules): CheckedTask {
  const templateFaults = listTemplateFaults(draft, task, registry);
  const type = registry.get(task.type ?? "");
  if (type === undefined || task.with === undefined) return { faults: templateFaults };
  const optionFaults = listOptionFaults(draft, task, type);
  // A type can read its key only from options that match its schema.
  if (optionFaults.length > 0) return { faults: [...templateFaults, ...optionFaults] };
  const base = ["tasks", task.taskId];
  const upstream = task.needs.flatMap((taskId) => {
    const needed = draft.tasks.find((other) => other.taskId === taskId);
    const outputNames = registry.get(needed?.type ?? "")?.outputNames;
    // A task that is unknown, or of an unknown type, is a fault already.
    return outputNames === undefined ? [] : [{ taskId, outputNames }];
  });
  const isWhole = upstream.length === task.needs.length;
  const placeFaults = (isWhole ? (type.listFaults?.(task.with, upstream) ?? []) : []).map((fault) =>
    Object.assign({}, fault, { path: [...base, ...fault.path] }),
  );
  if (placeFaults.length > 0) return { faults: [...templateFaults, ...placeFaults] };
  const writes = type.writes(task.with);
  if (writes === undefined) return { faults: templateFaults };
  const path = findOption(task.with, "key", ["tasks", task.taskId, "with"]);
  return {
    faults: [...templateFaults, ...listKeyFaults(writes, path)],
    claim: { ...writes, taskId: task.taskId, path },
  };
}

function findOption(options: Readonly<Record<string, JsonValue>>, name: string, base: FaultPath): FaultPath {
  return Object.hasOwn(options, name) ? [...base, name] : base;
}
