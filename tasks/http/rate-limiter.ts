/** When the next request to a provider may start. Does not know requests, answers or the reason for a pause. */
import type { Clock } from "../../model/ports/clock.ts";

export interface RateLimiter {
  /**
   * Resolves when the caller may start one request; first come, first served. Rejects with the signal's reason when
   * aborted before its turn, which then takes no turn from others.
   */
  acquire(signal?: AbortSignal): Promise<void>;
  /** No request starts for `ms` milliseconds from now (a 429). A shorter pause never cuts a longer one. */
  pauseFor(ms: number): void;
  /** Changes the rate; `Infinity` means no limit. Requests that have already started still count. */
  setRate(ratePerSecond: number): void;
  readonly ratePerSecond: number;
  /** When the present pause ends, by the clock's monotonic time; in the past or `-Infinity` if there is none. */
  readonly pausedUntilMs: number;
  /** Milliseconds of all pauses together, overlaps counted once, the rest of a present one included. */
  readonly pausedMs: number;
}

/**
 * The window for at most `ratePerSecond` starts: a second and a fiftieth. Evenly spaced starts arrive unevenly, by up
 * to about 50 ms; with this slack a counting server sees at most one more than the rate. It costs 2 % of the rate.
 */
const WINDOW_MS = 1020;

/** After a late timer the gaps may shrink only to this share, so that no burst results. */
const SHORTEST_GAP_SHARE = 0.8;

/** Lateness beyond this many gaps is forgotten. */
const MAX_DEBT_GAPS = 3;

/**
 * Timers tick in milliseconds and could not keep a rate with smaller gaps: several requests may then start in one tick.
 */
const SHORTEST_TIMED_GAP_MS = 5;
const UNTIMED_DEBT_MS = 10;

interface Waiter {
  start(): void;
}

const STARTED = Promise.resolve();

/**
 * Starts are evenly spaced at absolute times, and never more than `ratePerSecond` (rounded down, at least one) of them
 * are in any second, even if timers are late. `ratePerSecond` is positive; below 1 it means one start per `1 / rate`
 * seconds. Without a limit and a pause no timer is made.
 */
export function createRateLimiter(options: {
  readonly clock: Clock;
  readonly ratePerSecond: number;
}): RateLimiter {
  const { clock } = options;
  const waiters = new Set<Waiter>();
  const starts = createStartLog();
  let rate = checkRate(options.ratePerSecond);
  let nextDueMs = -Infinity;
  let pausedUntilMs = -Infinity;
  let pausedMs = 0;
  let sleeping: AbortController | undefined;

  function dueAtMs(): number {
    if (rate === Infinity) return pausedUntilMs;
    const gapMs = WINDOW_MS / rate;
    const shortestGapMs = gapMs < SHORTEST_TIMED_GAP_MS ? 0 : gapMs * SHORTEST_GAP_SHARE;
    const perWindow = Math.max(1, Math.floor(rate));
    return Math.max(
      pausedUntilMs,
      nextDueMs,
      starts.latestMs() + shortestGapMs,
      starts.nthLatestMs(perWindow) + WINDOW_MS,
    );
  }

  function recordStart(nowMs: number): void {
    if (rate === Infinity) return;
    const gapMs = WINDOW_MS / rate;
    const debtMs = gapMs < SHORTEST_TIMED_GAP_MS ? UNTIMED_DEBT_MS : gapMs * MAX_DEBT_GAPS;
    nextDueMs = Math.max(nextDueMs, nowMs - debtMs) + gapMs;
    // An idle limiter has nothing to make up for: only lateness while a caller waited counts.
    if (waiters.size === 0) nextDueMs = Math.max(nextDueMs, nowMs + gapMs);
    starts.add(nowMs, Math.max(1, Math.floor(rate)));
  }

  async function pump(): Promise<void> {
    const controller = new AbortController();
    sleeping = controller;
    try {
      while (waiters.size > 0) {
        const waitMs = dueAtMs() - clock.monotonicMs();
        if (waitMs > 0) {
          await clock.sleep(Math.ceil(waitMs), controller.signal);
          continue;
        }
        const [first] = waiters;
        if (first === undefined) break;
        recordStart(clock.monotonicMs());
        first.start();
      }
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    } finally {
      if (sleeping === controller) sleeping = undefined;
    }
  }

  /** Ends the sleep: no caller waits for it any longer, or its time has changed. */
  function stopSleeping(): void {
    sleeping?.abort();
    sleeping = undefined;
  }

  return {
    acquire(signal) {
      if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
      if (waiters.size === 0 && dueAtMs() <= clock.monotonicMs()) {
        recordStart(clock.monotonicMs());
        return STARTED;
      }
      return new Promise((resolve, reject) => {
        const giveUp = (): void => {
          waiters.delete(waiter);
          if (waiters.size === 0) stopSleeping();
          reject(signal?.reason as Error);
        };
        const waiter: Waiter = {
          start: () => {
            waiters.delete(waiter);
            signal?.removeEventListener("abort", giveUp);
            resolve();
          },
        };
        waiters.add(waiter);
        signal?.addEventListener("abort", giveUp, { once: true });
        if (sleeping === undefined) pump().catch(reject);
      });
    },
    pauseFor(ms) {
      const nowMs = clock.monotonicMs();
      const untilMs = nowMs + ms;
      if (untilMs <= pausedUntilMs) return;
      pausedMs += untilMs - Math.max(pausedUntilMs, nowMs);
      pausedUntilMs = untilMs;
    },
    setRate(ratePerSecond) {
      if (ratePerSecond === rate) return;
      rate = checkRate(ratePerSecond);
      nextDueMs = -Infinity;
      stopSleeping();
      if (waiters.size > 0) void pump();
    },
    get ratePerSecond() {
      return rate;
    },
    get pausedUntilMs() {
      return pausedUntilMs;
    },
    get pausedMs() {
      return pausedMs;
    },
  };
}

function checkRate(ratePerSecond: number): number {
  if (ratePerSecond > 0) return ratePerSecond;
  throw new RangeError(`a rate of ${ratePerSecond} requests per second is not positive`);
}

interface StartLog {
  add(atMs: number, keep: number): void;
  latestMs(): number;
  /** The start before which `n - 1` later ones lie; `-Infinity` if there were fewer. */
  nthLatestMs(n: number): number;
}

/** The latest starts, trimmed now and then instead of at each start. */
function createStartLog(): StartLog {
  let times: number[] = [];
  return {
    add(atMs, keep) {
      times.push(atMs);
      if (times.length > 2 * keep + 64) times = times.slice(-keep);
    },
    latestMs: () => times.at(-1) ?? -Infinity,
    nthLatestMs: (n) => times.at(-n) ?? -Infinity,
  };
}
