/**
 * The form of tokens and of sessions: `dagmar_token_<id>_<secret>`. The id finds the row, the secret proves the right to use it.
 * Only a hash of the secret is stored. Rows, expiry and roles are not known here.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

export type CredentialKind = "token" | "session";

/** What a client sends. */
export interface Secret {
  readonly kind: CredentialKind;
  readonly id: number;
  /** 256 random bits in base64url. */
  readonly secret: string;
}

/** The same without the secret: it may leave the main thread. */
export interface Credential {
  readonly kind: CredentialKind;
  readonly id: number;
  /** Hexadecimal. */
  readonly hash: string;
}

export const SECRET_BYTES = 32;
/** In characters: longer than a person types; scrypt reads all of it. */
export const LONGEST_PASSWORD = 1_000;
const FORM = /^dagmar_(token|session)_([1-9]\d{0,14})_([\w-]{43})$/;

export function writeSecret({ kind, id, secret }: Secret): string {
  return `dagmar_${kind}_${id}_${secret}`;
}

/** `undefined` for any other text. */
export function parseSecret(text: string): Secret | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  return { kind: match[1] as CredentialKind, id: Number(match[2]), secret: match[3] ?? "" };
}

export function hashToken(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** `key` is made from the password: a new password ends the sessions of the former one. */
export function hashSession(secret: string, key: Uint8Array): string {
  return createHmac("sha256", key).update(secret).digest("hex");
}

/** In constant time. */
export function isSameHash(hash: string, other: string): boolean {
  const [one, two] = [Buffer.from(hash, "hex"), Buffer.from(other, "hex")];
  return one.length === 32 && one.length === two.length && timingSafeEqual(one, two);
}
