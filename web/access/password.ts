/**
 * Checks the password: slowly on purpose (scrypt), one try after another, and five failures a minute. It runs in a thread of
 * Node's pool, so that the loop does not wait.
 */
import { scrypt, timingSafeEqual } from "node:crypto";
import { LONGEST_PASSWORD } from "../../model/access/credential.ts";
import type { Clock } from "../../model/ports/clock.ts";

export type PasswordVerdict =
  | { readonly kind: "right" }
  | { readonly kind: "wrong"; readonly triesLeft: number }
  | { readonly kind: "later"; readonly retryAfterSeconds: number };

export interface PasswordCheck {
  check(given: string): Promise<PasswordVerdict>;
  /** For the hashes of sessions: another password gives another key. */
  readKey(): Promise<Uint8Array>;
}

/** About 260 ms and 17 MiB (the OWASP Password Storage Cheat Sheet's row for N = 2^14). */
const COST = { N: 2 ** 14, r: 8, p: 5, maxmem: 64 * 1024 * 1024 } as const;
const KEY_BYTES = 32;
const TRIES = 5;
const WINDOW_MS = 60_000;

/** `salt`: of this database. Without a password, nothing is right. `derive`: a key from a password, slowly. */
export function createPasswordCheck(
  password: string | null,
  salt: string,
  clock: Clock,
  derive = deriveSlowly,
): PasswordCheck {
  let key: Promise<Uint8Array> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  /** When each try that failed, or has not ended, began. */
  let tries: readonly number[] = [];

  function readKey(): Promise<Uint8Array> {
    key ??= password === null ? Promise.resolve(new Uint8Array(0)) : deriveKey(password);
    return key;
  }

  /** Memory may be short for a moment: what failed is tried again at the next request. */
  async function deriveKey(given: string): Promise<Uint8Array> {
    try {
      return await derive(given, salt);
    } catch (error) {
      key = undefined;
      throw error;
    }
  }

  function countTries(): number {
    const nowMs = clock.monotonicMs();
    tries = tries.filter((beganMs) => nowMs - beganMs < WINDOW_MS);
    return tries.length;
  }

  async function isRight(given: string): Promise<boolean> {
    if (password === null || given.length > LONGEST_PASSWORD) return false;
    return timingSafeEqual(await derive(given, salt), await readKey());
  }

  return {
    readKey,
    async check(given) {
      if (countTries() >= TRIES) {
        const leftMs = (tries[0] ?? 0) + WINDOW_MS - clock.monotonicMs();
        return { kind: "later", retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1000)) };
      }
      const beganMs = clock.monotonicMs();
      tries = [...tries, beganMs];
      const judged = last.then(() => isRight(given));
      last = judged.catch(() => undefined);
      if (!(await judged)) return { kind: "wrong", triesLeft: TRIES - countTries() };
      const index = tries.indexOf(beganMs);
      tries = tries.filter((_, other) => other !== index);
      return { kind: "right" };
    },
  };
}

function deriveSlowly(password: string, salt: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFC"), salt, KEY_BYTES, COST, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
