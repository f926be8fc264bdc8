/** Tells whoever follows a scheduler's work when none is at work any more. Whether to go on waiting is theirs to say. */
import type { Logger } from "../model/logger.ts";
import type { Query } from "../state/database.ts";
import { readLease } from "../state/lease.ts";
import { SCHEDULER_PURPOSE } from "./lease-work.ts";
import { systemClock } from "./system-clock.ts";

/** To be called at each look; logs once when the scheduler has gone, and again only after there was one. */
export function watchScheduler(query: Query, log: Logger): () => void {
  let isGone = false;
  return () => {
    const lease = readLease(query);
    const wasGone = isGone;
    // One that was killed holds its lease until that runs out.
    isGone =
      lease?.purpose !== SCHEDULER_PURPOSE || Date.parse(lease.expiresAt) <= systemClock.now().getTime();
    if (isGone && !wasGone) {
      log.warn(
        "No scheduler is at work any more: what is open waits for the next one. Ctrl-C ends the waiting.",
      );
    }
  };
}
