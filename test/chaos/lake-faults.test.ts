/**
 * The program against a store that fails, lies or is changed by others: its outcome for each fault, with how many
 * requests, in what time and memory; and that nothing is lost, doubled or written over.
 */
import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FaultKind } from "../support/s3-server/faults.ts";
import type { S3ServerOptions } from "../support/s3-server/server.ts";
import { expectSuccess, isUnknown, waitUntil } from "../support/cli.ts";
import { HAS_FAKE_TIME, hurry } from "./support/fake-time.ts";
import { DATE, openStoreWorld, type StoreWorld } from "./support/ingest-world.ts";
import type { WatchedResult } from "./support/watched-run.ts";

const MOVIES_CSV = "Raw/Local/CSV/Movies/2026/11/23/movies.csv";
/** One file, one object of records, one manifest. */
const TARGETS = [/Movies\/.*movies\.csv$/, /Movies\/.*-00001\.json$/, /Movies\/.*\.manifest-/];

const MOST_SECONDS = 20;
const MOST_MEBIBYTES = 300;

function expectBounded(...results: readonly WatchedResult[]): void {
  for (const { seconds, peakMebibytes } of results) {
    expect(seconds).toBeLessThan(MOST_SECONDS);
    expect(peakMebibytes).toBeGreaterThan(0);
    expect(peakMebibytes).toBeLessThan(MOST_MEBIBYTES);
  }
}

function spoil({ store }: StoreWorld, fault: FaultKind, times: number): void {
  store.faults.push(
    ...TARGETS.map((key) => ({ when: { operation: "PutObject", key } as const, times, fault })),
  );
}

/** Both Dags of the day. */
async function ingest(
  opened: StoreWorld,
  more: Readonly<Record<string, string>> = {},
  date = DATE,
): Promise<readonly WatchedResult[]> {
  const results: WatchedResult[] = [];
  for (const dagId of ["csv_ingest", "tmdb_ingest"]) {
    const result = await opened.run(dagId, date, more);
    expectSuccess(result);
    results.push(result);
  }
  return results;
}

/** How often each of the three spoiled keys was put. */
function countSpoiledPuts(opened: StoreWorld): readonly number[] {
  const puts = Object.entries(opened.countPuts());
  return TARGETS.map((target) =>
    puts.filter(([key]) => target.test(key)).reduce((sum, [, count]) => sum + count, 0),
  );
}

function countEvents({ world }: StoreWorld, kind: string): number {
  return world.query("SELECT 1 FROM v_events WHERE kind = ?", kind).length;
}

function countFailedAttempts({ world }: StoreWorld): number {
  return world.query("SELECT 1 FROM v_attempts WHERE state <> 'success'").length;
}

