/** The question of a tmdb-to-lake task in the record protocol; objects in lakes carry its hash. */
import type { Question } from "../../model/records/question.ts";
import type { TmdbToLakeOptions } from "./options.ts";

export type AskedOptions = Pick<TmdbToLakeOptions, "dataset" | "entity" | "language"> & {
  readonly append: readonly string[];
};

/** The names of the source and the facets also appear in manifests and in the columns of `v_ids`. */
export function describeQuestion(options: AskedOptions, baseUrl: string): Question {
  const { dataset, entity, language } = options;
  const address = normaliseBaseUrl(baseUrl);
  const append = sortAppend(options.append);
  return {
    dataset,
    source: { base_url: address },
    facets: { entity, language, append },
    // The form of the first release. Another form would ask again for every id in existing lakes.
    canonical: JSON.stringify([dataset, address, entity, language, append]),
  };
}

/** Sorted by code unit, without duplicates. */
function sortAppend(append: readonly string[]): readonly string[] {
  return [...new Set(append)].toSorted((a, b) => (a < b ? -1 : 1));
}

function normaliseBaseUrl(baseUrl: string): string {
  return new URL(baseUrl).href.replace(/\/+$/, "");
}
