/** What a credential is worth: a token or a session that is known, right, and valid at this moment. */
import { describe, expect, test } from "vitest";
import { findUser } from "../../../app/access/find-user.ts";
import { hashSession, hashToken, type Credential } from "../../../model/access/credential.ts";
import { deleteSession, insertSession } from "../../../state/access/sessions.ts";
import { insertToken, revokeToken } from "../../../state/access/tokens.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { openTestWorld } from "../../support/test-world.ts";

const KEY = Buffer.from("key");
const EXPIRES = "2026-12-01T00:00:00.000Z";
const BEFORE = new Date("2026-11-30T23:59:59.999Z");
const AFTER = new Date(EXPIRES);
const TOKEN: Credential = { kind: "token", id: 1, hash: hashToken("secret") };
/** Opened with the password. */
const LOGIN: Credential = { kind: "session", id: 1, hash: hashSession("secret", KEY) };
/** Opened with the token. */
const BY_TOKEN: Credential = { kind: "session", id: 2, hash: hashSession("other", KEY) };

async function openAccess() {
  const { database, clock } = await openTestWorld();
  const now = clock.now();
  await database.write((query) => {
    const by = { createdBy: "ana@host", createdAt: now.toISOString(), expiresAt: EXPIRES, lastFour: "cret" };
    insertToken(query, { ...by, name: "deploy", role: "viewer", secretHash: TOKEN.hash });
    const session = { name: "marina", role: "operator", tokenId: null } as const;
    const late = "2027-01-01T00:00:00.000Z";
    insertSession(query, { ...session, secretHash: LOGIN.hash, expiresAt: EXPIRES }, now);
    insertSession(query, { ...session, tokenId: 1, secretHash: BY_TOKEN.hash, expiresAt: late }, now);
  });
  return {
    find: (credential: Credential, at = BEFORE) => findUser(database, credential, at),
    write: (work: (query: Query) => void) => database.write(work),
    now,
  };
}

describe("a credential", () => {
  test("that is valid gives its name and its role", async () => {
    const { find } = await openAccess();
    expect(find(TOKEN)).toEqual({ name: "token deploy", role: "viewer" });
    expect(find(LOGIN)).toEqual({ name: "marina (session 1)", role: "operator" });
    expect(find(BY_TOKEN)).toEqual({ name: "marina (session 2)", role: "operator" });
  });

  test.each([
    ["of an id that does not exist", { ...TOKEN, id: 9 }],
    ["with another secret", { ...TOKEN, hash: hashToken("other") }],
    ["without a hash", { ...TOKEN, hash: "" }],
    ["of a session, given as a token", { ...LOGIN, kind: "token" }],
    ["of a token, given as a session", { ...TOKEN, kind: "session" }],
    ["of a session under another password", { ...LOGIN, hash: hashSession("secret", Buffer.from("new")) }],
  ] satisfies readonly [string, Credential][])("%s is worth nothing", async (_, credential) => {
    const { find } = await openAccess();
    expect(find(credential)).toBe(null);
  });

  test.each([
    ["token", TOKEN],
    ["session", LOGIN],
    ["session whose token", BY_TOKEN],
  ] as const)("of a %s that has expired is worth nothing from that instant", async (_, credential) => {
    const { find } = await openAccess();
    expect(find(credential, BEFORE)).not.toBe(null);
    expect(find(credential, AFTER)).toBe(null);
  });

  test("of a revoked token is worth nothing, and neither are the sessions that it opened", async () => {
    const { find, write, now } = await openAccess();
    await write((query) => revokeToken(query, 1, "ana@host", now));
    expect([find(TOKEN), find(BY_TOKEN)]).toEqual([null, null]);
    expect(find(LOGIN)).not.toBe(null);
  });

  test("of a session that was closed is worth nothing", async () => {
    const { find, write } = await openAccess();
    await write((query) => deleteSession(query, 1));
    expect(find(LOGIN)).toBe(null);
  });

  test("with a role that this version does not know may do nothing", async () => {
    const { find, write } = await openAccess();
    await write((query) => {
      query.run(sql`UPDATE api_tokens SET role = 'owner'`);
      query.run(sql`UPDATE web_sessions SET role = 'owner'`);
    });
    expect([find(TOKEN), find(LOGIN)]).toEqual([null, null]);
  });
});
