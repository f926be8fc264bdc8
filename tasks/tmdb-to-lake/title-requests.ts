/** The requests that ask for a title, and whether JSON has a form that TMDB gives. Sends nothing. */
import type { HttpRequest } from "../http/exchange.ts";
import { isJsonObject } from "../http/json-body.ts";
import { readErrorCode } from "./judge-status.ts";
import { isFindAnswer, isTitle, readFind, readImdbId, type Entity } from "./title-check.ts";

export interface TitleRequest {
  readonly entity: Entity;
  /** `tt` and 7 to 10 digits. */
  readonly imdbId: string;
  readonly language: string;
  /** At most 20; the order does not matter. */
  readonly append: readonly string[];
  /** It failed in an earlier attempt, so that another failure says little about TMDB. Default `false`. */
  readonly hasFailed?: boolean;
}

/** TMDB's limit (https://developer.themoviedb.org/docs/append-to-response). */
const MAX_APPEND = 20;

export function findRequest({ entity, imdbId, language, hasFailed }: TitleRequest): HttpRequest {
  const query = `external_source=imdb_id&language=${encodeURIComponent(language)}`;
  return {
    path: `/find/${imdbId}?${query}`,
    template: "/find/{imdb_id}",
    isFair: hasFailed !== true,
    isProof: (value) => readFind(value, entity).kind !== "malformed",
  };
}

export function movieRequest(title: TitleRequest): HttpRequest {
  const path = `/movie/${title.imdbId}?${buildQuery(title)}`;
  return {
    path,
    template: "/movie/{imdb_id}",
    isFair: title.hasFailed !== true,
    isProof: (value) => isTitle(value, "movie") && readImdbId(value, "movie") === title.imdbId,
  };
}

/** The first request for a title. */
export function firstRequest(title: TitleRequest): HttpRequest {
  return title.entity === "movie" ? movieRequest(title) : findRequest(title);
}

/** A title, a result of `/find`, or one of TMDB's errors: any other JSON is not TMDB's. */
export function isSound(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  return (
    isTitle(value, "movie") ||
    isTitle(value, "series") ||
    isFindAnswer(value) ||
    readErrorCode(value) !== undefined
  );
}

/** Sorted, so that the same question is the same URL. Commas are not escaped, as in TMDB's documentation. */
export function buildQuery({ language, append }: TitleRequest): string {
  if (append.length > MAX_APPEND) {
    throw new RangeError(`append_to_response takes at most ${MAX_APPEND} names, not ${append.length}`);
  }
  const parts = [`language=${encodeURIComponent(language)}`];
  if (append.length > 0) {
    const names = [...new Set(append)]
      .toSorted()
      .map((name) => encodeURIComponent(name).replaceAll("%2F", "/"));
    parts.push(`append_to_response=${names.join(",")}`);
  }
  return parts.join("&");
}
