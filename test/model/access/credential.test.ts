/** Secrets of tokens and sessions: their form, and hashes that are compared. */
import { describe, expect, test } from "vitest";
import {
  hashSession,
  hashToken,
  isSameHash,
  parseSecret,
  writeSecret,
} from "../../../model/access/credential.ts";

const SECRET = "a".repeat(43);

test("a secret is read as it was written", () => {
  const given = { kind: "token", id: 12, secret: SECRET } as const;
  expect(parseSecret(writeSecret(given))).toEqual(given);
});

test.each([
  "",
  SECRET,
  `dagmar_token_0_${SECRET}`,
  `dagmar_token_01_${SECRET}`,
  `dagmar_token_-1_${SECRET}`,
  `dagmar_token_1_${SECRET}a`,
  `dagmar_token_1_${"a".repeat(42)}`,
  `dagmar_token_1_${"a".repeat(42)}é`,
  `dagmar_user_1_${SECRET}`,
  `Dagmar_token_1_${SECRET}`,
  ` dagmar_token_1_${SECRET}`,
  `dagmar_token_1_${SECRET}\n`,
  `dagmar_token_9999999999999999_${SECRET}`,
])("%j is none", (text) => {
  expect(parseSecret(text)).toBe(undefined);
});

describe("a hash", () => {
  test("is the same for the same secret alone", () => {
    expect(isSameHash(hashToken(SECRET), hashToken(SECRET))).toBe(true);
    expect(isSameHash(hashToken(SECRET), hashToken(`${SECRET}b`))).toBe(false);
  });

  test("of a session depends on the password's key", () => {
    const [one, two] = [Buffer.from("one"), Buffer.from("two")];
    expect(isSameHash(hashSession(SECRET, one), hashSession(SECRET, one))).toBe(true);
    expect(isSameHash(hashSession(SECRET, one), hashSession(SECRET, two))).toBe(false);
  });

  test.each(["", "zz", "00", hashToken(SECRET).slice(2)])("%j equals nothing, not even itself", (text) => {
    expect(isSameHash(text, text)).toBe(false);
    expect(isSameHash(text, hashToken(SECRET))).toBe(false);
  });
});
