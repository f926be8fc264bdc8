import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RetrySettings } from "../../../model/dag/dag.ts";
import { decideRetry, type FailedAttempt } from "../../../model/run/retry-policy.ts";

const SETTINGS: RetrySettings = {
  retries: 3,
  retryDelaySeconds: 30,
  retryBackoff: "exponential",
  retryDelayMaxSeconds: 100,
};
const FAILED: FailedAttempt = { retryable: true, retryAfterSeconds: undefined, failureCount: 1 };
/** The greatest that `Math.random` gives. */
const ALMOST_ONE = 1 - 2 ** -53;

function delayOf(settings: Partial<RetrySettings>, failed: Partial<FailedAttempt>, random = 0): number {
  const decision = decideRetry({ ...SETTINGS, ...settings }, { ...FAILED, ...failed }, random);
  return decision.retry ? decision.delaySeconds : Number.NaN;
}

describe("whether", () => {
  test.each([
    [0, 1, false],
    [1, 1, true],
    [1, 2, false],
    [3, 3, true],
    [3, 4, false],
  ])("with %i retries, failure %i is tried again: %s", (retries, failureCount, retry) => {
    expect(decideRetry({ ...SETTINGS, retries }, { ...FAILED, failureCount }, 0).retry).toBe(retry);
  });

  test("what cannot get better is not tried again, however many retries are left", () => {
    expect(decideRetry(SETTINGS, { ...FAILED, retryable: false, retryAfterSeconds: 5 }, 0)).toEqual({
      retry: false,
    });
  });
});

describe("when", () => {
  test("a fixed delay is the same each time, and chance has no part in it", () => {
    for (const failureCount of [1, 2, 3]) {
      for (const random of [0, 0.5, ALMOST_ONE]) {
        expect(delayOf({ retryBackoff: "fixed" }, { failureCount }, random)).toBe(30);
      }
    }
  });

  test.each([
    [1, 15, 30],
    [2, 30, 60],
    [3, 50, 100],
  ])("failure %i waits between %i s and %i s", (failureCount, least, most) => {
    expect(delayOf({}, { failureCount }, 0)).toBe(least);
    expect(delayOf({}, { failureCount }, ALMOST_ONE)).toBeCloseTo(most, 6);
  });

  test("the provider's own wish is a floor, not a ceiling", () => {
    expect(delayOf({}, { retryAfterSeconds: 600 })).toBe(600);
    expect(delayOf({}, { retryAfterSeconds: 1 })).toBe(15);
  });

  test("no failure count makes a delay beyond the maximum or one that is no number", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: ALMOST_ONE, noNaN: true }),
        (failureCount, random) => {
          const delaySeconds = delayOf({ retries: 10_000 }, { failureCount }, random);
          expect(delaySeconds).toBeGreaterThanOrEqual(15);
          expect(delaySeconds).toBeLessThanOrEqual(100);
        },
      ),
    );
  });
});
