/** Where the Dag folder's tasks store a dataset, as the folder is now. */
import { mayTextsBeSame } from "../../config/dag-file/key-clash.ts";
import type { DatasetCatalog } from "../../model/ports/dataset-catalog.ts";
import type { DagLibrary } from "./dag-library.ts";

export function createDatasetCatalog({ listPlaces }: Pick<DagLibrary, "listPlaces">): DatasetCatalog {
  return {
    async listPrefixes(dataset) {
      const places = await listPlaces();
      return dropNested(
        places.filter((place) => mayTextsBeSame(place.dataset, dataset)).map(({ prefix }) => prefix),
      );
    },
  };
}

function dropNested(prefixes: readonly string[]): readonly string[] {
  return [...new Set(prefixes)].filter(
    (prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)),
  );
}
