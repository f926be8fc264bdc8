/**
 * Whether the tasks of one Dag read its datasets after they are written. Datasets of other Dags are checked elsewhere.
 */
import type { DagRules } from "./dag-faults.ts";
import type { DagDraft, TaskDraft } from "./dag-draft.ts";
import type { Fault } from "./fault.ts";
import { mayTextsBeSame } from "./key-clash.ts";

/**
 * A task that reads what another task of the Dag writes must need it, directly or not: otherwise it reads older
 * content.
 */
export function listDatasetFaults(
  draft: DagDraft,
  { registry }: Pick<DagRules, "registry">,
): readonly Fault[] {
  const writers = draft.tasks.flatMap((task) => {
    const dataset = findType(task, registry)?.writes(task.with ?? {})?.dataset;
    return dataset === undefined ? [] : [{ task, dataset }];
  });
  return draft.tasks.flatMap((reader) =>
    (findType(reader, registry)?.reads(reader.with ?? {}) ?? []).flatMap((read) =>
      writers
        .filter(({ task, dataset }) => task !== reader && mayTextsBeSame(read, dataset))
        .filter(({ task }) => !isUpstream(draft, task.taskId, reader))
        .map(({ task, dataset }) => ({
          path: ["tasks", reader.taskId, "needs"],
          message: `it reads the dataset "${dataset}", which task "${task.taskId}" of this Dag writes, and does not need that task`,
          hint: `needs: [${[...reader.needs, task.taskId].join(", ")}]`,
        })),
    ),
  );
}

function findType(task: TaskDraft, registry: DagRules["registry"]) {
  return registry.get(task.type ?? "");
}

function isUpstream(draft: DagDraft, taskId: string, of: TaskDraft): boolean {
  const byId = new Map(draft.tasks.map((task) => [task.taskId, task]));
  const seen = new Set<string>();
  const waiting = [...of.needs];
  for (let need = waiting.pop(); need !== undefined; need = waiting.pop()) {
    if (need === taskId) return true;
    if (seen.has(need)) continue;
    seen.add(need);
    waiting.push(...(byId.get(need)?.needs ?? []));
  }
  return false;
}
