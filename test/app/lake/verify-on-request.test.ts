/** Verifications that were asked of the scheduler: each is done once, next to the loop, and its end is always recorded. */
import { expect, onTestFinished, test } from "vitest";
import { verifyOnRequest, type VerifyNews } from "../../../app/lake/verify-on-request.ts";
import { silentObserver } from "../../../model/ports/service-observer.ts";
import { takeOver } from "../../../scheduler/attempts/take-over.ts";
import { requestVerification } from "../../../scheduler/commands/verify-lake.ts";
import {
  findNewestVerification,
  listVerifications,
  readDeviations,
  type VerifyScope,
} from "../../../state/records/verifications.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { openTestWorld, silentLog } from "../../support/test-world.ts";

const REPORT = {
  checked: 300,
  foreign: 2,
  isFaulty: true,
  counts: { missing: 1, unknown: 1 },
  deviations: [
    { key: "Raw/a.json", verdict: "missing", detail: "12 bytes are gone" },
    { key: "Raw/z.json", verdict: "unknown", detail: "9 bytes that no run recorded" },
  ],
} as const;

/** The thread is this test: what it tells is given by hand. */
function createThreads() {
  const started: VerifyScope[] = [];
  let tell: ((news: VerifyNews) => void) | undefined;
  let end: ((fault: Error) => void) | undefined;
  let stops = 0;
  return {
    started,
    stops: () => stops,
    tell: (news: VerifyNews) => tell?.(news),
    die: () => end?.(new Error("the thread ended: exit code 1")),
    start(scope: VerifyScope) {
      started.push(scope);
      return {
        next: () =>
          new Promise<VerifyNews>((resolve, reject) => {
            tell = resolve;
            end = reject;
          }),
        async stop() {
          stops += 1;
          end?.(new Error("the thread was terminated"));
          await Promise.resolve();
        },
      };
    },
  };
}

async function openWorld() {
  const clock = createHandClock();
  const world = await openTestWorld({ clock: Object.assign(clock, { set: () => undefined }) });
  const { database, lake } = world;
  const threads = createThreads();
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const app = { clock, log: silentLog, lake, settings: { timezone: "UTC" } };
  const ask = (lakeId = lake.id, prefix = "", isDeep = false): Promise<number> =>
    database.write((query) =>
      requestVerification(query, lakeId, { prefix, isDeep, timezone: "UTC" }, "ana", clock.now()),
    );
  return {
    ...world,
    clock,
    threads,
    ask,
    begin: () => verifyOnRequest(app, database, (scope) => threads.start(scope), stopping.signal),
    stop: () => stopping.abort(),
    newest: () => findNewestVerification(database, lake.id),
    events: () =>
      database
        .all<{ level: string; message: string }>(sql`SELECT level, message FROM events ORDER BY event_id`)
        .map(({ level, message }) => `${level}: ${message}`),
    settle: async () => {
      for (let round = 0; round < 60; round += 1) await new Promise(setImmediate);
    },
  };
}

test("its progress and its result are recorded, with an event", async () => {
  const { ask, begin, threads, settle, clock, newest, database, events, stop } = await openWorld();
  const id = await ask(undefined, "Raw/", true);
  const work = begin();
  await settle();
  expect(threads.started).toEqual([{ prefix: "Raw/", isDeep: true }]);
  expect(newest()).toMatchObject({ state: "running", checked: 0, objects: null, isFaulty: null });
  threads.tell({ kind: "progress", checked: 100, objects: 300 });
  await settle();
  expect(newest()).toMatchObject({ state: "running", checked: 100, objects: 300 });
  // Not each of many steps is a commit.
  threads.tell({ kind: "progress", checked: 200, objects: 300 });
  await settle();
  expect(newest()).toMatchObject({ checked: 100 });
  threads.tell({ kind: "done", report: REPORT });
  await settle();
  expect(newest()).toMatchObject({
    state: "done",
    checked: 300,
    objects: 300,
    foreignObjects: 2,
    isFaulty: true,
    counts: REPORT.counts,
    requestedBy: "ana",
    error: null,
  });
  expect(readDeviations(database, id)).toEqual(REPORT.deviations);
  expect(events()).toEqual([
    "info: Verification 1 of the keys below Raw/ was requested; every object is read.",
    "error: Verification 1: 300 objects were compared; 1 missing, 1 unknown.",
  ]);
  // The next one is found by looking.
  await ask();
  await clock.advance(1_000);
  await settle();
  expect(threads.started.length).toBe(2);
  stop();
  await work;
});

test("a stop of the process cancels it, and ends its thread", async () => {
  const { ask, begin, threads, settle, newest, stop, events } = await openWorld();
  await ask();
  const work = begin();
  await settle();
  stop();
  await work;
  expect(newest()).toMatchObject({ state: "cancelled", error: "The scheduler was stopped." });
  expect(threads.stops()).toBeGreaterThan(0);
  expect(events().at(-1)).toBe("warn: Verification 1 was cancelled: The scheduler was stopped.");
});

test.each([
  ["a thread that ends", "the thread ended: exit code 1"],
  ["a store that does not answer", "the store refused it"],
])("%s is a failure with its reason, and the next one is done", async (how, reason) => {
  const { ask, begin, threads, settle, newest, clock } = await openWorld();
  await ask();
  void begin();
  await settle();
  if (how === "a thread that ends") threads.die();
  else threads.tell({ kind: "failed", message: reason });
  await settle();
  expect(newest()).toMatchObject({ state: "failed", error: reason });
  await ask();
  await clock.advance(1_000);
  await settle();
  expect(newest()).toMatchObject({ verificationId: 2, state: "running" });
});

test("what a dead process was doing is cancelled by the next holder of the lease, and what waits stays", async () => {
  const { ask, database, clock, lake, newest } = await openWorld();
  await ask();
  await ask("another lake");
  await database.write((query) =>
    query.run(sql`UPDATE verifications SET state = 'running' WHERE lake = ${lake.id}`),
  );
  await takeOver(database, {
    clock,
    log: silentLog,
    lakeId: lake.id,
    pools: new Map(),
    timezone: "UTC",
    service: silentObserver,
  });
  expect(newest()).toMatchObject({ state: "cancelled", error: "The process that did it has ended." });
  expect(findNewestVerification(database, "another lake")).toMatchObject({ state: "queued" });
});

test("one of another lake is left to the scheduler of that lake", async () => {
  const { ask, begin, threads, settle, clock } = await openWorld();
  await ask("another lake");
  void begin();
  await settle();
  await clock.advance(5_000);
  await settle();
  expect(threads.started).toEqual([]);
});

test("of each lake the newest twenty that have ended are kept", async () => {
  const { ask, database, lake } = await openWorld();
  await ask("another lake");
  for (let count = 0; count < 25; count += 1) {
    await ask();
    await database.write((query) =>
      query.run(sql`UPDATE verifications SET state = 'done' WHERE lake = ${lake.id}`),
    );
  }
  expect(listVerifications(database, lake.id).map(({ verificationId }) => verificationId)).toEqual(
    Array.from({ length: 20 }, (_, index) => 26 - index),
  );
  expect(listVerifications(database, "another lake")).toHaveLength(1);
});
