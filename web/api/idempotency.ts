/** The Idempotency-Key of a request that writes, and the reply that its first request got. */
import { createHash } from "node:crypto";
import { assertSameAsked } from "../../app/service/orders.ts";
import { CommandRefused } from "../../model/errors.ts";
import { ANSWERED, findKeyedRequest, type RequestKey } from "../../state/control/requests.ts";
import type { HttpReply, HttpRequest } from "../server/exchange.ts";
import type { ReadTools } from "./route.ts";

/** As the draft of the IETF has it: a text of printable characters, such as a UUID, with or without quotes. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** `null` if the request has none. Raises `USAGE`. */
export function readKey(request: HttpRequest): RequestKey | null {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return null;
  if (!KEY.test(key)) {
    throw new CommandRefused("USAGE", "Idempotency-Key: 1 to 255 printable characters, without spaces.");
  }
  return { key, hash: hashAsked(request) };
}

/** What a key is given with: another request may not have it. */
export function hashAsked({ method, path, search, body }: HttpRequest): string {
  return createHash("sha256")
    .update(JSON.stringify([method, path, search, body]))
    .digest("hex");
}

/**
 * `undefined` if the key is new; its `reply` is `undefined` while its order is under way, and if it was too large to be kept.
 * Raises `KEY_REUSED`.
 */
export function findKept(
  { query, now }: ReadTools,
  key: RequestKey,
): { readonly reply: HttpReply | undefined; readonly hasOrder: boolean } | undefined {
  const known = findKeyedRequest(query, key.key, now);
  if (known === undefined) return undefined;
  assertSameAsked(known.askedHash, key);
  return { reply: known.reply ?? undefined, hasOrder: known.kind !== ANSWERED };
}
