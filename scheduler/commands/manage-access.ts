/** Creates and revokes API tokens, opens and closes sessions. Secrets never come here: only their hashes. */
import type { Role } from "../../model/access/user.ts";
import { CommandRefused } from "../../model/errors.ts";
import {
  deleteExpiredSessions,
  deleteOldSessions,
  deleteSession,
  insertSession,
  type NewSession,
} from "../../state/access/sessions.ts";
import { findToken, insertToken, revokeToken } from "../../state/access/tokens.ts";
import { insertEvent } from "../../state/control/events.ts";
import type { Query } from "../../state/sqlite/query.ts";

export interface TokenRequest {
  readonly name: string;
  readonly role: Role;
  readonly secretHash: string;
  readonly lastFour: string;
  /** ISO UTC. */
  readonly expiresAt: string;
  /** For the local time of the event. */
  readonly timezone: string;
}

/** Returns the token's id. */
export function createToken(
  query: Query,
  { timezone, ...token }: TokenRequest,
  by: string,
  now: Date,
): number {
  const tokenId = insertToken(query, { ...token, createdBy: by, createdAt: now.toISOString() });
  const message = `Token ${tokenId} (${token.name}) was created: ${token.role}, until ${token.expiresAt}.`;
  insertEvent(query, { level: "info", kind: "token_created", message }, now, timezone);
  return tokenId;
}

/** `false` if it was revoked before. Raises `TOKEN_UNKNOWN`. */
export function revokeAccess(
  query: Query,
  { tokenId, timezone }: { readonly tokenId: number; readonly timezone: string },
  by: string,
  now: Date,
): boolean {
  const token = findToken(query, tokenId);
  if (token === undefined) {
    throw new CommandRefused("TOKEN_UNKNOWN", `There is no token ${tokenId}.`, {
      hint: "`dagmar tokens list` shows them.",
    });
  }
  if (token.revokedAt !== null) return false;
  revokeToken(query, tokenId, by, now);
  const message = `Token ${tokenId} (${token.name}) was revoked.`;
  insertEvent(query, { level: "info", kind: "token_revoked", message }, now, timezone);
  return true;
}

export interface SessionRequest extends NewSession {
  readonly timezone: string;
}

/** Of one user: a program that logs in for each request must not fill the database. */
const MOST_SESSIONS = 50;

/** Returns the session's id. Sessions that have expired are deleted at this moment, and the user's oldest if there are many. */
export function openSession(query: Query, { timezone, ...session }: SessionRequest, now: Date): number {
  deleteExpiredSessions(query, now);
  const sessionId = insertSession(query, session, now);
  const message = `${session.name} logged in (session ${sessionId}, ${session.role}).`;
  insertEvent(query, { level: "info", kind: "session_opened", message }, now, timezone);
  for (const ended of deleteOldSessions(query, session, MOST_SESSIONS)) {
    const why = `${session.name} has ${MOST_SESSIONS} sessions, which are the most: session ${ended} has ended.`;
    insertEvent(query, { level: "info", kind: "session_closed", message: why }, now, timezone);
  }
  return sessionId;
}

/** `false` if there is no such session. */
export function closeSession(
  query: Query,
  { sessionId, timezone }: { readonly sessionId: number; readonly timezone: string },
  now: Date,
): boolean {
  const name = deleteSession(query, sessionId);
  if (name === undefined) return false;
  const message = `${name} logged out (session ${sessionId}).`;
  insertEvent(query, { level: "info", kind: "session_closed", message }, now, timezone);
  return true;
}
