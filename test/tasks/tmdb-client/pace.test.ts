/** When the TMDB client waits, retries and stops: 429, Retry-After, retry budget and circuit. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { TaskFailure } from "../../../model/errors.ts";
import type { TitleRequest } from "../../../tasks/tmdb-to-lake/title-requests.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import {
  json,
  MOVIE,
  NEVER,
  NOT_FOUND,
  openClient,
  RECORD,
  recordLog,
  startProvider,
  type Answer,
  type Provider,
} from "./provider.ts";

let provider: Provider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

async function serve(answer: (path: string, nth: number) => Answer): Promise<Provider> {
  provider = await startProvider(answer);
  return provider;
}

function slowDown(retryAfter?: string, status = 429): Answer {
  return json({}, status, retryAfter === undefined ? {} : { "retry-after": retryAfter });
}

test("a 429 that asks for no time is asked again at once", async () => {
  const clock = createHandClock();
  const server = await serve((_path, nth) => (nth === 1 ? slowDown("0") : json(RECORD)));
  const client = openClient(server, {}, clock);
  expect((await client.fetchTitle(MOVIE, NEVER)).outcome).toBe("found");
  expect([client.requests, client.retries, client.pausedMs]).toEqual([2, 1, 0]);
});

test.each([
  ["2", 2000],
  ["Mon, 23 Nov 2026 09:00:07 GMT", 7000],
])("a 429 with Retry-After %s pauses all requests for as long", async (retryAfter, pauseMs) => {
  const clock = createHandClock();
  const server = await serve((_path, nth) => (nth === 1 ? slowDown(retryAfter) : json(RECORD)));
  const client = openClient(server, {}, clock);
  const first = client.fetchTitle(MOVIE, NEVER);
  await clock.untilSleeping(pauseMs, pauseMs);
  const second = client.fetchTitle({ ...MOVIE, imdbId: "tt0000001" }, NEVER);
  await clock.advance(pauseMs - 1);
  expect(server.asked).toHaveLength(1);
  await clock.advance(1);
  expect([(await first).outcome, (await second).outcome]).toEqual(["found", "found"]);
  expect(client.pausedMs).toBe(pauseMs);
});

test.each([["in a while"], [undefined]])(
  "a 429 with Retry-After %j backs off with full jitter, longer each time",
  async (header) => {
    const clock = createHandClock();
    const server = await serve((_path, nth) => (nth <= 3 ? slowDown(header) : json(RECORD)));
    const client = openClient(server, { random: () => 0.5 }, clock);
    const fetched = client.fetchTitle(MOVIE, NEVER);
    for (const pauseMs of [500, 1000, 2000]) {
      await clock.untilSleeping(pauseMs, pauseMs);
      await clock.advance(pauseMs);
    }
    expect((await fetched).outcome).toBe("found");
    expect(client.pausedMs).toBe(3500);
  },
);

test.each([
  [429, "TMDB_RATE_LIMITED"],
  [503, "TMDB_UNAVAILABLE"],
])(
  "a %i that asks for thirty days is not waited for: the task comes again in a day",
  async (status, code) => {
    const server = await serve(() => slowDown(String(30 * 86_400), status));
    const fetched = openClient(server).fetchTitle(MOVIE, NEVER);
    await expect(fetched).rejects.toMatchObject({ code, retryable: true, retryAfterSeconds: 86_400 });
    await expect(fetched).rejects.toBeInstanceOf(TaskFailure);
    expect(server.asked).toHaveLength(1);
  },
);

test("a 503 with Retry-After is asked again no earlier, and delays no other request", async () => {
  const clock = createHandClock();
  const server = await serve((path, nth) =>
    nth === 1 ? slowDown("3", 503) : json({ ...RECORD, imdb_id: path.slice(7) }),
  );
  const client = openClient(server, {}, clock);
  const held = client.fetchTitle(MOVIE, NEVER);
  await clock.untilSleeping(3000, 3000);
  expect((await client.fetchTitle({ ...MOVIE, imdbId: "tt0000002" }, NEVER)).outcome).toBe("found");
  await clock.advance(3000);
  expect((await held).outcome).toBe("found");
});

test("429 without end stops the task, which may come again", async () => {
  const server = await serve(() => slowDown("0"));
  const client = openClient(server, { random: () => 0 });
  await expect(client.fetchTitle(MOVIE, NEVER)).rejects.toMatchObject({
    code: "TMDB_RATE_LIMITED",
    retryable: true,
  });
  expect(server.asked).toHaveLength(5);
});

test("429s that follow one pause after the other count as failures, and open the circuit", async () => {
  const { log, lines } = recordLog();
  const server = await serve(() => slowDown("0"));
  const client = openClient(server, { random: () => 0, log });
  const stop = new AbortController();
  const asking = (async () => {
    for (let title = 0; !stop.signal.aborted; title += 1)
      await client
        .fetchTitle({ ...MOVIE, imdbId: `tt${1_000_000 + title}` }, stop.signal)
        .catch(() => undefined);
  })();
  await vi.waitUntil(() => lines.some((line) => line.includes("keeps failing")), { timeout: 20_000 });
  expect(client.isInDoubt).toBe(true);
  stop.abort();
  await asking;
});

test("a burst of 429s for requests under way costs one pause, and every title is found", async () => {
  const clock = createHandClock();
  const server = await serve((path, nth) =>
    nth <= 20 ? slowDown("1") : json({ ...RECORD, imdb_id: path.slice(7) }),
  );
  const client = openClient(server, {}, clock);
  const fetched = Array.from({ length: 20 }, (_, index) =>
    client.fetchTitle({ ...MOVIE, imdbId: `tt${1_000_000 + index}` }, NEVER),
  );
  while (client.retries < 20) await new Promise(setImmediate);
  await clock.untilSleeping(1000, 1000);
  await clock.advance(1000);
  const answers = await Promise.all(fetched);
  expect(new Set(answers.map((answer) => answer.outcome))).toEqual(new Set(["found"]));
  expect(client.pausedMs).toBe(1000);
});

test("under total failure the requests stop after the circuit's probes, and retries stay within the budget", async () => {
  const clock = createHandClock();
  const server = await serve(() => json({}, 500));
  const client = openClient(server, { rules: { firstBackoffMs: 0 } }, clock);
  let asked = 0;
  let stopped: unknown;
  const work = async (): Promise<void> => {
    try {
      while (asked < 2000) {
        asked += 1;
        await client.fetchTitle({ ...MOVIE, imdbId: `tt${1_000_000 + asked}` }, NEVER);
      }
    } catch (error) {
      stopped = error;
    }
  };
  const workers = Promise.all(Array.from({ length: 32 }, work));
  for (const coolDownMs of [5000, 10_000, 20_000, 40_000, 60_000]) {
    await clock.untilSleeping(coolDownMs, coolDownMs);
    await clock.advance(coolDownMs);
  }
  await workers;
  expect(stopped).toMatchObject({ code: "TMDB_UNAVAILABLE", retryable: true, retryAfterSeconds: 60 });
  expect(client.retries).toBeLessThanOrEqual(3 + asked / 10);
  expect(server.asked.length).toBeLessThanOrEqual(32 + 3 + 5);
  expect(asked).toBeLessThan(100);
});

test("where every tenth answer is a 500 no title is lost and retries stay a tenth", async () => {
  const server = await serve((path, nth) =>
    nth % 12 === 0 ? json({}, 500) : json({ ...RECORD, imdb_id: path.slice(7) }),
  );
  const client = openClient(server);
  for (let title = 0; title < 300; title += 1) {
    const answer = await client.fetchTitle({ ...MOVIE, imdbId: `tt${1_000_000 + title}` }, NEVER);
    expect(answer.outcome).toBe("found");
  }
  expect(client.retries).toBe(client.requests - 300);
  expect(client.retries).toBeLessThanOrEqual(33);
});

test("an outage that ends is waited out: requests resume when a probe succeeds", async () => {
  const clock = createHandClock();
  // One at a time, so that none is running while the clock is moved. Two probes still find it down.
  const server = await serve((path, nth) =>
    nth <= 13 ? json({}, 502) : json({ ...RECORD, imdb_id: path.slice(7) }),
  );
  const client = openClient(server, { rules: { firstBackoffMs: 0 } }, clock);
  const outcomes: string[] = [];
  let asked = 0;
  const work = async (): Promise<void> => {
    while (asked < 60) {
      asked += 1;
      const answer = await client.fetchTitle({ ...MOVIE, imdbId: `tt${1_000_000 + asked}` }, NEVER);
      outcomes.push(answer.outcome);
    }
  };
  const working = work();
  for (const coolDownMs of [5000, 10_000, 20_000, 40_000]) {
    await Promise.race([working, clock.untilSleeping(coolDownMs, coolDownMs)]);
    if (outcomes.length === 60) break;
    await clock.advance(coolDownMs);
  }
  await working;
  expect(outcomes.filter((outcome) => outcome === "failed").length).toBeLessThanOrEqual(13);
  expect(outcomes.filter((outcome) => outcome === "found").length).toBeGreaterThanOrEqual(47);
});

test("404 is an answer: it never opens the circuit and is never retried", async () => {
  const server = await serve(() => NOT_FOUND);
  const client = openClient(server);
  for (let title = 0; title < 30; title += 1) {
    expect((await client.fetchTitle({ ...MOVIE, imdbId: `tt${1_000_000 + title}` }, NEVER)).outcome).toBe(
      "not_found",
    );
  }
  expect(client.retries).toBe(0);
});

test("a retry takes its turn at the limiter like any other request", async () => {
  const clock = createHandClock();
  const server = await serve((_path, nth) => (nth === 1 ? json({}, 500) : json(RECORD)));
  const client = openClient(server, { ratePerSecond: 1, rules: { firstBackoffMs: 0 } }, clock);
  const fetched = client.fetchTitle(MOVIE, NEVER);
  await clock.untilSleeping(1000, 1020);
  expect(server.asked).toHaveLength(1);
  await clock.advance(1020);
  expect((await fetched).outcome).toBe("found");
});

describe("when ten in a row fail", () => {
  const CONTROL = { ...MOVIE, imdbId: "tt9000000" };
  const isControl = (path: string): boolean => path.endsWith(CONTROL.imdbId);
  const makeTitle = (index: number): TitleRequest => ({
    ...MOVIE,
    imdbId: `tt${1_000_000 + index}`,
    hasFailed: true,
  });
  const NO_RETRY = { rules: { maxRetries: 0 }, pickControl: () => CONTROL };

  test("and something that was stored before is answered, the failures are those of their titles", async () => {
    const clock = createHandClock();
    const server = await serve((path) =>
      isControl(path) ? json({ ...RECORD, imdb_id: CONTROL.imdbId }) : json({}, 500),
    );
    const { log, lines } = recordLog();
    const client = openClient(server, { ...NO_RETRY, log }, clock);
    for (let title = 0; title < 40; title += 1) {
      expect(await client.fetchTitle(makeTitle(title), NEVER)).toMatchObject({ outcome: "failed" });
    }
    expect(server.asked.filter((path) => !path.includes("tt9"))).toHaveLength(40);
    expect(server.asked.length).toBeLessThanOrEqual(44);
    expect(lines.join("")).not.toContain("keeps failing");
    expect(clock.monotonicMs()).toBe(0);
  });

  test("and what was stored before fails too, the circuit opens at once", async () => {
    const clock = createHandClock();
    const server = await serve(() => json({}, 503));
    const { log, lines } = recordLog();
    const client = openClient(server, { ...NO_RETRY, log }, clock);
    for (let title = 0; title < 10; title += 1) await client.fetchTitle(makeTitle(title), NEVER);
    const refused = client.fetchTitle(makeTitle(11), NEVER).catch((error: unknown) => error);
    for (const coolDownMs of [5000, 10_000, 20_000, 40_000, 60_000]) {
      await clock.untilSleeping(coolDownMs, coolDownMs);
      await clock.advance(coolDownMs);
    }
    expect(await refused).toMatchObject({
      code: "TMDB_UNAVAILABLE",
      message: expect.stringContaining("The last: it answers 503") as unknown,
    });
    expect(lines.join("")).toContain("keeps failing: it answers 503");
    // The probes are control questions: a title that failed before is not asked while TMDB is down.
    expect(server.asked.filter((path) => !path.includes("tt9"))).toHaveLength(10);
    expect(server.asked).toHaveLength(10 + 1 + 5);
  });

  test("and a title that was not asked before is answered, that answer is the sample", async () => {
    const clock = createHandClock();
    let isBad = true;
    const server = await serve((path) =>
      isBad ? json({}, 500) : json({ ...RECORD, imdb_id: path.slice(7) }),
    );
    const client = openClient(server, { rules: { maxRetries: 0 } }, clock);
    for (let title = 0; title < 10; title += 1) await client.fetchTitle(makeTitle(title), NEVER);
    isBad = false;
    const known = client.fetchTitle(makeTitle(10), NEVER);
    const fresh = client.fetchTitle({ ...MOVIE, imdbId: "tt2000000" }, NEVER);
    expect([(await known).outcome, (await fresh).outcome]).toEqual(["found", "found"]);
    expect(server.asked.slice(10).map((path) => path.slice(7, 16))).toEqual(["tt2000000", "tt1000010"]);
    expect(clock.monotonicMs()).toBe(0);
  });

  test("JSON that is not TMDB's counts as a failure", async () => {
    const clock = createHandClock();
    const server = await serve(() => json({ message: "please log in" }));
    const client = openClient(server, {}, clock);
    for (let title = 0; title < 10; title += 1) {
      expect(await client.fetchTitle(makeTitle(title), NEVER)).toMatchObject({ isPermanent: false });
    }
    client.fetchTitle(makeTitle(10), NEVER).catch(() => undefined);
    await clock.untilSleeping(5000, 5000);
    expect(server.asked).toHaveLength(10);
  });
});
