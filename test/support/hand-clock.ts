/** A clock that the test moves, and a real one, for the tests of the TMDB client. */
import { setTimeout as wait, setImmediate as yieldToEvents } from "node:timers/promises";
import type { Clock } from "../../model/ports/clock.ts";

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

export interface HandClock extends Clock {
  /** Moves time on, waking sleepers one after the other, each at its due time plus `lateMs()`. */
  advance(ms: number, lateMs?: () => number): Promise<void>;
  /** Resolves as soon as a sleep between `leastMs` and `mostMs` begins. */
  untilSleeping(leastMs: number, mostMs: number): Promise<void>;
  readonly sleepers: number;
  /** Moves the wall clock by so much; the monotonic clock is not changed. */
  setAhead(ms: number): void;
}

const START_MS = Date.UTC(2026, 10, 23, 9, 0, 0);

export function createHandClock(): HandClock {
  const sleepers = new Set<Sleeper>();
  const watchers = new Set<() => void>();
  let elapsedMs = 0;
  let aheadMs = 0;

  function sleepsBetween(leastMs: number, mostMs: number): boolean {
    return [...sleepers].some(({ dueMs }) => dueMs - elapsedMs >= leastMs && dueMs - elapsedMs <= mostMs);
  }

  return {
    now: () => new Date(START_MS + aheadMs + elapsedMs),
    monotonicMs: () => elapsedMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const leave = (): void => {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", giveUp);
        };
        const giveUp = (): void => {
          leave();
          reject(signal?.reason as Error);
        };
        const sleeper: Sleeper = {
          dueMs: elapsedMs + ms,
          wake: () => {
            leave();
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", giveUp, { once: true });
        for (const watcher of watchers) watcher();
      }),
    async advance(ms, lateMs = () => 0) {
      // Earlier calls run before time moves.
      await yieldToEvents();
      const endMs = elapsedMs + ms;
      for (;;) {
        const [first] = [...sleepers].toSorted((a, b) => a.dueMs - b.dueMs);
        if (first === undefined || first.dueMs > endMs) break;
        elapsedMs = Math.max(elapsedMs, first.dueMs + lateMs());
        first.wake();
        await yieldToEvents();
      }
      elapsedMs = Math.max(elapsedMs, endMs);
      await yieldToEvents();
    },
    untilSleeping: (leastMs, mostMs) =>
      new Promise((resolve) => {
        const watcher = (): void => {
          if (!sleepsBetween(leastMs, mostMs)) return;
          watchers.delete(watcher);
          resolve();
        };
        watchers.add(watcher);
        watcher();
      }),
    setAhead(ms) {
      aheadMs += ms;
    },
    get sleepers() {
      return sleepers.size;
    },
  };
}

/** For sockets, which keep real time; limits are then tens of milliseconds. */
export function createRealClock(): Clock {
  return {
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    sleep: async (ms, signal) => {
      await wait(ms, undefined, signal === undefined ? {} : { signal });
    },
  };
}
