/** Whether every template in a task's options names something that exists for that task. */
import { RUN_NAMES, listReferences } from "../../model/dag/template.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import type { AnyTaskType } from "../../model/ports/task-type.ts";
import { suggestOrList } from "../suggestion.ts";
import type { DagDraft, TaskDraft } from "./dag-draft.ts";
import type { Fault, FaultPath } from "./fault.ts";
import { findForeignTemplates } from "./foreign-templates.ts";

type Registry = ReadonlyMap<string, AnyTaskType>;

/** Faults of the templates in the `with` and the `when` of one task. */
export function listTemplateFaults(draft: DagDraft, task: TaskDraft, registry: Registry): readonly Fault[] {
  const base = ["tasks", task.taskId];
  const texts = [
    ...listTexts(task.with ?? {}, [...base, "with"]),
    ...listTexts(task.whenValue ?? null, [...base, "when", "value"]),
  ].filter(({ text }) => /[${%]/.test(text));
  if (texts.length === 0) return [];
  const known = listKnownNames(draft, task, registry);
  const type = registry.get(task.type ?? "");
  return texts.flatMap(({ text, path, isName }) => {
    const isOwn = text.includes("${");
    if (isName && isOwn) return [{ path, message: "a field's name cannot be a template", isAboutName: true }];
    if (isName) return [];
    const [inside, ...option] = path.slice(base.length);
    const hint = inside === "with" ? type?.refuseTemplate?.(option) : undefined;
    // A text in another language, such as a script: what it holds means something there.
    if (hint !== undefined) return isOwn ? [{ path, message: "templates are not allowed here", hint }] : [];
    const foreign = findForeignTemplates(text, {
      known,
      isForProgram: type?.refuseTemplate !== undefined,
      isPlainOption: inside === "with" && option.length === 1,
    });
    if (foreign.length > 0) return foreign.map((one) => ({ path, ...one }));
    const faults = listReferences(text)
      .filter((name) => !known.has(name))
      .map((name) => describeUnknown(path, name, known, draft, task));
    if (isUnfinished(text)) {
      faults.push({ path, message: 'a template is not finished: "${" needs a name and "}"' });
    }
    return faults;
  });
}

/** Templates are allowed only in `with` and `when`; nothing resolves them elsewhere. */
export function listParamTemplateFaults(draft: DagDraft): readonly Fault[] {
  return listTexts(draft.params, ["params"])
    .filter(({ text, isName }) => !isName && text.includes("${"))
    .map(({ path }) => ({ path, message: "a param's value cannot hold templates" }));
}

/** Whether a `${` is left that begins no reference. */
function isUnfinished(text: string): boolean {
  const rest = listReferences(text).reduce((left, name) => left.replace(`\${${name}}`, ""), text);
  return rest.includes("${");
}

function listKnownNames(draft: DagDraft, task: TaskDraft, registry: Registry): ReadonlySet<string> {
  const own = registry.get(task.type ?? "")?.ownTemplateNames ?? [];
  const outputs = [...listUpstream(draft, task)].flatMap((taskId) => {
    const type = draft.tasks.find((other) => other.taskId === taskId)?.type ?? "";
    return (registry.get(type)?.outputNames ?? []).map((name) => `outputs.${taskId}.${name}`);
  });
  return new Set([
    ...RUN_NAMES,
    ...own,
    ...Object.keys(draft.params).map((name) => `params.${name}`),
    ...outputs,
  ]);
}

/** Every task that comes before, directly or not. Cycles, which another check reports, are harmless here. */
function listUpstream(draft: DagDraft, task: TaskDraft): ReadonlySet<string> {
  const byId = new Map(draft.tasks.map((other) => [other.taskId, other]));
  const reached = new Set<string>();
  const waiting = [...task.needs];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...(byId.get(next)?.needs ?? []));
  }
  reached.delete(task.taskId);
  return reached;
}

function describeUnknown(
  path: FaultPath,
  name: string,
  known: ReadonlySet<string>,
  draft: DagDraft,
  task: TaskDraft,
): Fault {
  const message = `unknown template \${${name}}`;
  const producer = /^outputs\.([^.]+)\./.exec(name)?.[1];
  const isTask = draft.tasks.some((other) => other.taskId === producer);
  if (producer !== undefined && isTask && !listUpstream(draft, task).has(producer)) {
    return { path, message, hint: `the outputs of "${producer}" are known only to tasks that need it` };
  }
  return { path, message, hint: suggestOrList(name, known) };
}

interface FoundText {
  readonly text: string;
  readonly path: FaultPath;
  readonly isName: boolean;
}

function listTexts(value: JsonValue, path: FaultPath): FoundText[] {
  if (typeof value === "string") return [{ text: value, path, isName: false }];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const inner = [...path, Array.isArray(value) ? Number(name) : name];
    const found = listTexts(item, inner);
    if (!Array.isArray(value)) found.unshift({ text: name, path: inner, isName: true });
    return found;
  });
}
