/** The mark that every process of an attempt carries in its environment, by which it is found when Dagmar itself was killed. */

/** The variable's name. */
export const COOKIE_VARIABLE = "DAGMAR_ATTEMPT_COOKIE";

export interface CookieAttempt {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly attempt: number;
}

/** The variable's value. `scope` tells attempts of one database from those of another: the database's id. */
export function makeAttemptCookie({ dagId, runId, taskId, attempt }: CookieAttempt, scope: string): string {
  return `${dagId}/${runId}/${taskId}/${attempt}@${scope}`;
}
