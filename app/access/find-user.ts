/** The user of a token or a session: what a request's credential is worth at this moment. */
import { isSameHash, type Credential } from "../../model/access/credential.ts";
import { ROLES, type User } from "../../model/access/user.ts";
import { findValidSession } from "../../state/access/sessions.ts";
import { findValidToken } from "../../state/access/tokens.ts";
import type { Query } from "../../state/sqlite/query.ts";

/** `null` if it is unknown, wrong, revoked or expired, or if this version does not know its role. */
export function findUser(query: Query, { kind, id, hash }: Credential, now: Date): User | null {
  const found = kind === "token" ? findValidToken(query, id, now) : findValidSession(query, id, now);
  if (found === undefined || !isSameHash(found.secretHash, hash)) return null;
  const role = ROLES.find((known) => known === found.role);
  if (role === undefined) return null;
  return { name: kind === "token" ? `token ${found.name}` : `${found.name} (session ${id})`, role };
}