describe("a store that", () => {
  const waitedOut: readonly [string, FaultKind, number][] = [
    ["stores and drops the connection", { kind: "drop-after-store" }, 1],
    ["stores and answers 500", { kind: "error-after-store", status: 500, code: "InternalError" }, 1],
    ["answers 409 three times", { kind: "error", status: 409, code: "ConditionalRequestConflict" }, 3],
    ["answers 503 four times", { kind: "error", status: 503, code: "SlowDown" }, 4],
    ["takes half of the body", { kind: "half-read-reset" }, 2],
    ["receives other bytes than were sent", { kind: "flip-on-the-way" }, 2],
  ];
  test.each(waitedOut)(
    "%s gets the same bytes again, and no task fails of it",
    async (_name, fault, times) => {
      const opened = await openStoreWorld();
      spoil(opened, fault, times);
      expectBounded(...(await ingest(opened)));
      expect(opened.store.faults.leftCount).toBe(0);
      expect(countSpoiledPuts(opened)).toEqual([times + 1, times + 1, times + 1]);
      expect(countFailedAttempts(opened)).toBe(0);
      opened.expectEachOnce();
      opened.expectWrittenOnce();
    },
  );

  test("takes its time is waited for, and asked once", async () => {
    const opened = await openStoreWorld();
    spoil(opened, { kind: "slow", delayMs: 1500 }, 1);
    expectBounded(...(await ingest(opened)));
    expect(countSpoiledPuts(opened)).toEqual([1, 1, 1]);
    opened.expectEachOnce();
    opened.expectWrittenOnce();
  });

  test.skipIf(!HAS_FAKE_TIME)("never answers is asked again after a minute", async () => {
    const opened = await openStoreWorld();
    spoil(opened, { kind: "hang" }, 1);
    const startedMs = performance.now();
    expectBounded(...(await ingest(opened, hurry(40))));
    // Three minutes of the process.
    expect((performance.now() - startedMs) * 40).toBeGreaterThan(180_000);
    expect(countSpoiledPuts(opened)).toEqual([2, 2, 2]);
    expect(countFailedAttempts(opened)).toBe(0);
    opened.expectEachOnce();
    opened.expectWrittenOnce();
  });

  test.skipIf(!HAS_FAKE_TIME)(
    "answers 503 for longer than an attempt has patience: the next attempts put the same bytes",
    async () => {
      const opened = await openStoreWorld();
      spoil(opened, { kind: "error", status: 503, code: "SlowDown" }, 10);
      expectBounded(...(await ingest(opened, hurry(30))));
      expect(countSpoiledPuts(opened)).toEqual([11, 11, 11]);
      const asked = opened.ids.movies
        .filter((id) => !isUnknown(id))
        .map((id) => opened.simulator.countOf(id));
      expect(new Set(asked)).toEqual(new Set([1]));
      expect(countFailedAttempts(opened)).toBeGreaterThan(0);
      opened.expectEachOnce();
      opened.expectWrittenOnce();
    },
  );

  test.skipIf(!HAS_FAKE_TIME)(
    "answers 503 without end fails the run after eight tries an attempt; what was fetched is kept",
    async () => {
      const opened = await openStoreWorld();
      await opened.world.prepare(["run", "csv_ingest", "--date", DATE]);
      opened.store.faults.push({
        when: { operation: "PutObject" },
        times: Infinity,
        fault: { kind: "error", status: 503, code: "SlowDown" },
      });
      const failed = await opened.run("tmdb_ingest", DATE, hurry(30));
      expectBounded(failed);
      expect(failed.exitCode, failed.stderr).toBe(1);
      expect(failed.stdout + failed.stderr).toMatch(/503|SlowDown/);
      const puts = Object.entries(opened.countPuts()).filter(([key]) => key.includes("/TMDB/"));
      // One batch each of films and series; four attempts of eight tries.
      expect(puts.map(([, count]) => count)).toEqual([32, 32]);
      const counted = (): readonly number[] => opened.ids.movies.map((id) => opened.simulator.countOf(id));
      const before = counted();
      opened.store.faults.clear();
      await ingest(opened);
      expect(counted()).toEqual(before);
      opened.expectEachOnce();
      opened.expectWrittenOnce();
    },
  );

  test("holds a foreign object on a planned key keeps it: the next name is taken and reported", async () => {
    const opened = await openStoreWorld();
    spoil(opened, { kind: "foreign-object", body: "of another program" }, 1);
    expectBounded(...(await ingest(opened)));
    const foreign = [...opened.store.objects()].filter(
      ([, { metadata }]) => metadata["dagmar-kind"] === undefined,
    );
    expect(foreign.map(([, { body }]) => body.bytes?.toString())).toEqual(
      Array(3).fill("of another program"),
    );
    expect(countSpoiledPuts(opened).every((count) => count >= 1)).toBe(true);
    expect(countEvents(opened, "foreign_object") + countEvents(opened, "key_taken")).toBe(3);
    opened.expectEachOnce();
    opened.expectWrittenOnce();
  });
});

describe("a store without conditional writes", () => {
  const stores: readonly [string, S3ServerOptions][] = [
    ["ignores them", { ignoresConditionalPut: true, ignoresConditionalComplete: true }],
    ["answers 501", { rejectsConditions: true }],
  ];
  test.each(stores)(
    "that %s is looked at first: no object is written over, also after lost answers and on taken keys",
    async (_name, serverOptions) => {
      const opened = await openStoreWorld(serverOptions);
      const { store } = opened;
      store.faults.push(
        { when: { operation: "PutObject", key: /series\.csv$/ }, fault: { kind: "drop-after-store" } },
        {
          when: { operation: "PutObject", key: /Movies\/.*-00001\.json$/ },
          fault: { kind: "drop-after-store" },
        },
      );
      const first = await ingest(opened);
      expectBounded(...first);
      expect(first.map(({ stderr }) => stderr).join("")).toMatch(/If-None-Match|condition/i);
      opened.expectEachOnce();
      opened.expectWrittenOnce();
      const before = store.versions().length;
      opened.simulator.reset();
      await ingest(opened, {}, "2026-11-24");
      expect(opened.simulator.requests).toBe(0);
      expect(store.versions()).toHaveLength(before);
    },
  );
});

