/**
 * How often, and after which pause, a request to a store is repeated. The store's code judges which faults are
 * retryable.
 */
import type { Clock } from "../model/ports/clock.ts";

export interface RetryPolicy {
  /** Number of tries, the first one included. */
  readonly attempts: number;
  readonly baseDelayMs: number;
  /** The longest single pause, whatever the store asks for. */
  readonly maxDelayMs: number;
}

export const STORE_RETRY_POLICY: RetryPolicy = { attempts: 8, baseDelayMs: 200, maxDelayMs: 20_000 };

export interface RetryTools {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly policy: RetryPolicy;
}

export interface RetryVerdict {
  readonly isRetryable: boolean;
  /** The pause that the store asked for, if it named one. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * Full jitter (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015): a uniform share of a
 * ceiling that doubles. `failures` counts from 1.
 */
function drawDelayMs(policy: RetryPolicy, failures: number, random: () => number): number {
  const ceilingMs = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (failures - 1));
  return Math.floor(random() * ceilingMs);
}

/**
 * Calls `attempt` until it succeeds, its fault is not retryable, or the tries are used up; then it raises the last
 * fault unchanged. An abort ends a pause at once with the signal's reason.
 */
export async function retryWithJitter<T>(
  tools: RetryTools,
  attempt: (attemptNumber: number) => Promise<T>,
  judge: (fault: unknown) => RetryVerdict,
  signal?: AbortSignal,
): Promise<T> {
  for (let attemptNumber = 1; ; attemptNumber += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt(attemptNumber);
    } catch (fault) {
      signal?.throwIfAborted();
      const verdict = judge(fault);
      if (!verdict.isRetryable || attemptNumber >= tools.policy.attempts) throw fault;
      const drawnMs = drawDelayMs(tools.policy, attemptNumber, tools.random);
      await tools.clock.sleep(
        Math.min(Math.max(drawnMs, verdict.retryAfterMs ?? 0), tools.policy.maxDelayMs),
        signal,
      );
    }
  }
}
