/** The token or session of a request: in `Authorization`, or in the session's cookie. Never in the address. */
import { parseSecret, type Secret } from "../../model/access/credential.ts";
import type { RequestHead } from "../server/exchange.ts";

/** `undefined` if there is none; `null` for an `Authorization` that is no Bearer token of ours. */
export function readSecret(head: RequestHead, cookieName: string): Secret | null | undefined {
  const authorization = head.headers["authorization"];
  if (authorization === undefined) return readCookie(head, cookieName);
  const [, given = ""] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  return parseSecret(given) ?? null;
}

/** A cookie that is not valid counts as none: the user logs in again. */
export function readCookie({ headers }: RequestHead, name: string): Secret | undefined {
  for (const part of (headers["cookie"] ?? "").split(";")) {
    const cut = part.indexOf("=");
    if (part.slice(0, cut).trim() !== name) continue;
    const secret = parseSecret(part.slice(cut + 1).trim());
    return secret?.kind === "session" ? secret : undefined;
  }
  return undefined;
}

/** The head without them: what answers the request needs no secret. */
export function dropSecrets(head: RequestHead, cookieName: string): RequestHead {
  const { authorization: _, cookie, ...headers } = head.headers;
  if (cookie === undefined) return { ...head, headers };
  const others = cookie
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "" && !part.startsWith(`${cookieName}=`));
  return { ...head, headers: others.length === 0 ? headers : { ...headers, cookie: others.join("; ") } };
}
