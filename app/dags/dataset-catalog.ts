/** Where the Dag folder's tasks store datasets, by the literal beginnings of their keys. */
import { stampFolder } from "../../config/dag-file/folder-stamp.ts";
import { mayTextsBeSame } from "../../config/dag-file/key-clash.ts";
import type { DagFolder } from "../../config/dag-file/load-dags.ts";
import { literalPrefix } from "../../model/dag/template.ts";
import type { DatasetCatalog } from "../../model/ports/dataset-catalog.ts";
import type { AnyTaskType } from "../../model/ports/task-type.ts";
import type { DagLibrary } from "./dag-library.ts";

export interface DatasetPlace {
  /** As the Dag file has it; may hold templates. */
  readonly dataset: string;
  readonly prefix: string;
}

/** Reads the folder when it is asked, and again only if the folder has changed since. */
export function createDatasetCatalog({
  settings,
  registry,
  loadDags,
}: Pick<DagLibrary, "settings" | "registry" | "loadDags">): DatasetCatalog {
  let read: { readonly stamp: string; readonly places: readonly DatasetPlace[] } | undefined;
  return {
    async listPrefixes(dataset) {
      const stamp = await stampFolder(settings.dagsFolder);
      if (read?.stamp !== stamp) read = { stamp, places: listPlaces(await loadDags(), registry) };
      return dropNested(
        read.places.filter((place) => mayTextsBeSame(place.dataset, dataset)).map(({ prefix }) => prefix),
      );
    },
  };
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

function dropNested(prefixes: readonly string[]): readonly string[] {
  return [...new Set(prefixes)].filter(
    (prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)),
  );
}
