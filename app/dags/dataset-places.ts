/** Where Dags store datasets, by the literal beginnings of their keys. */
import type { DagFolder } from "../../config/dag-file/load-dags.ts";
import { literalPrefix } from "../../model/dag/template.ts";
import type { AnyTaskType } from "../../model/ports/task-type.ts";

export interface DatasetPlace {
  /** As the Dag file has it; may hold templates. */
  readonly dataset: string;
  readonly prefix: string;
}

/** Every place where a Dag stores something, sorted by dataset and prefix. Broken files have none. */
export function listPlaces(
  folder: DagFolder,
  registry: ReadonlyMap<string, AnyTaskType>,
): readonly DatasetPlace[] {
  const places = [...folder.dags.values()].flatMap(({ definition }) =>
    definition.tasks.flatMap((task) => {
      const written = registry.get(task.type)?.writes(task.with);
      return written === undefined ? [] : { dataset: written.dataset, prefix: literalPrefix(written.key) };
    }),
  );
  return [...new Map(places.map((place) => [`${place.dataset}\n${place.prefix}`, place])).entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, place]) => place);
}
