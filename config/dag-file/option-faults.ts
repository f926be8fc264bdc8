/**
 * Whether a task's options match its task type's schema as far as that is known before a run: params count with their
 * default values; other templates are trusted, because only a run knows their values.
 */
import { renderTemplates, listReferences } from "../../model/dag/template.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import type { AnyTaskType } from "../../model/ports/task-type.ts";
import type { DagDraft, TaskDraft } from "./dag-draft.ts";
import type { Fault } from "./fault.ts";
import { listSchemaFaults, type IsTrusted } from "./schema-faults.ts";

const PARAM = /^params\.([a-z][a-z0-9_]*)$/;
const WHOLE_TEMPLATE = /^\$\{[^{}]*\}$/;

/** Faults of the options of one task whose type is known. */
export function listOptionFaults(draft: DagDraft, task: TaskDraft, type: AnyTaskType): readonly Fault[] {
  if (task.with === undefined) return [];
  const options = renderTemplates(task.with, (name) => {
    const param = PARAM.exec(name)?.[1];
    return param !== undefined && Object.hasOwn(draft.params, param) ? draft.params[param] : undefined;
  });
  return listSchemaFaults(type.options, options, ["tasks", task.taskId, "with"], isKnownOnlyToARun);
}

/**
 * A whole template may become anything; of a text with templates in it only the type is known, and what a schema marks as
 * certain: a beginning that no value of a template changes.
 */
const isKnownOnlyToARun: IsTrusted = (value: JsonValue | undefined, issue) => {
  if (typeof value !== "string" || listReferences(value).length === 0) return false;
  if (issue.code === "custom" && issue.params?.["isCertain"] === true) return false;
  return WHOLE_TEMPLATE.test(value) || (issue.code !== "invalid_type" && issue.code !== "invalid_union");
};
