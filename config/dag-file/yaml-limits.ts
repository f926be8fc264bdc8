/** How much YAML a Dag file may hold. */

export const FILE_LIMIT_BYTES = 256 * 1024;
/** Nesting of lists and maps; a Dag file needs about eight levels. */
export const DEPTH_LIMIT = 32;
export const ALIAS_LIMIT = 100;
/** After aliases have been expanded. */
export const NODE_LIMIT = 50_000;
/** The composer takes 10 µs a token and more where they are nonsense, so a hostile file is refused before. */
export const TOKEN_LIMIT = 100_000;
/** In 60,000 random texts of YAML's own characters there were at most 1.7. */
export const MOST_TOKENS_A_CHARACTER = 4;

export function describeDepth(): string {
  return `lists and maps are nested deeper than ${DEPTH_LIMIT}`;
}
