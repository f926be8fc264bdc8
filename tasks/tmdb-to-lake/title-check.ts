/**
 * What TMDB's `/find` says about an IMDb id, and whether an answer is the title that was asked for. Sends nothing
 * itself.
 */
import { isJsonObject, type JsonObject } from "../http/json-body.ts";

export type Entity = "movie" | "series";

/** Why an id is absent. `unknown`: TMDB has nothing under it; `gone`: `/find` names a title that no longer exists. */
export type AbsenceReason =
  "unknown" | "gone" | "is_a_movie" | "is_a_series" | "is_a_season" | "is_an_episode" | "is_a_person";

export type FindVerdict =
  | { readonly kind: "found"; readonly ids: readonly number[] }
  | { readonly kind: "absent"; readonly reason: AbsenceReason }
  /** Not in `/find`'s form (https://developer.themoviedb.org/reference/find-by-id). */
  | { readonly kind: "malformed" };

const LISTS = { movie: "movie_results", series: "tv_results" } as const satisfies Record<Entity, string>;

const OTHER_LISTS = [
  ["movie_results", "is_a_movie"],
  ["tv_results", "is_a_series"],
  ["tv_season_results", "is_a_season"],
  ["tv_episode_results", "is_an_episode"],
  ["person_results", "is_a_person"],
] as const;

/** Reads an answer of `/find` for an entity; its ids come in TMDB's order. */
export function readFind(answer: unknown, entity: Entity): FindVerdict {
  if (!isJsonObject(answer)) return { kind: "malformed" };
  const results = answer[LISTS[entity]];
  if (!Array.isArray(results)) return { kind: "malformed" };
  const ids = results.map((result: unknown) => (isJsonObject(result) ? readProviderId(result) : undefined));
  if (ids.includes(undefined)) return { kind: "malformed" };
  if (ids.length > 0) return { kind: "found", ids: ids.filter((id) => id !== undefined) };
  const other = OTHER_LISTS.find(([list]) => Array.isArray(answer[list]) && answer[list].length > 0);
  return { kind: "absent", reason: other?.[1] ?? "unknown" };
}

/** TMDB's own number for a title; `undefined` if there is none that a path could hold. */
export function readProviderId(record: JsonObject): number | undefined {
  const id = record["id"];
  return typeof id === "number" && Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

export function isFindAnswer(answer: JsonObject): boolean {
  return OTHER_LISTS.some(([list]) => Object.hasOwn(answer, list));
}

/** Fields of which every title of TMDB has at least one, with its id. */
const TITLE_NAMES = {
  movie: ["imdb_id", "title", "original_title"],
  series: ["name", "original_name", "external_ids"],
} as const satisfies Record<Entity, readonly string[]>;

/**
 * Whether a value has the form of TMDB's titles, even if it is the wrong title. Any other form says nothing about an
 * id.
 */
export function isTitle(value: unknown, entity: Entity): value is JsonObject {
  if (!isJsonObject(value) || readProviderId(value) === undefined) return false;
  return TITLE_NAMES[entity].some((name) => Object.hasOwn(value, name));
}

/** The IMDb id in a record, without surrounding spaces; `undefined` if it is absent, null, blank or not text. */
export function readImdbId(record: JsonObject, entity: Entity): string | undefined {
  const holder = entity === "movie" ? record : record["external_ids"];
  const imdbId = isJsonObject(holder) ? holder["imdb_id"] : undefined;
  const text = typeof imdbId === "string" ? imdbId.trim() : "";
  return text === "" ? undefined : text;
}
