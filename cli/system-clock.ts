/** The one file that reads a clock. */
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../model/clock.ts";

/** setTimeout counts in 32 bits; a longer wait is made of several. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    try {
      for (let left = ms; left >= 0; left -= MAX_TIMER_MS) {
        await delay(Math.min(left, MAX_TIMER_MS), undefined, signal === undefined ? {} : { signal });
      }
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
};
