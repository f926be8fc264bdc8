/** Parses what a request to TMDB asks for from its URL. Permission and the answer are not its work. */
import { toImdbId, toTmdbId } from "./tmdb-ids.ts";

export type Route = "movie" | "tv" | "find";

export interface Question {
  readonly route: Route;
  /** As given in the path: `tt…` or a number. */
  readonly givenId: string;
  /** The title that is meant, whichever kind of id was given; `undefined` when there can be none. */
  readonly imdbId: string | undefined;
  /** `en-US` unless asked otherwise. */
  readonly language: string;
  readonly append: readonly string[];
  readonly externalSource: string | null;
  readonly apiKey: string | null;
}

const PATH = /^\/3\/(movie|tv|find)\/([^/]+)$/;

/** `undefined` for a path that the simulator does not serve. */
export function readQuestion(url: URL): Question | undefined {
  const match = PATH.exec(url.pathname);
  const givenId = match?.[2];
  if (match === null || givenId === undefined) return undefined;
  const append = url.searchParams.get("append_to_response") ?? "";
  return {
    route: match[1] === "movie" ? "movie" : match[1] === "tv" ? "tv" : "find",
    givenId,
    imdbId: findImdbId(givenId),
    language: url.searchParams.get("language") ?? "en-US",
    append: append.split(",").filter((name) => name !== ""),
    externalSource: url.searchParams.get("external_source"),
    apiKey: url.searchParams.get("api_key"),
  };
}

function findImdbId(givenId: string): string | undefined {
  if (toTmdbId(givenId) !== undefined) return givenId;
  return /^\d{1,12}$/.test(givenId) ? toImdbId(Number(givenId)) : undefined;
}
