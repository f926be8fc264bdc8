/** How long all requests pause after a 429, and when that counts as repeated. */
import { expect, test } from "vitest";
import { createRateLimitPause } from "../../../tasks/http/rate-limit-pause.ts";
import { createRateLimiter } from "../../../tasks/http/rate-limiter.ts";
import { createHandClock } from "../../support/hand-clock.ts";

function openPause(random = 1) {
  const clock = createHandClock();
  const limiter = createRateLimiter({ clock, ratePerSecond: 1000 });
  const pause = createRateLimitPause({ clock, limiter, random: () => random, maxPauseMs: 60_000 });
  /** A request that starts now gets a 429. */
  const refuse = async (retryAfterMs?: number): Promise<number> => {
    await clock.advance(1);
    const pauseMs = pause.begin(clock.monotonicMs(), retryAfterMs);
    await clock.advance(pauseMs);
    return pauseMs;
  };
  return { clock, limiter, pause, refuse };
}

test("the provider's time counts the first time, then at least a back-off that doubles up to the longest", async () => {
  const { pause, refuse } = openPause();
  expect(await refuse(500)).toBe(500);
  expect(pause.isRepeated).toBe(false);
  expect(await refuse(500)).toBe(2_000);
  expect(pause.isRepeated).toBe(true);
  expect(await refuse(7_000)).toBe(7_000);
  expect(await refuse()).toBe(8_000);
  for (let burst = 0; burst < 3; burst += 1) await refuse();
  expect(await refuse()).toBe(60_000);
  expect(await refuse(90_000)).toBe(60_000);
});

test("without the provider's time the first pause is a back-off too, by chance of any length", async () => {
  expect(await openPause(0.25).refuse()).toBe(250);
  expect(await openPause(0).refuse()).toBe(0);
});

test("requests that were under way belong to the same burst", async () => {
  const { clock, pause } = openPause();
  await clock.advance(1_000);
  const startedMs = clock.monotonicMs();
  expect(pause.begin(startedMs, undefined)).toBe(1_000);
  expect(pause.begin(startedMs, undefined)).toBe(0);
  expect(pause.begin(startedMs - 500, 3_000)).toBe(3_000);
  expect(pause.isRepeated).toBe(false);
  await clock.advance(1_000);
  expect(pause.begin(clock.monotonicMs(), undefined)).toBe(2_000);
});

test("any other answer in between begins the count again", async () => {
  const { pause, refuse } = openPause();
  await refuse();
  await refuse();
  pause.reset();
  expect(pause.isRepeated).toBe(false);
  expect(await refuse(500)).toBe(500);
});

test("the limiter pauses for that time", async () => {
  const { clock, limiter, pause } = openPause();
  pause.begin(clock.monotonicMs(), 5_000);
  let isAcquired = false;
  void limiter.acquire().then(() => (isAcquired = true));
  await clock.advance(4_999);
  expect(isAcquired).toBe(false);
  await clock.advance(1);
  expect(isAcquired).toBe(true);
});
