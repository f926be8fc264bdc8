/** Pages and API that other machines reach need a login: without one the scheduler does not start. */
import { ConfigError } from "../../model/errors.ts";
import { isLoopback } from "../../model/text/loopback.ts";
import { hasValidToken } from "../../state/access/tokens.ts";
import type { Query } from "../../state/sqlite/query.ts";

interface Reach {
  /** `null` if HTTP is off. */
  readonly http: { readonly host: string; readonly port: number } | null;
  readonly web: { readonly password: string | null };
}

/** Raises `CONFIG_INVALID`. */
export function assertGuarded(query: Query, reach: Reach, now: Date): void {
  const fault = findUnguarded(reach, () => hasValidToken(query, now));
  if (fault !== undefined) throw fault;
}

/** `undefined` if a login is needed, or only this machine reaches it. */
export function findUnguarded({ http, web }: Reach, hasToken: () => boolean): ConfigError | undefined {
  if (http === null || isLoopback(http.host) || web.password !== null || hasToken()) return undefined;
  return new ConfigError(
    "CONFIG_INVALID",
    `DAGMAR_HTTP is ${http.host}:${http.port}, which other machines can reach, and there is neither a password nor a valid token.`,
    {
      hint: "Set DAGMAR_WEB_PASSWORD_FILE to a file with a password, or make a token with `dagmar tokens create`, or set DAGMAR_HTTP to 127.0.0.1:8793.",
    },
  );
}
