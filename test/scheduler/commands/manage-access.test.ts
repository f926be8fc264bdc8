/** Tokens and sessions: what is recorded, which events there are, and what an answer says. */
import { expect, test } from "vitest";
import { applyCommand, type SchedulerCommand } from "../../../scheduler/commands/command.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { openTestWorld } from "../../support/test-world.ts";

const AT = new Date("2026-11-23T09:00:00.000Z");
const TOKEN = {
  name: "grafana",
  role: "viewer",
  secretHash: "h1",
  lastFour: "abcd",
  expiresAt: "2027-02-21T09:00:00.000Z",
  timezone: "UTC",
} as const;

async function openAccess() {
  const { database, lake } = await openTestWorld();
  const holder = { registry: new Map(), lakeId: lake.id, dags: new Map() };
  let told = 0;
  return {
    apply: (command: SchedulerCommand, now = AT) =>
      database.write((query) => applyCommand(query, holder as never, command, now, "ana@host")),
    /** The new events. */
    events: () => {
      const rows = database
        .all<{ level: string; kind: string; message: string }>(
          sql`SELECT level, kind, message FROM events ORDER BY event_id`,
        )
        .slice(told);
      told += rows.length;
      return rows.map(({ level, kind, message }) => `${level} ${kind}: ${message}`);
    },
    countSessions: () => database.get<{ n: number }>(sql`SELECT count(*) AS n FROM web_sessions`)?.n,
  };
}

test("a token is created and revoked, once", async () => {
  const { apply, events } = await openAccess();
  expect(await apply({ kind: "create_token", request: TOKEN })).toEqual({ tokenId: 1 });
  expect(events()).toEqual([
    "info token_created: Token 1 (grafana) was created: viewer, until 2027-02-21T09:00:00.000Z.",
  ]);
  const revoke = { kind: "revoke_token", request: { tokenId: 1, timezone: "UTC" } } as const;
  expect(await apply(revoke)).toEqual({ revoked: true });
  expect(events()).toEqual(["info token_revoked: Token 1 (grafana) was revoked."]);
  expect(await apply(revoke)).toEqual({ revoked: false });
  expect(events()).toEqual([]);
  await expect(
    apply({ kind: "revoke_token", request: { tokenId: 7, timezone: "UTC" } }),
  ).rejects.toMatchObject({
    code: "TOKEN_UNKNOWN",
    message: "There is no token 7.",
    hint: "`dagmar tokens list` shows them.",
  });
});

test("a session is opened and closed, once", async () => {
  const { apply, events, countSessions } = await openAccess();
  const request = {
    name: "admin",
    role: "operator",
    secretHash: "s1",
    expiresAt: "2026-11-24T09:00:00.000Z",
    tokenId: null,
    timezone: "UTC",
  } as const;
  const opened = await apply({ kind: "open_session", request });
  expect(opened).toEqual({ sessionId: 1 });
  expect(events()).toEqual(["info session_opened: admin logged in (session 1, operator)."]);
  const close = { kind: "close_session", request: { sessionId: 1, timezone: "UTC" } } as const;
  expect(await apply(close)).toEqual({ closed: true });
  expect(events()).toEqual(["info session_closed: admin logged out (session 1)."]);
  expect(await apply(close)).toEqual({ closed: false });
  expect(events()).toEqual([]);
  expect(countSessions()).toBe(0);
});

test("of one user fifty sessions are kept, the newest, and expired ones of all users are deleted", async () => {
  const { apply, events, countSessions } = await openAccess();
  const open = (name: string, secretHash: string, expiresAt: string, now = AT) => {
    const request = {
      name,
      role: "operator",
      secretHash,
      tokenId: null,
      expiresAt,
      timezone: "UTC",
    } as const;
    return apply({ kind: "open_session", request }, now);
  };
  await open("other", "o", "2026-11-23T09:30:00.000Z");
  for (let nth = 1; nth <= 50; nth += 1) await open("admin", `s${nth}`, "2026-11-24T09:00:00.000Z");
  expect(countSessions()).toBe(51);
  events();
  await open("admin", "s51", "2026-11-24T09:00:00.000Z");
  expect(events()).toEqual([
    "info session_opened: admin logged in (session 52, operator).",
    "info session_closed: admin has 50 sessions, which are the most: session 2 has ended.",
  ]);
  expect(countSessions()).toBe(51);
  await open("other", "p", "2026-11-25T09:00:00.000Z", new Date("2026-11-24T10:00:00.000Z"));
  expect(countSessions()).toBe(1);
});
