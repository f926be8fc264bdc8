/**
 * The names that TMDB accepts in `append_to_response` for a film and for a series: the methods below
 * `/movie/{movie_id}` and `/tv/{series_id}` of its reference, version 3. It silently ignores any other name.
 */

const BOTH = [
  "account_states",
  "alternative_titles",
  "changes",
  "credits",
  "external_ids",
  "images",
  "keywords",
  "lists",
  "recommendations",
  "reviews",
  "similar",
  "translations",
  "videos",
  "watch/providers",
] as const;

const MOVIE_ONLY = ["release_dates"] as const;

const SERIES_ONLY = [
  "aggregate_credits",
  "content_ratings",
  "episode_groups",
  "screened_theatrically",
] as const;

export const APPEND_NAMES = [...BOTH, ...MOVIE_ONLY, ...SERIES_ONLY] as const;

/** Why TMDB would ignore it for that entity; `undefined` if it would not. */
export function findAppendFault(name: string, entity: "movie" | "series"): string | undefined {
  const others: readonly string[] = entity === "movie" ? SERIES_ONLY : MOVIE_ONLY;
  if (!others.includes(name)) return undefined;
  return entity === "movie" ? `${name} exists only for series` : `${name} exists only for films`;
}
