/** API tokens: created, listed, revoked. The secret is made here and leaves only with the answer. */
import { randomBytes } from "node:crypto";
import { hashToken, SECRET_BYTES, writeSecret } from "../../model/access/credential.ts";
import type { Role } from "../../model/access/user.ts";
import { listTokens as readTokens, type TokenRow } from "../../state/access/tokens.ts";
import type { App } from "../app.ts";
import { carryOut } from "../lease-work.ts";

export interface CreatedToken {
  readonly tokenId: number;
  /** The only time that it is known. */
  readonly token: string;
  readonly expiresAt: string;
}

export async function createToken(
  app: App,
  order: { readonly name: string; readonly role: Role; readonly lifeSeconds: number },
  drain: AbortSignal,
): Promise<CreatedToken> {
  const { name, role, lifeSeconds } = order;
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  const expiresAt = new Date(app.clock.now().getTime() + lifeSeconds * 1000).toISOString();
  const request = {
    name,
    role,
    secretHash: hashToken(secret),
    lastFour: secret.slice(-4),
    expiresAt,
    timezone: app.settings.timezone,
  };
  const { answer } = await carryOut(app, { kind: "create_token", request }, drain);
  return {
    tokenId: answer.tokenId,
    token: writeSecret({ kind: "token", id: answer.tokenId, secret }),
    expiresAt,
  };
}

export interface ListedToken extends TokenRow {
  readonly state: "valid" | "expired" | "revoked";
}

export async function listTokens(app: App): Promise<readonly ListedToken[]> {
  const now = app.clock.now().toISOString();
  return readTokens(await app.openDatabase("read")).map((token) => ({
    ...token,
    state: token.revokedAt !== null ? "revoked" : token.expiresAt > now ? "valid" : "expired",
  }));
}

/** `false` if it was revoked before. Raises `TOKEN_UNKNOWN`. */
export async function revokeToken(app: App, tokenId: number, drain: AbortSignal): Promise<boolean> {
  await app.openDatabase("existing");
  const request = { tokenId, timezone: app.settings.timezone };
  const { answer } = await carryOut(app, { kind: "revoke_token", request }, drain);
  return answer.revoked;
}
