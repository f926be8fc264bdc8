/** Whether a failed attempt is tried again, and after which delay. */
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
/** The greatest result of `Math.random`. */
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

  test("a permanent failure is not tried again, however many retries are left", () => {
    expect(decideRetry(SETTINGS, { ...FAILED, retryable: false, retryAfterSeconds: 5 }, 0)).toEqual({
      retry: false,
    });
  });
});

describe("when", () => {
  test("a fixed delay is the same each time, without randomness", () => {
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

  test("the provider's requested delay is a minimum, not a maximum", () => {
    expect(delayOf({}, { retryAfterSeconds: 600 })).toBe(600);
    expect(delayOf({}, { retryAfterSeconds: 1 })).toBe(15);
  });

  test("no failure count gives a delay above the maximum or one that is not a number", () => {
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
