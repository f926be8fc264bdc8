/** How many retries a provider's clients may still make. Which failures deserve one is decided elsewhere. */

export interface RetryBudget {
  /** Called once per request, when its first attempt is sent; never for a retry. */
  earn(): void;
  /** Takes one retry; `false` when none is left, and then nothing is taken. */
  spend(): boolean;
}

/**
 * Retries are a tenth of the first requests, so that a provider in trouble gets at most 10 % more, not several times as
 * much. Three more are available at the start, because otherwise the very first request could not be retried; in total
 * `retries ≤ 3 + requests / 10`. Unused retries are limited to `most`: an hour of good answers must not allow a storm.
 * The trade-off: in the first seconds of a run a burst of failures leaves some ids `failed`; the task's own retry asks
 * for them again.
 */
export function createRetryBudget(initial = 3, earnedPerRequest = 0.1, most = 100): RetryBudget {
  let left = initial;
  return {
    earn() {
      left = Math.min(most, left + earnedPerRequest);
    },
    spend() {
      // Ten earned tenths add up to slightly less than one.
      if (left < 1 - 1e-9) return false;
      left = Math.max(0, left - 1);
      return true;
    },
  };
}
