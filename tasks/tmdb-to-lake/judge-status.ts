/**
 * What a status and its body say: something about the title, the address, the token or the service. The caller decides
 * what follows.
 */
import { isJsonObject } from "../http/json-body.ts";
import { isTransientStatus, TOO_MANY_REQUESTS } from "../http/transient-status.ts";

export type StatusMeaning =
  /** A body whose content must be judged. */
  | "answer"
  /** TMDB itself says that it has nothing under this id. */
  | "not_found"
  /** A 404 that is not TMDB's: the address is not the API's, or something else answered. */
  | "wrong_address"
  /** The token is refused. */
  | "unauthorized"
  /** The request itself was refused or redirected, whatever its id. */
  | "refused"
  | "rate_limited"
  /** Another attempt may get another answer. */
  | "moment";

/** TMDB's own codes for an unknown id (https://developer.themoviedb.org/docs/errors). */
const NOT_FOUND_CODES: ReadonlySet<number | undefined> = new Set([6, 34]);

/**
 * `body` is the parsed JSON of the answer, or `undefined` if it is not JSON. Only an answer about the id may become a
 * lasting fact about it; of the 3xx and 4xx that is only the 404 in TMDB's own form. 400 and 422 are `refused` too:
 * TMDB returns them for parameters, and those are the task's options.
 */
export function judgeStatus(status: number, body: unknown): StatusMeaning {
  if (status < 300) return "answer";
  if (status === 404) return isNotFoundBody(body) ? "not_found" : "wrong_address";
  if (status === 401 || status === 403) return "unauthorized";
  if (status === TOO_MANY_REQUESTS) return "rate_limited";
  return isTransientStatus(status) ? "moment" : "refused";
}

/** TMDB's number for the error; `undefined` if the body is not one of TMDB's errors. */
export function readErrorCode(body: unknown): number | undefined {
  if (!isJsonObject(body)) return undefined;
  const code = body["status_code"];
  return typeof code === "number" && Number.isSafeInteger(code) ? code : undefined;
}

function isNotFoundBody(body: unknown): boolean {
  return NOT_FOUND_CODES.has(readErrorCode(body));
}
