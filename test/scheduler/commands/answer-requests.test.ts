/** Requests as any process with write access can insert them: whole, of another version, and in no form at all. */
import { expect, test } from "vitest";
import { answerNow, answerRequests, type OwnWork } from "../../../scheduler/commands/answer-requests.ts";
import { insertRequest, readAnswer } from "../../../state/control/requests.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeKeptLogger } from "../../lake/lake-tools.ts";
import { openTestWorld } from "../../support/test-world.ts";

const SETTINGS = { lake: "file:///lake", input: "/input", dags: "/dags" };
const AT = new Date("2026-11-23T09:00:00.000Z");

async function openRequests(changes: Partial<OwnWork> = {}) {
  const { database, lake } = await openTestWorld();
  const log = makeKeptLogger();
  const holder = { registry: new Map(), lakeId: lake.id, dags: new Map() };
  const asked: string[] = [];
  const own: OwnWork = {
    settings: SETTINGS,
    findFingerprint: (dagId) => (dagId === "known" ? "f1" : undefined),
    hasReadSince: (at) => asked.push(at) > 0,
    ...changes,
  };
  const insert = (kind: string, payload: unknown) =>
    database.write((query) =>
      insertRequest(query, { kind, payload: payload as never, requestedBy: "test" }, AT),
    );
  return {
    database,
    insert,
    asked,
    log,
    answer: () => database.write((query) => answerRequests(query, holder as never, own, log, AT)),
    answerOne: (id: number) => database.write((query) => answerNow(query, id, holder as never, own, log, AT)),
    read: (id: number) => readAnswer(database, id),
  };
}

const named = (dagId: unknown, fingerprint: unknown = "f1", settings: unknown = SETTINGS) => ({
  settings,
  request: { dag: { dagId, fingerprint } },
});

const UNKNOWN = {
  code: "USAGE",
  message: "This scheduler does not know that request.",
  hint: "Use the same version of Dagmar for the command and the scheduler.",
};

test.each([
  ["an unknown kind", "fly", {}],
  ["no payload", "run", null],
])("a request with %s is refused with what to do", async (_what, kind, payload) => {
  const { insert, answer, read } = await openRequests();
  const id = await insert(kind, payload);
  expect(await answer()).toBe(1);
  expect(read(id)).toMatchObject({ state: "refused", answer: UNKNOWN });
  expect(await answer()).toBe(0);
});

test.each([
  ["another lake", { ...SETTINGS, lake: "s3://other" }, /its lake is/],
  ["another input", { ...SETTINGS, input: "/other" }, /its input folder is/],
])("a request for work with %s is refused", async (_what, settings, message) => {
  const { insert, answer, read } = await openRequests();
  for (const kind of ["run", "backfill", "clear", "mark", "verify_lake"]) {
    const id = await insert(kind, named("known", "f1", settings));
    await answer();
    expect(read(id)).toMatchObject({
      state: "refused",
      answer: { code: "SETTINGS_DIFFER", message: expect.stringMatching(message) as string },
    });
  }
});

test("a request about another version of a Dag waits until the folder was read, then says which", async () => {
  let hasRead = false;
  const asked: string[] = [];
  const { insert, answer, read } = await openRequests({
    hasReadSince: (at) => {
      asked.push(at);
      return hasRead;
    },
  });
  const id = await insert("run", named("known", "f2"));
  expect(await answer()).toBe(0);
  expect(asked).toEqual([AT.toISOString()]);
  hasRead = true;
  expect(await answer()).toBe(1);
  expect(read(id)).toMatchObject({
    state: "refused",
    answer: {
      code: "SETTINGS_DIFFER",
      message: expect.stringContaining("its known is f1, here it is f2") as string,
    },
  });
});

test("a request about the version that was read waits for nothing", async () => {
  const { insert, answer, asked } = await openRequests();
  await insert("run", named("known"));
  expect(await answer()).toBe(1);
  expect(asked).toEqual([]);
});

test("one request is answered alone, and once", async () => {
  const { insert, answerOne, read } = await openRequests();
  const [first, second] = [await insert("fly", {}), await insert("fly", {})];
  await answerOne(second);
  expect(read(second)).toMatchObject({ state: "refused" });
  expect(read(first)).not.toMatchObject({ state: "refused" });
  await answerOne(second);
  await answerOne(999);
});

test("a fault of the database is no answer: the request stays open, and is answered when it is over", async () => {
  const { insert, answer, read, database } = await openRequests();
  const request = {
    name: "x".repeat(1_000_000),
    role: "viewer",
    secretHash: "h",
    lastFour: "abcd",
    expiresAt: "2027-02-21T09:00:00.000Z",
    timezone: "UTC",
  };
  const id = await insert("create_token", { request });
  database.get(sql`PRAGMA max_page_count = 1`);
  await expect(answer()).rejects.toMatchObject({ code: "DATABASE_FULL" });
  expect(read(id)).toMatchObject({ state: "open" });
  database.get(sql`PRAGMA max_page_count = 1000000`);
  expect(await answer()).toBe(1);
  expect(read(id)).toMatchObject({ state: "done", answer: { tokenId: 1 } });
});

test("a payload in no form is refused, and the log has the fault of it", async () => {
  const { insert, answer, read, log } = await openRequests();
  const ids: number[] = [];
  for (const payload of [
    { settings: 7, request: 7 },
    { settings: null, request: { dag: null } },
    named(7),
    named("known", 7),
    { settings: { lake: 7, input: "/input", dags: "/dags" }, request: {} },
  ])
    ids.push(await insert("run", payload));
  expect(await answer()).toBe(ids.length);
  for (const id of ids) expect(read(id)).toMatchObject({ state: "refused" });
  expect(
    log.lines.every(
      ({ level, message }) => level === "error" && /^Request \d+ \(run\) failed$/.test(message),
    ),
  ).toBe(true);
});
