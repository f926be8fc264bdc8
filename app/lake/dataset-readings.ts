/** How the Dag folder's tasks read each dataset: what their inputs declare, and the delimiter of a CSV. */
import type { DagFolder } from "../../config/dag-file/load-dags.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import type { AnyTaskType } from "../../model/ports/task-type.ts";
import { readDeclaredInput, type InputOption } from "../../tasks/sql-to-lake/options.ts";

export type DatasetReading = Partial<Pick<InputOption, "delimiter" | "nulls" | "columns">>;

/** By dataset. Of several declarations the first counts, in the order of Dags and tasks; one of a table's input before others. */
export function listReadings(
  folder: DagFolder,
  registry: ReadonlyMap<string, AnyTaskType>,
): ReadonlyMap<string, DatasetReading> {
  const tasks = [...folder.dags.values()].flatMap(({ definition }) => definition.tasks);
  const declared = tasks.flatMap((task) => listDeclared(task.with));
  const readings = new Map<string, DatasetReading>();
  for (const { dataset, ...reading } of declared) if (!readings.has(dataset)) readings.set(dataset, reading);
  for (const task of tasks) {
    const { delimiter } = task.with;
    if (typeof delimiter !== "string") continue;
    for (const dataset of registry.get(task.type)?.reads(task.with) ?? [])
      if (!readings.has(dataset)) readings.set(dataset, { delimiter });
  }
  return readings;
}

function listDeclared(options: Readonly<Record<string, JsonValue>>): readonly InputOption[] {
  const { inputs } = options;
  if (inputs === null || typeof inputs !== "object" || Array.isArray(inputs)) return [];
  return Object.values(inputs).flatMap((input) => readDeclaredInput(input) ?? []);
}