test("a store that compares no checksums and changes a byte is detected, and the same command stores the right bytes next to it", async () => {
  const opened = await openStoreWorld({ ignoresChecksums: true });
  opened.store.faults.push({
    when: { operation: "PutObject", key: TARGETS[0] as RegExp },
    fault: { kind: "flip-in-store" },
  });
  const first = await opened.run("csv_ingest", DATE);
  expectBounded(first);
  expect(first.exitCode, first.stdout).toBe(1);
  expect(first.stdout + first.stderr).toMatch(/holds other bytes[^]*Move that object away/);
  const second = await opened.run("csv_ingest", DATE);
  expectSuccess(second);
  expect(second.stdout).toContain(
    "Raw/Local/CSV/Movies/2026/11/23/movies.csv holds other bytes than recorded.",
  );
  const source = readFileSync(join(opened.world.inputFolder, "movies.csv"));
  const copies = [...opened.store.objects()].filter(([key]) =>
    /Movies\/.*movies-[0-9a-f]{8}\.csv$/.test(key),
  );
  expect(copies.map(([, { body }]) => body.bytes?.equals(source))).toEqual([true]);
});

test("a file that the lake claims to hold, and whose bytes are others, is stored next to it by a new database", async () => {
  const opened = await openStoreWorld();
  const { world, store } = opened;
  await world.prepare(["run", "csv_ingest", "--date", DATE]);
  const bytes = store.objects().get(`zone/${MOVIES_CSV}`)?.body.bytes as Buffer;
  const source = Buffer.from(bytes);
  bytes[7] = (bytes[7] ?? 0) ^ 1;
  const again = await opened.run("csv_ingest", DATE, { DAGMAR_DB: join(world.folder, "new.db") });
  expectSuccess(again);
  const copies = [...store.objects()].filter(([key]) => /Movies\/.*movies-[0-9a-f]{8}\.csv$/.test(key));
  expect(copies.map(([, { body }]) => body.bytes?.equals(source))).toEqual([true]);
});

test("lake verify finds a deleted object and names it", async () => {
  const opened = await openStoreWorld();
  await ingest(opened);
  const gone = Object.keys(opened.countPuts()).find((key) => /Movies\/.*-00001\.json$/.test(key)) ?? "";
  opened.store.remove(`zone/${gone}`);
  const verified = await opened.world.run(["lake", "verify"]);
  expect(verified.exitCode, verified.stderr).toBe(1);
  expect(verified.stdout).toContain(gone);
  const json = await opened.world.run(["lake", "verify", "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({ deviations: [{ key: gone, verdict: "missing" }] });
});

test("an older backup, and no database at all, over a newer store: nothing is lost, asked again or doubled", async () => {
  const opened = await openStoreWorld({ pageSize: 3 }, { movies: 220, simulator: { latencyMs: 100 } });
  const { world, simulator, store } = opened;
  await world.prepare(["run", "csv_ingest", "--date", DATE]);
  const running = world.start(["run", "tmdb_ingest", "--date", DATE]);
  await waitUntil(running, () => simulator.requests >= 60);
  const backup = join(world.folder, "older.db");
  await world.prepare(["db", "backup", backup]);
  expectSuccess(await running.ended);
  const all = [...opened.ids.movies, ...opened.ids.series];
  for (const copy of [backup, undefined]) {
    for (const end of ["", "-wal", "-shm"]) rmSync(`${world.databaseFile}${end}`, { force: true });
    if (copy !== undefined) copyFileSync(copy, world.databaseFile);
    simulator.reset();
    const before = [...store.objects().keys()].filter((key) => !key.includes(".manifest-"));
    await ingest(opened);
    expect(all.filter((id) => simulator.countOf(id) > 0 && !isUnknown(id))).toEqual([]);
    expect([...store.objects().keys()].filter((key) => !key.includes(".manifest-"))).toEqual(before);
    opened.expectEachOnce(opened.check({ mayLackManifests: true }));
    opened.expectWrittenOnce();
  }
}, 90_000);

test("unfinished uploads of a dead process are swept when they are a day old: under the lake's prefix, no others", async () => {
  const opened = await openStoreWorld();
  const hoursAgo = (hours: number): Date =>
    new Date(performance.timeOrigin + performance.now() - hours * 3_600_000);
  opened.store.plantUpload("zone/Raw/old.csv", hoursAgo(25));
  opened.store.plantUpload("zone/Raw/young.csv", hoursAgo(23));
  opened.store.plantUpload("zone-of-another/old.csv", hoursAgo(25));
  opened.store.plantUpload("old.csv", hoursAgo(25));
  expectSuccess(await opened.run("csv_ingest", DATE));
  expect(opened.store.uploads().map(({ key }) => key)).toEqual([
    "zone/Raw/young.csv",
    "zone-of-another/old.csv",
    "old.csv",
  ]);
});
