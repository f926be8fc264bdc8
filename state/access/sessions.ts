/** The rows of sessions: logins to the pages and the API. They are deleted when they end. */
import type { Role } from "../../model/access/user.ts";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql } from "../sqlite/statement.ts";

export interface NewSession {
  readonly name: string;
  readonly role: Role;
  readonly secretHash: string;
  /** `null`: opened with the password. */
  readonly tokenId: number | null;
  /** ISO UTC. */
  readonly expiresAt: string;
}

export function insertSession(query: Query, session: NewSession, now: Date): number {
  const { lastId } = query.run(
    insertInto("web_sessions", {
      name: session.name,
      role: session.role,
      secret_hash: session.secretHash,
      token_id: session.tokenId,
      created_at: now.toISOString(),
      expires_at: session.expiresAt,
    }),
  );
  return lastId;
}

/** Returns its name, or `undefined` if there is none. */
export function deleteSession(query: Query, sessionId: number): string | undefined {
  return query.get<{ name: string }>(
    sql`DELETE FROM web_sessions WHERE session_id = ${sessionId} RETURNING name`,
  )?.name;
}

/** All but the newest ones of the same token, or without one of the same name. Returns their ids. */
export function deleteOldSessions(
  query: Query,
  { name, tokenId }: Pick<NewSession, "name" | "tokenId">,
  most: number,
): readonly number[] {
  const isOfUser = tokenId === null ? sql`token_id IS NULL AND name = ${name}` : sql`token_id = ${tokenId}`;
  return query
    .all<{ session_id: number }>(
      sql`DELETE FROM web_sessions WHERE session_id IN (
            SELECT session_id FROM web_sessions WHERE ${isOfUser} ORDER BY session_id DESC LIMIT -1 OFFSET ${most})
          RETURNING session_id`,
    )
    .map((row) => row.session_id);
}

export function deleteExpiredSessions(query: Query, now: Date): void {
  query.run(sql`DELETE FROM web_sessions WHERE expires_at <= ${now.toISOString()}`);
}

export interface ValidSession {
  readonly name: string;
  /** As stored; this version may not know it. */
  readonly role: string;
  readonly secretHash: string;
}

/** `undefined` if it does not exist or has expired, or if its token is no longer valid. */
export function findValidSession(query: Query, sessionId: number, now: Date): ValidSession | undefined {
  const at = now.toISOString();
  const row = query.get<Row>(
    sql`SELECT s.name, s.role, s.secret_hash FROM web_sessions s LEFT JOIN api_tokens t USING (token_id)
        WHERE s.session_id = ${sessionId} AND s.expires_at > ${at}
          AND (s.token_id IS NULL OR (t.revoked_at IS NULL AND t.expires_at > ${at}))`,
  );
  return row === undefined ? undefined : mapRow<ValidSession>(row);
}
