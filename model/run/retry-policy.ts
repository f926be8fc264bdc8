/** Whether and when a failed attempt is tried again. Randomness and errors are arguments. */
import type { RetrySettings } from "../dag/dag.ts";

/** A task fails once its process has died this often; before that, a dead process is not the task's fault. */
export const LOST_ATTEMPTS_ALLOWED = 3;

/** The longest wait that a service may ask for. */
export const LONGEST_RETRY_AFTER_SECONDS = 86_400;

export type RetryDecision =
  { readonly retry: true; readonly delaySeconds: number } | { readonly retry: false };

export interface FailedAttempt {
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  /** Charged failures, this one included; from 1. */
  readonly failureCount: number;
}

/**
 * Fixed delay, or exponential with full jitter over the upper half (`delay × 2^(n−1)`, capped; never less than half
 * of it). `retryAfterSeconds` is a floor, of a day at most. `random` is in [0, 1).
 */
export function decideRetry(settings: RetrySettings, attempt: FailedAttempt, random: number): RetryDecision {
  if (!attempt.retryable || attempt.failureCount > settings.retries) return { retry: false };
  const delaySeconds =
    settings.retryBackoff === "fixed"
      ? settings.retryDelaySeconds
      : exponentialDelay(settings, attempt.failureCount) * (0.5 + random / 2);
  return {
    retry: true,
    delaySeconds: Math.max(delaySeconds, boundRetryAfter(attempt.retryAfterSeconds ?? 0)),
  };
}

function boundRetryAfter(seconds: number): number {
  return Math.min(seconds, LONGEST_RETRY_AFTER_SECONDS);
}

/** No retry of a task with these settings is ever planned further ahead. */
export function findLongestRetryWait(settings: RetrySettings): number {
  return Math.max(settings.retryDelaySeconds, settings.retryDelayMaxSeconds, LONGEST_RETRY_AFTER_SECONDS);
}

function exponentialDelay(settings: RetrySettings, failureCount: number): number {
  return Math.min(settings.retryDelaySeconds * 2 ** (failureCount - 1), settings.retryDelayMaxSeconds);
}
