/** The rate limiter keeps its rate and its pauses, with a clock moved by hand and late timers. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRateLimiter } from "../../../tasks/http/rate-limiter.ts";
import { createHandClock } from "../../support/hand-clock.ts";

function countMostInASecond(starts: readonly number[]): number {
  return Math.max(0, ...starts.map((from) => starts.filter((at) => at >= from && at <= from + 1000).length));
}

test("no second holds more starts than the rate, however late the timers, and pauses and gaps change nothing", async () => {
  const step = fc.record({
    callers: fc.integer({ min: 0, max: 40 }),
    moveMs: fc.integer({ min: 0, max: 900 }),
    lateMs: fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 8 }),
    pauseMs: fc.option(fc.integer({ min: 1, max: 700 }), { freq: 6, nil: 0 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 3, 30, 50, 400),
      fc.array(step, { minLength: 1, maxLength: 12 }),
      async (rate, steps) => {
        const clock = createHandClock();
        const limiter = createRateLimiter({ clock, ratePerSecond: rate });
        const starts: number[] = [];
        for (const { callers, moveMs, lateMs, pauseMs } of steps) {
          for (let caller = 0; caller < callers; caller += 1) {
            void limiter.acquire().then(() => starts.push(clock.monotonicMs()));
          }
          if (pauseMs > 0) limiter.pauseFor(pauseMs);
          let turn = 0;
          await clock.advance(moveMs, () => lateMs[turn++ % lateMs.length] ?? 0);
        }
        await clock.advance(3000);
        expect(countMostInASecond(starts)).toBeLessThanOrEqual(rate);
      },
    ),
    { numRuns: 60 },
  );
});

test("at 30 a second timers that are up to 2 ms late still give 97 % of the rate over two minutes", async () => {
  const clock = createHandClock();
  const limiter = createRateLimiter({ clock, ratePerSecond: 30 });
  const starts: number[] = [];
  const worker = async (): Promise<void> => {
    while (clock.monotonicMs() < 120_000) {
      await limiter.acquire();
      starts.push(clock.monotonicMs());
      await clock.sleep(50);
    }
  };
  const workers = Array.from({ length: 8 }, worker);
  let turn = 0;
  await clock.advance(125_000, () => turn++ % 3);
  await Promise.all(workers);
  expect(starts.length).toBeGreaterThanOrEqual(0.97 * 30 * 120);
  expect(countMostInASecond(starts)).toBeLessThanOrEqual(30);
});

test("the gap between two starts never falls below four fifths of the even gap, even after a stall", async () => {
  const clock = createHandClock();
  const limiter = createRateLimiter({ clock, ratePerSecond: 20 });
  const starts: number[] = [];
  for (let caller = 0; caller < 60; caller += 1)
    void limiter.acquire().then(() => starts.push(clock.monotonicMs()));
  let turn = 0;
  await clock.advance(5000, () => (turn++ === 5 ? 400 : 0));
  expect(starts).toHaveLength(60);
  const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(40);
});

test("callers start in the order in which they came", async () => {
  const clock = createHandClock();
  const limiter = createRateLimiter({ clock, ratePerSecond: 100 });
  const order: number[] = [];
  for (let caller = 0; caller < 20; caller += 1) void limiter.acquire().then(() => order.push(caller));
  await clock.advance(1000);
  expect(order).toEqual(Array.from({ length: 20 }, (_, caller) => caller));
});

test("a caller that gives up takes no turn from others and leaves no timer behind", async () => {
  const clock = createHandClock();
  const limiter = createRateLimiter({ clock, ratePerSecond: 1 });
  await limiter.acquire();
  const stop = new AbortController();
  const given = limiter.acquire(stop.signal);
  const kept = limiter.acquire();
  stop.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  await clock.advance(1020);
  await kept;
  expect(clock.sleepers).toBe(0);
  const last = limiter.acquire(AbortSignal.abort(new Error("too late")));
  await expect(last).rejects.toThrow("too late");
});

test("the last waiter that gives up ends the sleep, and the next one still gets its turn", async () => {
  const clock = createHandClock();
  const limiter = createRateLimiter({ clock, ratePerSecond: 1 });
  await limiter.acquire();
  const stop = new AbortController();
  const given = limiter.acquire(stop.signal);
  stop.abort(new Error("enough"));
  const next = limiter.acquire();
  await expect(given).rejects.toThrow("enough");
  expect(clock.sleepers).toBe(1);
  await clock.advance(1020);
  await next;
});

test("a pause applies to all callers, also without a limit, and overlapping pauses are counted once", async () => {
  const clock = createHandClock();
  const limiter = createRateLimiter({ clock, ratePerSecond: Infinity });
  limiter.pauseFor(1000);
  limiter.pauseFor(400);
  let started = 0;
  for (let caller = 0; caller < 3; caller += 1) void limiter.acquire().then(() => (started += 1));
  await clock.advance(500);
  limiter.pauseFor(1000);
  await clock.advance(999);
  expect(started).toBe(0);
  await clock.advance(1);
  expect(started).toBe(3);
  expect(limiter.pausedMs).toBe(1500);
});

test("without a limit no caller waits and no timer is made", async () => {
  const clock = createHandClock();
  const limiter = createRateLimiter({ clock, ratePerSecond: Infinity });
  for (let caller = 0; caller < 1000; caller += 1) await limiter.acquire();
  expect(clock.sleepers).toBe(0);
});

test("a lower rate applies to callers that wait already", async () => {
  const clock = createHandClock();
  const limiter = createRateLimiter({ clock, ratePerSecond: 100 });
  let started = 0;
  for (let caller = 0; caller < 50; caller += 1) void limiter.acquire().then(() => (started += 1));
  await clock.advance(0);
  limiter.setRate(2);
  await clock.advance(3060);
  expect(started).toBeLessThanOrEqual(7);
  limiter.setRate(Infinity);
  await clock.advance(0);
  expect(started).toBe(50);
});

test("a rate that is not positive is refused", () => {
  expect(() => createRateLimiter({ clock: createHandClock(), ratePerSecond: 0 })).toThrow(RangeError);
});

test("a clock that fails is raised to the caller that waits", async () => {
  const clock = { ...createHandClock(), sleep: () => Promise.reject(new Error("no timer")) };
  const limiter = createRateLimiter({ clock, ratePerSecond: 1 });
  await limiter.acquire();
  await expect(limiter.acquire()).rejects.toThrow("no timer");
});
