/** The retry budget, `Retry-After`, deadlines, agents, and the limiter that clients of one base URL share. */
import { Agent } from "node:http";
import { expect, test } from "vitest";
import { createAbortFanOut } from "../../../tasks/http/abort-fan-out.ts";
import { ApiCall } from "../../../tasks/http/api-call.ts";
import { openConnection } from "../../../tasks/http/connection.ts";
import { createDeadlines } from "../../../tasks/http/deadlines.ts";
import { hashStructure } from "../../../tasks/http/json-body.ts";
import { parseRetryAfterMs } from "../../../tasks/http/retry-after.ts";
import { createRetryBudget } from "../../../tasks/http/retry-budget.ts";
import { decideRetry, DEFAULT_RETRY_RULES } from "../../../tasks/http/retry-decision.ts";
import { joinTraffic } from "../../../tasks/http/traffic.ts";
import { describeTmdb } from "../../../tasks/tmdb-to-lake/tmdb-provider.ts";
import { createHandClock } from "../../support/hand-clock.ts";

const NOW = new Date("2026-11-23T09:00:00Z");

test.each([
  ["0", 0],
  ["2", 2000],
  [" 120 ", 120_000],
  ["2592000", 2_592_000_000],
  ["Mon, 23 Nov 2026 09:00:30 GMT", 30_000],
  ["Mon, 23 Nov 2026 08:00:00 GMT", 0],
  ["Monday, 23-Nov-26 09:00:30 GMT", 30_000],
  ["soon", undefined],
  ["-5", undefined],
  ["1.5", undefined],
  ["2026", 2_026_000],
  ["", undefined],
  ["Mon, 99 Foo 2026", undefined],
  [undefined, undefined],
])("Retry-After %j asks for %j milliseconds", (header, expected) => {
  expect(parseRetryAfterMs(header, NOW)).toBe(expected);
});

test("retries never exceed three and a tenth of the first requests", () => {
  const budget = createRetryBudget();
  let retries = 0;
  for (let request = 1; request <= 1000; request += 1) {
    budget.earn();
    while (budget.spend()) retries += 1;
    expect(retries).toBeLessThanOrEqual(3 + request / 10 + 1e-6);
  }
  expect(retries).toBe(103);
});

test("what is saved up is bounded", () => {
  const budget = createRetryBudget(3, 0.1, 5);
  for (let request = 0; request < 1000; request += 1) budget.earn();
  let retries = 0;
  while (budget.spend()) retries += 1;
  expect(retries).toBe(5);
});

test("deadlines expire in their own time, a cancelled one never, and none leaves a timer behind", async () => {
  const clock = createHandClock();
  const deadlines = createDeadlines(clock);
  const expired: string[] = [];
  deadlines.start(1000, () => expired.push("late"));
  deadlines.start(100, () => expired.push("early"));
  const cancel = deadlines.start(500, () => expired.push("cancelled"));
  await clock.advance(99);
  expect(expired).toEqual([]);
  await clock.advance(1);
  expect(expired).toEqual(["early"]);
  cancel();
  await clock.advance(899);
  expect(expired).toEqual(["early"]);
  await clock.advance(1);
  expect(expired).toEqual(["early", "late"]);
  const only = deadlines.start(50, () => expired.push("never"));
  expect(clock.sleepers).toBe(1);
  only();
  expect(clock.sleepers).toBe(0);
});

test("a deadline that begins while another expires can be cancelled, and leaves no timer behind", async () => {
  const clock = createHandClock();
  const deadlines = createDeadlines(clock);
  let cancel = (): void => undefined;
  deadlines.start(100, () => {
    cancelLast();
    cancel = deadlines.start(100, () => undefined);
  });
  const cancelLast = deadlines.start(200, () => undefined);
  await clock.advance(100);
  expect(clock.sleepers).toBe(1);
  cancel();
  expect(clock.sleepers).toBe(0);
});

test("a certificate that is not trusted stops the task, without a retry", () => {
  const provider = {
    host: "api.test",
    name: "The API",
    baseUrl: "https://api.test/v1",
    addressSetting: "API_BASE_URL",
    isAddressOwn: true,
    codes: {
      unavailable: "TMDB_UNAVAILABLE",
      rateLimited: "TMDB_RATE_LIMITED",
      untrusted: "TMDB_UNTRUSTED",
    },
  } as const;
  const decision = decideRetry({
    call: new ApiCall({ template: "/title" }, new AbortController().signal, createAbortFanOut()),
    failure: {
      reason: "untrusted",
      status: undefined,
      code: "CERT_HAS_EXPIRED",
      retryAfter: undefined,
      isStaleConnection: false,
    },
    rules: DEFAULT_RETRY_RULES,
    now: NOW,
    random: () => 0.5,
    budget: createRetryBudget(),
    provider,
  });
  expect(decision).toMatchObject({ isRetried: false, stop: { code: "TMDB_UNTRUSTED", retryable: false } });
});

test("the agent of the proxy rule has all connections, http and https", () => {
  const agent = new Agent();
  const connection = openConnection("https://api.test/v1", { headers: {}, makeAgent: () => agent });
  const { instance } = connection;
  expect([instance.defaults.httpAgent, instance.defaults.httpsAgent]).toEqual([agent, agent]);
  connection.close();
});

test("the structure is the set of top-level names, whatever their order and whatever is below", () => {
  const one = hashStructure({ id: 1, title: "a", credits: { cast: [] } });
  expect(hashStructure({ credits: null, title: 2, id: "x" })).toBe(one);
  expect(hashStructure({ id: 1, title: "a" })).not.toBe(one);
  expect(hashStructure({ "id,title": 1 })).not.toBe(hashStructure({ id: 1, title: 1 }));
  expect(one).toMatch(/^[0-9a-f]{16}$/);
});

test("one base URL has one limiter for the process, at the lowest rate of its users", () => {
  const clock = createHandClock();
  const place = (host: string) => describeTmdb({ baseUrl: `http://${host}/3`, host });
  const fast = joinTraffic(clock, place("one.test"), 30);
  const slow = joinTraffic(clock, place("one.test"), 4);
  const other = joinTraffic(clock, place("other.test"), 50);
  expect(slow.limiter).toBe(fast.limiter);
  expect(slow.circuit).toBe(fast.circuit);
  expect(fast.limiter.ratePerSecond).toBe(4);
  expect(other.limiter.ratePerSecond).toBe(50);
  slow.leave();
  slow.leave();
  expect(fast.limiter.ratePerSecond).toBe(30);
});
