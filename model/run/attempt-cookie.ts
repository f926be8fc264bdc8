/**
 * A mark in the environment of every process of an attempt. With it the next scheduler finds processes that a killed
 * one left.
 */

/** The variable's name. */
export const COOKIE_VARIABLE = "DAGMAR_ATTEMPT_COOKIE";

export interface CookieAttempt {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly attempt: number;
}

/** The variable's value. `scope` is the database's id, which separates attempts of different databases. */
export function makeAttemptCookie({ dagId, runId, taskId, attempt }: CookieAttempt, scope: string): string {
  return `${dagId}/${runId}/${taskId}/${attempt}@${scope}`;
}
