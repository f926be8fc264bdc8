/** What a status and its body speak of: the title, the address, the token or the service. What follows is decided elsewhere. */
import { isJsonObject } from "../http/json-body.ts";
import { isTransientStatus, TOO_MANY_REQUESTS } from "../http/transient-status.ts";

export type StatusMeaning =
  /** A body to be judged by its content. */
  | "answer"
  /** TMDB itself says that it has nothing under this id. */
  | "not_found"
  /** A 404 that is not TMDB's: the address is not that of the API, or something else answered in its place. */
  | "wrong_address"
  /** The token is refused. */
  | "unauthorized"
  /** The request was refused or sent elsewhere, whatever its id. */
  | "refused"
  | "rate_limited"
  /** Another attempt may meet something else. */
  | "moment";

/** TMDB's own codes for an id that it does not know (https://developer.themoviedb.org/docs/errors). */
const NOT_FOUND_CODES: ReadonlySet<number> = new Set([6, 34]);

/**
 * `body` is the parsed JSON of the answer, or `undefined` where it is none. Only an answer that speaks of the id may become
 * a lasting fact about it, and of the 3xx and 4xx that is the 404 in TMDB's own form. 400 and 422 are `refused` too: TMDB
 * answers them to parameters, and those are the task's options.
 */
export function judgeStatus(status: number, body: unknown): StatusMeaning {
  if (status < 300) return "answer";
  if (status === 404) return isNotFoundBody(body) ? "not_found" : "wrong_address";
  if (status === 401 || status === 403) return "unauthorized";
  if (status === TOO_MANY_REQUESTS) return "rate_limited";
  return isTransientStatus(status) ? "moment" : "refused";
}

/** TMDB's number for what went wrong; `undefined` where the body is not one of TMDB's errors. */
export function readErrorCode(body: unknown): number | undefined {
  if (!isJsonObject(body)) return undefined;
  const code = body["status_code"];
  return typeof code === "number" && Number.isSafeInteger(code) ? code : undefined;
}

function isNotFoundBody(body: unknown): boolean {
  const code = readErrorCode(body);
  return code !== undefined && NOT_FOUND_CODES.has(code);
}
