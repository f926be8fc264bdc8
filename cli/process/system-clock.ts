/** The one file that reads a clock. */
import type { Clock } from "../../model/ports/clock.ts";

/** setTimeout counts in 32 bits; a longer wait is made of several. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  // Not node:timers/promises: it creates an error with a stack for each aborted wait, and most attempts abort the wait
  // for their time-out.
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      let left = ms;
      let timer: NodeJS.Timeout;
      const giveUp = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const wait = (): void => {
        const now = Math.min(left, MAX_TIMER_MS);
        left -= now;
        timer = setTimeout(left > 0 ? wait : finish, now);
      };
      const finish = (): void => {
        signal?.removeEventListener("abort", giveUp);
        resolve();
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      wait();
    }),
};
