/** The timer that wakes the loop once a minute, also after the clock was set. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { wakeEachMinute } from "../../../scheduler/waking/minute-timer.ts";

const START = new Date("2026-11-23T09:00:20.000Z");
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** node-cron reads the machine's clock itself. */
const CLOCK = { now: () => new Date() };
const MOST_STALL_MS = 200;
/** Another process may use the processor for a while: the best of these rounds counts. */
const REPEATS = 3;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

test("it wakes once a minute, until it is stopped", async () => {
  const wake = vi.fn<() => void>();
  const takeDown = wakeEachMinute(CLOCK)(wake);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(wake).toHaveBeenCalledTimes(0);
  for (let minute = 1; minute <= 5; minute += 1) {
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(wake).toHaveBeenCalledTimes(minute);
  }
  takeDown();
  await vi.advanceTimersByTimeAsync(5 * MINUTE_MS);
  expect(wake).toHaveBeenCalledTimes(5);
  expect(vi.getTimerCount()).toBe(0);
});

describe("a clock that is set", () => {
  test.each([
    ["an hour", HOUR_MS],
    ["a day", DAY_MS],
    ["three months", 91 * DAY_MS],
    ["15 months", 456 * DAY_MS],
    ["26 years", 26 * 366 * DAY_MS],
    ["to a leap day", Date.parse("2028-02-29T12:00:00Z") - START.getTime()],
  ])("%s ahead makes it neither walk through slots nor print: it wakes and continues", async (_, stepMs) => {
    const print = (["info", "warn", "error", "debug", "log"] as const).map((name) => vi.spyOn(console, name));
    const stalls: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      vi.setSystemTime(START);
      const wake = vi.fn<() => void>();
      const takeDown = wakeEachMinute(CLOCK)(wake);
      const heapBefore = process.memoryUsage().heapUsed;
      vi.setSystemTime(Date.now() + stepMs);
      // CPU time: on a busy machine others take part of the time on the wall.
      const before = process.cpuUsage();
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      const { user, system } = process.cpuUsage(before);
      stalls.push((user + system) / 1000);
      expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(50_000_000);
      expect(wake.mock.calls.length).toBeGreaterThanOrEqual(1);
      const calls = wake.mock.calls.length;
      await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
      expect(wake).toHaveBeenCalledTimes(calls + 2);
      takeDown();
    }
    expect(Math.min(...stalls)).toBeLessThan(MOST_STALL_MS);
    for (const spy of print) expect(spy).not.toHaveBeenCalled();
  });

  test.each([
    ["an hour", HOUR_MS],
    ["a day", DAY_MS],
    ["26 years", 26 * 366 * DAY_MS],
  ])("%s back wakes each minute after the timer is started again", async (_, stepMs) => {
    const wake = vi.fn<() => void>();
    const former = wakeEachMinute(CLOCK)(wake);
    vi.setSystemTime(Date.now() - stepMs);
    former();
    const takeDown = wakeEachMinute(CLOCK)(wake);
    await vi.advanceTimersByTimeAsync(3 * MINUTE_MS);
    expect(wake).toHaveBeenCalledTimes(3);
    takeDown();
  });
});
