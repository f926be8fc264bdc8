/** The rows of notices: their order, tries and end. */
import { describe, expect, test } from "vitest";
import { IllegalTransition } from "../../../model/errors.ts";
import type { NoticeTarget } from "../../../model/ports/notice.ts";
import { changeRunState, createRun, readRun, saveDagVersion } from "../../../state/runs/dag-runs.ts";
import type { Database } from "../../../state/sqlite/database.ts";
import {
  endNotice,
  findDueNotice,
  findNewestNotice,
  findNextDueAt,
  insertNotice,
  listLastEnds,
  postponeNotice,
  readFailureStreak,
} from "../../../state/control/notices.ts";
import { sql, type Sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeVersion } from "../../support/test-dag.ts";
import { TO_WEBHOOK } from "../../scheduler/notice-world.ts";
import { openTestWorld } from "../../support/test-world.ts";

const NOW = new Date("2026-11-23T12:00:00.000Z");
const LATER = new Date("2026-11-23T12:00:30.000Z");
const FAR = new Date("2027-01-01T00:00:00.000Z");

async function note(database: Database, dagId: string, message = "m"): Promise<void> {
  await database.write((query) => {
    insertNotice(
      query,
      { dagId, runId: "manual__1", kind: "failure", failures: 1, message },
      TO_WEBHOOK,
      NOW,
    );
  });
}

describe("a notice", () => {
  test("is open and due at once", async () => {
    const { database } = await openTestWorld();
    expect([
      findNewestNotice(database, "a"),
      findDueNotice(database, "webhook", NOW, FAR),
      findNextDueAt(database, "webhook", NOW, FAR),
    ]).toEqual([undefined, undefined, null]);
    await note(database, "a", "one");
    const notice = findDueNotice(database, "webhook", NOW, FAR);
    expect(notice).toEqual({
      noticeId: 1,
      dagId: "a",
      runId: "manual__1",
      kind: "failure",
      failures: 1,
      message: "one",
      state: "open",
      tries: 0,
      nextTryAt: NOW.toISOString(),
      error: null,
      createdAt: NOW.toISOString(),
      sentAt: null,
      channel: "webhook",
      recipient: null,
    });
    expect(findNewestNotice(database, "a")).toEqual(notice);
    expect(findNewestNotice(database, "b")).toBeUndefined();
    expect(findNextDueAt(database, "webhook", NOW, FAR)).toBe(NOW.toISOString());
  });

  test("that is postponed is due later, and counts its tries", async () => {
    const { database } = await openTestWorld();
    await note(database, "a");
    const notice = findDueNotice(database, "webhook", NOW, FAR)!;
    await database.write((query) => postponeNotice(query, notice, "status 503", LATER));
    expect(findDueNotice(database, "webhook", NOW, FAR)).toBeUndefined();
    expect(findNextDueAt(database, "webhook", NOW, FAR)).toBe(LATER.toISOString());
    expect(findDueNotice(database, "webhook", LATER, FAR)).toMatchObject({ tries: 1, error: "status 503" });
    expect(findDueNotice(database, "webhook", NOW, NOW)).toMatchObject({ tries: 1 });
  });

  test("that is sent is no longer open, and ends once", async () => {
    const { database } = await openTestWorld();
    await note(database, "a");
    const notice = findDueNotice(database, "webhook", NOW, FAR)!;
    const end = () => database.write((query) => endNotice(query, notice, { state: "sent" }, LATER));
    expect([await end(), await end()]).toEqual([true, false]);
    expect([
      findDueNotice(database, "webhook", FAR, FAR),
      findNextDueAt(database, "webhook", NOW, FAR),
    ]).toEqual([undefined, null]);
    const sent = findNewestNotice(database, "a")!;
    expect(sent).toMatchObject({ state: "sent", sentAt: LATER.toISOString(), nextTryAt: null });
    expect(() => endNotice(database, sent, { state: "given_up", error: "x" }, LATER)).toThrow(
      IllegalTransition,
    );
  });

  test("waits for an older one of its Dag, not for another Dag's", async () => {
    const { database } = await openTestWorld();
    for (const dagId of ["a", "a", "b"]) await note(database, dagId);
    const first = findDueNotice(database, "webhook", NOW, FAR)!;
    await database.write((query) => postponeNotice(query, first, "x", LATER));
    const second = findDueNotice(database, "webhook", NOW, FAR)!;
    expect([first.noticeId, second.noticeId]).toEqual([1, 3]);
    await database.write((query) => endNotice(query, second, { state: "sent" }, NOW));
    expect(findDueNotice(database, "webhook", NOW, FAR)).toBeUndefined();
    expect(findNextDueAt(database, "webhook", NOW, FAR)).toBe(LATER.toISOString());
    await database.write((query) => endNotice(query, first, { state: "given_up", error: "y" }, NOW));
    expect(findDueNotice(database, "webhook", NOW, FAR)).toMatchObject({ noticeId: 2 });
  });
});

