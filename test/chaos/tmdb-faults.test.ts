/**
 * The program against a TMDB that fails or lies: for each fault the outcome, the number of requests, the time and the memory.
 * What it asks of one that is down altogether is another file's.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FaultAction } from "../../quickstart/simulator/faults.ts";
import { isUnknown } from "../support/cli.ts";
import { eventually } from "../support/service-process.ts";
import { HAS_FAKE_TIME, hurry } from "./support/fake-time.ts";
import { DATE, type IngestWorld } from "./support/ingest-world.ts";
import { listAttempts, prepareTmdb as prepare } from "./support/tmdb-faults-world.ts";
import { watch, type WatchedResult } from "./support/watched-run.ts";

const MOST_SECONDS = 20;
const MOST_MEBIBYTES = 260;

function expectBounded({ seconds, peakMebibytes }: WatchedResult): void {
  expect(seconds).toBeLessThan(MOST_SECONDS);
  expect(peakMebibytes).toBeGreaterThan(0);
  expect(peakMebibytes).toBeLessThan(MOST_MEBIBYTES);
}

function readOutcome({ world }: IngestWorld, id: string): unknown {
  return world.query("SELECT outcome, reason FROM v_ids WHERE asked_id = ?", id)[0];
}

describe("one answer that is no good is asked for again, and the title is stored:", () => {
  const faults: readonly [
    string,
    FaultAction,
    { times?: number; atLeastSeconds?: number; failedAttempts?: number }?,
  ][] = [
    ["truncated by its length", { kind: "truncate", by: "length" }],
    ["truncated in its chunks", { kind: "truncate", by: "chunked" }],
    ["a page of HTML", { kind: "html" }],
    ["HTML twice, which fails the attempt", { kind: "html" }, { times: 2, failedAttempts: 1 }],
    ["JSON that breaks off", { kind: "badJson" }],
    ["a reset", { kind: "reset" }],
    ["503 three times", { kind: "status", status: 503 }, { times: 3 }],
    ["429 for no time", { kind: "status", status: 429, retryAfter: "0" }],
    ["429 for two seconds", { kind: "status", status: 429, retryAfter: "2" }, { atLeastSeconds: 2 }],
    ["429 until a date", { kind: "retryAfterDate", seconds: 3 }, { atLeastSeconds: 1.5 }],
    ["429 with an unreadable Retry-After", { kind: "status", status: 429, retryAfter: "soon" }],
  ];
  test.each(faults)("%s", async (_name, play, { times = 1, atLeastSeconds = 0, failedAttempts = 0 } = {}) => {
    const opened = await prepare();
    const { simulator, target } = opened;
    simulator.faults.push({ when: { id: target.movie }, times, play });
    const result = await opened.run("tmdb_ingest", DATE);
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expectBounded(result);
    expect(result.seconds).toBeGreaterThan(atLeastSeconds);
    expect(simulator.faults.played).toBe(times);
    expect(simulator.countOf(target.movie)).toBe(times + 1);
    expect(listAttempts(opened, "movies")).toHaveLength(1 + failedAttempts);
    opened.expectEachOnce();
  });

  test("kept-alive connections that are reset, at no cost", async () => {
    const opened = await prepare();
    const { simulator } = opened;
    simulator.faults.push({ when: { isReused: true }, times: 8, play: { kind: "reset" } });
    const result = await opened.run("tmdb_ingest", DATE);
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expectBounded(result);
    expect(simulator.faults.played).toBe(8);
    expect([listAttempts(opened, "movies"), listAttempts(opened, "series")]).toEqual([[null], [null]]);
    opened.expectEachOnce();
  });

  describe.skipIf(!HAS_FAKE_TIME)("after fifteen seconds of the process,", () => {
    test.each<[string, FaultAction]>([
      ["one that never comes", { kind: "hang" }],
      ["one that drips", { kind: "drip", pauseMs: 20 }],
    ])("%s", async (_name, play) => {
      const opened = await prepare();
      const { simulator, target } = opened;
      simulator.faults.push({ when: { id: target.movie }, times: 1, play });
      const result = await opened.run("tmdb_ingest", DATE, hurry(20));
      expect(result.exitCode, result.stdout + result.stderr).toBe(0);
      expectBounded(result);
      expect(simulator.countOf(target.movie)).toBe(2);
      expect(listAttempts(opened, "movies")).toEqual([null]);
      opened.expectEachOnce();
    });
  });
});

describe("one answer that asking again would not mend fails its title alone, after one request:", () => {
  test.each<[string, FaultAction, string]>([
    ["another title", { kind: "wrongTitle" }, "wrong_title"],
    ["a hundred megabytes out of a small gzip", { kind: "gzipBomb" }, "too_large"],
    ["a gigabyte out of a small gzip", { kind: "gzipBomb", inflatedBytes: 1_000_000_000 }, "too_large"],
    ["more than an object may hold", { kind: "oversized" }, "too_large"],
  ])("%s", async (_name, play, reason) => {
    const opened = await prepare();
    const { simulator, target, world } = opened;
    simulator.faults.push({ when: { id: target.movie }, play });
    const result = await opened.run("tmdb_ingest", DATE);
    expect(result.exitCode, result.stdout + result.stderr).toBe(1);
    expect(result.stdout).toContain(reason);
    expectBounded(result);
    expect(simulator.countOf(target.movie)).toBe(1);
    expect(readOutcome(opened, target.movie)).toEqual({ outcome: "failed", reason });
    expect(listAttempts(opened, "movies")).toEqual(["IDS_FAILED"]);
    const checked = opened.check();
    expect(checked.faults).toEqual([]);
    const others = opened.ids.movies.filter((id) => id !== target.movie && !isUnknown(id));
    const stored = checked.copies["tmdb_movies"] ?? new Map<string, number>();
    expect([...stored.keys()].toSorted()).toEqual(others.toSorted());
    const missing = await world.run(["lake", "missing"]);
    expect(missing.stdout).toContain(target.movie);
  });
});

describe("what TMDB says of a title is a fact:", () => {
  test("404 and nothing found, nothing found, found as a film, found as both", async () => {
    const opened = await prepare();
    const { simulator, target, ids } = opened;
    const [film = "", both = ""] = ids.series.filter((id) => !isUnknown(id) && id !== target.series);
    simulator.faults.push(
      { when: { route: "movie", givenId: target.movie }, play: { kind: "status", status: 404 } },
      { when: { route: "find", id: target.movie }, play: { kind: "find", found: "nothing" } },
      { when: { route: "find", id: target.series }, play: { kind: "find", found: "nothing" } },
      { when: { route: "find", id: film }, play: { kind: "find", found: "movie" } },
      { when: { route: "find", id: both }, play: { kind: "find", found: "both" } },
    );
    const result = await opened.run("tmdb_ingest", DATE);
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expectBounded(result);
    expect(readOutcome(opened, target.movie)).toEqual({ outcome: "not_found", reason: "unknown" });
    expect(readOutcome(opened, target.series)).toEqual({ outcome: "not_found", reason: "unknown" });
    expect(readOutcome(opened, film)).toEqual({ outcome: "not_found", reason: "is_a_movie" });
    expect(readOutcome(opened, both)).toMatchObject({ outcome: "stored" });
    expect([target.movie, target.series, film, both].map((id) => simulator.countOf(id))).toEqual([
      2, 1, 1, 2,
    ]);
    expect(opened.check().faults).toEqual([]);
    expect(opened.check().copies["tmdb_series"]?.get(both)).toBe(1);
  });

  test("a structure that changes in the middle goes to objects of its own", async () => {
    const opened = await prepare();
    const { simulator, ids, world } = opened;
    const changed = ids.movies.filter((id) => !isUnknown(id)).slice(15);
    simulator.faults.push(
      ...changed.map((id) => ({
        when: { id },
        play: { kind: "reshape", omit: ["origin_country"] } as const,
      })),
    );
    const result = await opened.run("tmdb_ingest", DATE);
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expectBounded(result);
    opened.expectEachOnce();
    const folder = join(world.lakeFolder, "Raw/TMDB/JSON/Movies/2026/11/23");
    const objects = readdirSync(folder).filter((name) => /^movies-.*\.json$/.test(name));
    const shapes = objects.map((name) => {
      const records = JSON.parse(readFileSync(join(folder, name), "utf8")) as readonly object[];
      return new Set(records.map((record) => "origin_country" in record)).size;
    });
    expect(shapes).toEqual([1, 1]);
  });
});

test("a token that is refused stops at once: no retry, and only the requests that were in flight", async () => {
  const opened = await prepare({ movies: 200 });
  opened.simulator.faults.push({ when: {}, play: { kind: "status", status: 401 } });
  const result = await opened.run("tmdb_ingest", DATE);
  expect(result.exitCode).toBe(1);
  expect(result.stdout + result.stderr).toContain("TMDB_API_TOKEN is wrong, expired or suspended");
  expectBounded(result);
  const all = [...opened.ids.movies, ...opened.ids.series];
  expect(Math.max(...all.map((id) => opened.simulator.countOf(id)))).toBe(1);
  expect(opened.simulator.requests).toBeLessThanOrEqual(64);
  expect([listAttempts(opened, "movies"), listAttempts(opened, "series")]).toEqual([
    ["TMDB_UNAUTHORIZED"],
    ["TMDB_UNAUTHORIZED"],
  ]);
});

test("429 for thirty days: the task comes again in a day, keeps what it has and lets itself be stopped", async () => {
  const opened = await prepare();
  const { simulator, target, world } = opened;
  simulator.faults.push({
    when: { id: target.movie },
    times: 1,
    play: { kind: "status", status: 429, retryAfter: "2592000" },
  });
  const running = world.start(["run", "tmdb_ingest", "--date", DATE]);
  const watched = watch(running);
  const read = (sql: string) => world.query<{ seconds: number }>(`${sql} AND dag_id = 'tmdb_ingest'`);
  const waits = (): boolean =>
    read("SELECT 1 FROM v_tasks WHERE task_id = 'movies' AND state = 'up_for_retry'").length > 0;
  await eventually("it waits", waits, running);
  const [task] = read(
    "SELECT unixepoch(next_attempt_at) - unixepoch() AS seconds FROM v_tasks WHERE task_id = 'movies'",
  );
  expect(task?.seconds).toBeGreaterThan(86_300);
  expect(task?.seconds).toBeLessThanOrEqual(86_401);
  // The others pause for a minute at the most.
  const requests = simulator.requests;
  running.child.kill("SIGTERM");
  const result = await watched;
  expect(result.exitCode, result.stderr).toBe(75);
  expectBounded(result);
  expect(simulator.requests).toBe(requests);
  expect(simulator.countOf(target.movie)).toBe(1);
});
