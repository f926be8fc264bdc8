/** How long all requests pause after a 429. The limiter applies the pause. */
import type { Clock } from "../../model/ports/clock.ts";
import type { RateLimiter } from "./rate-limiter.ts";

export interface RateLimitPause {
  /**
   * A 429 to an attempt that started at `startedMs` (the clock's monotonic time). Pauses the limiter and returns for
   * how long. `retryAfterMs` is what the provider asked for, at most `maxPauseMs`.
   */
  begin(startedMs: number, retryAfterMs: number | undefined): number;
  /** Any other answer: the next 429 counts as the first again. */
  reset(): void;
  /** A request that had waited for a pause to end got a 429, and nothing else was answered since. */
  readonly isRepeated: boolean;
}

const FIRST_BACKOFF_MS = 1000;

/**
 * The provider's `Retry-After` counts; without it, and if one 429 follows another, a full-jitter back-off that doubles.
 * Answers to requests that were running when the pause began belong to the same burst and do not double it.
 */
export function createRateLimitPause(options: {
  readonly clock: Clock;
  readonly limiter: RateLimiter;
  readonly random: () => number;
  readonly maxPauseMs: number;
}): RateLimitPause {
  const { clock, limiter, random, maxPauseMs } = options;
  let bursts = 0;
  let begunMs = -Infinity;
  return {
    begin(startedMs, retryAfterMs) {
      const isSameBurst = startedMs <= begunMs;
      const isLiteral = retryAfterMs !== undefined && bursts === 0;
      let backoffMs = 0;
      if (!isSameBurst) {
        if (!isLiteral) backoffMs = random() * Math.min(maxPauseMs, FIRST_BACKOFF_MS * 2 ** bursts);
        bursts += 1;
        begunMs = clock.monotonicMs();
      }
      const pauseMs = Math.min(maxPauseMs, Math.max(backoffMs, retryAfterMs ?? 0));
      if (pauseMs > 0) limiter.pauseFor(pauseMs);
      return pauseMs;
    },
    reset() {
      bursts = 0;
    },
    get isRepeated() {
      return bursts > 1;
    },
  };
}
