/** The rows of API tokens. A token's secret is never stored, only its hash. */
import type { Role } from "../../model/access/user.ts";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql, type Sql } from "../sqlite/statement.ts";

export interface TokenRow {
  readonly tokenId: number;
  readonly name: string;
  readonly role: Role;
  readonly lastFour: string;
  readonly createdBy: string;
  /** ISO UTC. */
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedBy: string | null;
  readonly revokedAt: string | null;
}

export type NewToken = Omit<TokenRow, "tokenId" | "revokedBy" | "revokedAt"> & {
  readonly secretHash: string;
};

const COLUMNS = sql`token_id, name, role, last_four, created_by, created_at, expires_at, revoked_by, revoked_at`;

/** What makes a token's row valid at that instant. */
const isValid = (now: Date): Sql => sql`revoked_at IS NULL AND expires_at > ${now.toISOString()}`;

export function insertToken(query: Query, token: NewToken): number {
  const { lastId } = query.run(
    insertInto("api_tokens", {
      name: token.name,
      role: token.role,
      secret_hash: token.secretHash,
      last_four: token.lastFour,
      created_by: token.createdBy,
      created_at: token.createdAt,
      expires_at: token.expiresAt,
    }),
  );
  return lastId;
}

/** Newest first, with those that are revoked or expired. */
export function listTokens(query: Query): readonly TokenRow[] {
  return query
    .all<Row>(sql`SELECT ${COLUMNS} FROM api_tokens ORDER BY token_id DESC`)
    .map((row) => mapRow<TokenRow>(row));
}

export function findToken(query: Query, tokenId: number): TokenRow | undefined {
  const row = query.get<Row>(sql`SELECT ${COLUMNS} FROM api_tokens WHERE token_id = ${tokenId}`);
  return row === undefined ? undefined : mapRow<TokenRow>(row);
}

/** Ends the sessions that were opened with it, too. */
export function revokeToken(query: Query, tokenId: number, by: string, now: Date): void {
  query.run(
    sql`UPDATE api_tokens SET revoked_at = ${now.toISOString()}, revoked_by = ${by}
        WHERE token_id = ${tokenId} AND revoked_at IS NULL`,
  );
  query.run(sql`DELETE FROM web_sessions WHERE token_id = ${tokenId}`);
}

export interface ValidToken {
  readonly name: string;
  /** As stored; this version may not know it. */
  readonly role: string;
  readonly secretHash: string;
  readonly expiresAt: string;
}

/** `undefined` if it does not exist, is revoked or has expired. */
export function findValidToken(query: Query, tokenId: number, now: Date): ValidToken | undefined {
  const row = query.get<Row>(
    sql`SELECT name, role, secret_hash, expires_at FROM api_tokens WHERE token_id = ${tokenId} AND ${isValid(now)}`,
  );
  return row === undefined ? undefined : mapRow<ValidToken>(row);
}

export function hasValidToken(query: Query, now: Date): boolean {
  return query.get(sql`SELECT 1 FROM api_tokens WHERE ${isValid(now)} LIMIT 1`) !== undefined;
}
