/** What counts as the same question to a service, and the hash under which its answers are stored. */
import { createHash } from "node:crypto";

/** What distinguishes answers, by name. The order of a list counts: a type whose lists have no order sorts them. */
export type Facets = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Created by a task type; other code reads only its names. */
export interface Question {
  readonly dataset: string;
  /** Which service answers, such as its normalised address. */
  readonly source: Facets;
  /** What else distinguishes answers. */
  readonly facets: Facets;
  /**
   * The text to hash, for a type whose answers are in lakes under an older form. By default the dataset, the source
   * and the facets, sorted by name.
   */
  readonly canonical?: string;
}

/** The generation of ids that were never refetched. Sorts before every run stamp. */
export const FIRST_GENERATION = "0";

/**
 * SHA-256 over the question. The lake is not part of it, so the objects of a moved or copied lake stay valid. Raises
 * an error for names that a manifest cannot tell apart.
 */
export function hashQuestion({ dataset, source, facets, canonical }: Question): string {
  const names = [...Object.keys(source), ...Object.keys(facets)];
  if (names.includes("hash") || new Set(names).size < names.length) {
    throw new Error(
      `source and facets of ${dataset} share a name, or have one called hash: ${names.join(", ")}`,
    );
  }
  const form = canonical ?? JSON.stringify([dataset, sortByName(source), sortByName(facets)]);
  return createHash("sha256").update(form).digest("hex");
}

function sortByName(facets: Facets): readonly (readonly [string, Facets[string]])[] {
  return Object.entries(facets).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
