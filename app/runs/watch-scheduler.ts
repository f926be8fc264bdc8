/** Warns a command that follows a scheduler when the scheduler has stopped; the user decides whether to keep waiting. */
import { formatLocalText } from "../../model/time/local-time.ts";
import { isProcessAlive } from "../../scheduler/lease/process-identity.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { readLease } from "../../state/control/lease.ts";
import { SCHEDULER_PURPOSE } from "../ask-scheduler.ts";
import type { App } from "../app.ts";

/** Call it at each look: it logs once when the scheduler is gone or silent, and again only after it was back. */
export function watchScheduler(
  query: Query,
  { clock, log, settings }: Pick<App, "clock" | "log" | "settings">,
): () => void {
  let told: string | null = null;
  return () => {
    const news = describeAbsence(query, clock.now(), settings.timezone);
    if (news !== null && news !== told) log.warn(`${news} Press Ctrl-C to stop waiting.`);
    told = news;
  };
}

/** `null` while a scheduler holds the lease. It says that none runs only if that is certain. */
function describeAbsence(query: Query, now: Date, timezone: string): string | null {
  const lease = readLease(query);
  const isHeld = lease?.purpose === SCHEDULER_PURPOSE;
  if (isHeld && Date.parse(lease.expiresAt) > now.getTime()) return null;
  if (!isHeld || isProcessAlive(lease) === false) {
    return "No scheduler is running any more: open runs wait for the next one.";
  }
  return `The scheduler (pid ${lease.pid} on ${lease.host}) has not renewed its lease, which ran out at ${formatLocalText(lease.expiresAt, timezone)}: open runs wait until it continues or another one takes over.`;
}
