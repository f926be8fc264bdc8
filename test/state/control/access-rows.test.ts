/** Statements about tokens, sessions, the lease and events: each touches one row, or those that it names. */
import { describe, expect, test } from "vitest";
import {
  deleteExpiredSessions,
  deleteOldSessions,
  deleteSession,
  findValidSession,
} from "../../../state/access/sessions.ts";
import {
  findToken,
  findValidToken,
  hasValidToken,
  listTokens,
  revokeToken,
} from "../../../state/access/tokens.ts";
import { findLastEvent, insertEvent, signEvents } from "../../../state/control/events.ts";
import { readLease, releaseLease, renewLease } from "../../../state/control/lease.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { AT, NOW, openRows, THEN, type Reading, type Writing } from "../rows.ts";

const LAST = sql`SELECT at_local FROM events ORDER BY event_id DESC LIMIT 1`;
const FAR = new Date("2026-11-25T00:00:00.000Z");

describe("tokens and sessions", () => {
  const [later, earlier] = [{ expires_at: "2026-11-24T12:00:00.001Z" }, { expires_at: THEN }];
  const rows = openRows({
    api_tokens: [
      { token_id: 1, name: "valid", ...later },
      { token_id: 2, name: "expired", ...earlier },
      { token_id: 3, name: "revoked", ...later, revoked_at: AT, revoked_by: "bob" },
      { token_id: 4, name: "fourth", ...later },
    ],
    web_sessions: [
      { session_id: 1, name: "password", token_id: null, ...later },
      { session_id: 2, name: "token", token_id: 1, ...later },
      { session_id: 3, name: "of an expired token", token_id: 2, ...later },
      { session_id: 4, name: "of a revoked token", token_id: 3, ...later },
      { session_id: 5, name: "expired", token_id: null, ...earlier },
      { session_id: 6, name: "of the fourth", token_id: 4, ...later },
    ],
  });

  test.each<Reading>([
    ["tokens, the newest first", (q) => listTokens(q).map(({ tokenId }) => tokenId), [4, 3, 2, 1]],
    ["one token", (q) => findToken(q, 2)?.name, "expired"],
    [
      "valid is one that has not expired",
      (q) => [1, 2, 3, 4].map((id) => findValidToken(q, id, NOW)?.name),
      ["valid", undefined, undefined, "fourth"],
    ],
    [
      "a session ends with its token",
      (q) => [1, 2, 3, 4, 5, 6].map((id) => findValidSession(q, id, NOW)?.name),
      ["password", "token", undefined, undefined, undefined, "of the fourth"],
    ],
    ["some token is valid", (q) => hasValidToken(q, NOW), true],
    ["none is valid later", (q) => hasValidToken(q, FAR), false],
  ])("read: %s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });

  test.each<Writing>([
    [
      "revoking a token ends its sessions",
      (q) => revokeToken(q, 1, "ana", NOW),
      { "api_tokens 1": { revoked_at: THEN, revoked_by: "ana" }, "web_sessions 2": "deleted" },
    ],
    [
      "a revoked token keeps who revoked it",
      (q) => revokeToken(q, 3, "ana", NOW),
      { "web_sessions 4": "deleted" },
    ],
    [
      "a session ends",
      (q) => expect(deleteSession(q, 6)).toBe("of the fourth"),
      { "web_sessions 6": "deleted" },
    ],
    [
      "the old sessions of a name are deleted, not those of tokens",
      (q) => expect(deleteOldSessions(q, { name: "password", tokenId: null }, 0)).toEqual([1]),
      { "web_sessions 1": "deleted" },
    ],
    [
      "the old sessions of a token are deleted, whatever their name",
      (q) => expect(deleteOldSessions(q, { name: "x", tokenId: 1 }, 0)).toEqual([2]),
      { "web_sessions 2": "deleted" },
    ],
    ["the newest sessions stay", (q) => deleteOldSessions(q, { name: "password", tokenId: null }, 1), {}],
    ["expired sessions are deleted", (q) => deleteExpiredSessions(q, NOW), { "web_sessions 5": "deleted" }],
  ])("%s", async (_does, work, changes) => {
    expect(await rows.watch(work)).toEqual(changes);
  });

  test("where all tokens are revoked, none is valid", async () => {
    await rows.database.write((query) => {
      for (const id of [1, 4]) revokeToken(query, id, "ana", NOW);
    });
    expect(hasValidToken(rows.database, NOW)).toBe(false);
  });
});

describe("the lease and events", () => {
  const holder = { purpose: "p", pid: 1, host: "h", process_started: "s", acquired_at: AT };
  const rows = openRows({
    lease: [{ id: 1, epoch: 3, ...holder, expires_at: AT }],
    events: [{ event_id: 1 }, { event_id: 2 }, { event_id: 3 }],
    dag_runs: [
      { dag_run_id: 11, dag_id: "c", run_id: `manual__${AT}`, logical_date: AT, timezone: "Asia/Tokyo" },
      { dag_run_id: 12, dag_id: "d", run_id: `manual__${AT}`, logical_date: AT, timezone: "Asia/Kolkata" },
      {
        dag_run_id: 13,
        dag_id: "c",
        run_id: `manual__${AT}__2`,
        logical_date: AT,
        lake: "x",
        timezone: "America/Lima",
      },
    ],
  });

  test.each<Writing>([
    ["the holder renews it", (q) => renewLease(q, 3, THEN), { "lease 1": { expires_at: THEN } }],
    ["an old holder does not renew it", (q) => renewLease(q, 2, THEN), {}],
    [
      "the holder releases it",
      (q) => releaseLease(q, 3),
      { "lease 1": { expires_at: null, pid: null, purpose: null } },
    ],
    ["an old holder does not release it", (q) => releaseLease(q, 2), {}],
    [
      "events after a place are signed",
      (q) => signEvents(q, 1, "ana"),
      { "events 2": { requested_by: "ana" }, "events 3": { requested_by: "ana" } },
    ],
  ])("%s", async (_does, work, changes) => {
    expect(await rows.watch(work)).toEqual(changes);
  });

  test("a released lease has no holder; the last event is known", async () => {
    expect([readLease(rows.database)?.epoch, findLastEvent(rows.database)]).toEqual([3, 3]);
    await rows.database.write((query) => releaseLease(query, 3));
    expect(readLease(rows.database)).toBeUndefined();
  });

  test.each([
    ["of its run", "c", `manual__${AT}`, "2026-11-24 21:00:00 +09:00"],
    ["of another Dag's run", "d", `manual__${AT}`, "2026-11-24 17:30:00 +05:30"],
    ["of the run of that date in another lake", "c", `manual__${AT}__2`, "2026-11-24 07:00:00 -05:00"],
    ["given, for a run that is gone", "e", `manual__${AT}`, "2026-11-24 12:00:00 +00:00"],
  ])("an event has the time in the zone %s", async (_whose, dagId, runId, local) => {
    await rows.database.write((query) =>
      insertEvent(query, { level: "info", kind: "k", message: "m", dagId, runId }, NOW, "UTC"),
    );
    expect(rows.database.all(LAST)).toEqual([{ at_local: local }]);
  });
});
