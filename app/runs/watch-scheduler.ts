/** Tells whoever follows a scheduler's work when none is at work any more. Whether to go on waiting is theirs to say. */
import { isProcessAlive } from "../../scheduler/lease/process-identity.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { readLease } from "../../state/control/lease.ts";
import { SCHEDULER_PURPOSE } from "../ask-scheduler.ts";
import type { App } from "../app.ts";

/** To be called at each look; logs once when the scheduler has gone or is silent, and again only after it was at work. */
export function watchScheduler(query: Query, { clock, log }: Pick<App, "clock" | "log">): () => void {
  let told: string | null = null;
  return () => {
    const news = describeAbsence(query, clock.now());
    if (news !== null && news !== told) log.warn(`${news} Ctrl-C ends the waiting.`);
    told = news;
  };
}

/** `null` while a scheduler holds the lease. That none runs is said only where that is known. */
function describeAbsence(query: Query, now: Date): string | null {
  const lease = readLease(query);
  const isHeld = lease?.purpose === SCHEDULER_PURPOSE;
  if (isHeld && Date.parse(lease.expiresAt) > now.getTime()) return null;
  if (!isHeld || isProcessAlive(lease) === false) {
    return "No scheduler is at work any more: what is open waits for the next one.";
  }
  return `The scheduler (pid ${lease.pid} on ${lease.host}) has not renewed its lease, which ran out at ${lease.expiresAt}: what is open waits until it continues or another one takes over.`;
}
