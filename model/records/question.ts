/** What counts as the same question to a service, and the identity under which its answers are stored. */
import { createHash } from "node:crypto";

/** What distinguishes answers, by name. A list counts as it stands: a type whose lists have no order sorts them. */
export type Facets = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Made by a task type; nothing below it reads more of it than its names. */
export interface Question {
  readonly dataset: string;
  /** Which service answers, and where: such as its address, normalised. */
  readonly source: Facets;
  /** What else distinguishes answers: two questions that differ in one have different answers. */
  readonly facets: Facets;
  /**
   * What the hash is taken over, for a type whose answers stand in lakes under an older form. Without it, the dataset, the
   * source and the facets, sorted by their names.
   */
  readonly canonical?: string;
}

/** The generation of ids that were never asked anew on purpose. Sorts before every run stamp. */
export const FIRST_GENERATION = "0";

/**
 * SHA-256 over the question. The lake is left out: an object belongs to the lake that it stands in, so a lake that was
 * moved or copied is still known for what it holds. Raises an error for names that a manifest could not keep apart.
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
