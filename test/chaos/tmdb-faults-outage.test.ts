/** A TMDB that is down altogether: how few requests it gets, including the task's retries, and that its return is noticed. */
import { describe, expect, test } from "vitest";
import type { FaultAction } from "../../quickstart/simulator/faults.ts";
import { HAS_FAKE_TIME, hurry } from "./support/fake-time.ts";
import { DATE } from "./support/ingest-world.ts";
import { findMostAtOnce, startRecordingProxy, type RecordedTraffic } from "./support/recording-proxy.ts";
import { listAttempts, prepareTmdb as prepare } from "./support/tmdb-faults-world.ts";

const IS_LONG = process.env["DAGMAR_TEST_CHAOS_LONG"] !== undefined;
const MOST_MEBIBYTES = 260;
/** With three retries. */
const ATTEMPTS = 4;
/** One when the circuit is in doubt, and two at an attempt's end. */
const MOST_CONTROLS = 3;

describe.skipIf(!HAS_FAKE_TIME)("a TMDB that is down", () => {
  /** Fast enough for an hour of outage, slow enough that a request is still a small part of a second. */
  const FACTOR = 60;
  /** The first failures, then five probes for each of four attempts of two tasks; each waits for up to a minute. */
  const MOST_REQUESTS = 100;

  const kinds: readonly [string, FaultAction][] = [
    ["answers 500", { kind: "status", status: 500 }],
    ["never answers", { kind: "hang" }],
    ["resets", { kind: "reset" }],
    ["is a page of HTML", { kind: "html" }],
  ];
  test.each(IS_LONG ? kinds : kinds.slice(0, 2))(
    "and %s gets at most a tenth of its first requests as retries, then one probe at a time",
    async (_name, play) => {
      const opened = await prepare({ movies: 300, series: 60 });
      const proxy = await startRecordingProxy(opened.simulator.url);
      opened.simulator.faults.push({ when: {}, play });
      const result = await opened.run("tmdb_ingest", DATE, {
        ...hurry(FACTOR),
        TMDB_BASE_URL: proxy.url,
        TMDB_RATE_PER_SECOND: "30",
      });
      expect(result.exitCode).toBe(1);
      expect(result.stdout).toContain("keeps failing");
      expect(result.seconds).toBeLessThan(60);
      expect(result.peakMebibytes).toBeLessThan(MOST_MEBIBYTES);
      expect(opened.simulator.requests).toBe(proxy.traffic.length);
      expect(proxy.traffic.length).toBeLessThan(MOST_REQUESTS);
      const first = new Set(proxy.traffic.map(({ path }) => path)).size;
      // Three retries are free: without them the very first request could not be retried. Control questions repeat one title.
      const controls = ATTEMPTS * MOST_CONTROLS;
      expect(proxy.traffic.length - first).toBeLessThanOrEqual(3 + first / 10 + controls);
      expect(findMostAtOnce(proxy.traffic, findOpening(proxy.traffic))).toBe(1);
      expect(listAttempts(opened, "movies")).toEqual(Array(ATTEMPTS).fill("TMDB_UNAVAILABLE"));

      // Nothing was fetched; what failed is asked again when TMDB is back.
      opened.simulator.faults.clear();
      const again = await opened.run("tmdb_ingest", DATE, { TMDB_BASE_URL: proxy.url });
      expect(again.exitCode, again.stdout + again.stderr).toBe(0);
      opened.expectEachOnce();
    },
    90_000,
  );

  test("and answers 429 without end is asked once a pause, not in a burst after each", async () => {
    const opened = await prepare({ movies: 300, series: 60 });
    const proxy = await startRecordingProxy(opened.simulator.url);
    opened.simulator.faults.push({ when: {}, play: { kind: "status", status: 429 } });
    const result = await opened.run("tmdb_ingest", DATE, {
      ...hurry(FACTOR),
      TMDB_BASE_URL: proxy.url,
      TMDB_RATE_PER_SECOND: "30",
    });
    expect(result.exitCode).toBe(1);
    expect(result.seconds).toBeLessThan(60);
    expect(proxy.traffic.length).toBeLessThan(MOST_REQUESTS);
    expect(findMostAtOnce(proxy.traffic.slice(-15), 0)).toBe(1);
  }, 90_000);

  /** The circuit is certainly open: ten requests have failed, and none came in most of the first cool-down of 5 s. */
  function findOpening(traffic: readonly RecordedTraffic[]): number {
    for (const [index, { startedMs }] of traffic.entries()) {
      const quietSinceMs = Math.max(...traffic.slice(0, index).map(({ endedMs }) => endedMs));
      if (index >= 10 && startedMs - quietSinceMs > 3000 / FACTOR) return quietSinceMs;
    }
    throw new Error("the circuit never opened");
  }
});