test("each target waits for its own older notices only, and has its own last end", async () => {
  const { database } = await openTestWorld();
  const targets: readonly NoticeTarget[] = [
    ...TO_WEBHOOK,
    { channel: "mail", recipient: "a@example.com" },
    { channel: "mail", recipient: "b@example.com" },
  ];
  for (const message of ["first", "second"]) {
    await database.write((query) => {
      const notice = { dagId: "a", runId: "manual__1", kind: "failure", failures: 1, message } as const;
      insertNotice(query, notice, targets, NOW);
    });
  }
  const take = async (channel: "webhook" | "mail", state: "sent" | "given_up"): Promise<string> => {
    const due = findDueNotice(database, channel, NOW, FAR);
    if (due === undefined) return "none";
    const end = state === "sent" ? { state } : { state, error: "550" };
    await database.write((query) => endNotice(query, due, end, NOW));
    return `${due.recipient ?? "webhook"} ${due.message}`;
  };
  const first = findDueNotice(database, "mail", NOW, FAR)!;
  await database.write((query) => postponeNotice(query, first, "421", LATER));
  expect([await take("mail", "given_up"), await take("mail", "sent"), await take("mail", "sent")]).toEqual([
    "b@example.com first",
    "b@example.com second",
    "none",
  ]);
  expect([await take("webhook", "sent"), await take("webhook", "given_up")]).toEqual([
    "webhook first",
    "webhook second",
  ]);
  expect(findNextDueAt(database, "mail", NOW, FAR)).toBe(LATER.toISOString());
  expect(listLastEnds(database).map(({ recipient, state }) => `${recipient} ${state}`)).toEqual([
    "null given_up",
    "b@example.com sent",
  ]);
});

/** The statements that `use` runs, with SQLite's query plans. */
function explain(database: Database, use: (query: Database) => void): readonly string[] {
  const plans: string[] = [];
  const look = (statement: Sql): void => {
    const explained = sql`EXPLAIN QUERY PLAN ${statement}`;
    const steps = database.all<{ detail: string }>(explained);
    plans.push(...steps.map(({ detail }) => detail));
  };
  use({
    ...database,
    get: (statement) => {
      look(statement);
      return database.get(statement);
    },
  });
  return plans;
}

test("judging a run's end reads neither the Dag's old runs nor those of others", async () => {
  const { database } = await openTestWorld();
  const run = await database.write((query) => {
    const version = makeVersion(makeDag([], { dagId: "a" }));
    saveDagVersion(query, version, NOW);
    const made = createRun(query, {
      version,
      runType: "scheduled",
      logicalDate: NOW,
      interval: null,
      params: {},
      onlyTasks: null,
      lakeId: "file:///lake",
      isRefetch: false,
      now: NOW,
    });
    changeRunState(query, made, "failed", NOW);
    return readRun(query, made.dagRunId);
  });
  const plans = explain(database, (query) => {
    readFailureStreak(query, run);
    findNewestNotice(query, "a");
  });
  expect(plans).toEqual([
    "SEARCH dag_runs USING COVERING INDEX dag_runs_by_end (dag_id=? AND state=? AND finished_at>?)",
    "SEARCH dag_runs USING COVERING INDEX dag_runs_by_end (dag_id=? AND state=? AND finished_at>?)",
    "SEARCH notices USING INDEX notices_by_dag (dag_id=?)",
  ]);
});
