/** Removes history that ended before an instant, in this process or through the running scheduler. */
import { pruneAttemptLogs } from "../../logs/attempt-log-location.ts";
import { prune, PRUNE, type PruneResult } from "../../scheduler/housekeeper.ts";
import { pruneDatabase as pruneRows } from "../../state/upkeep/prune.ts";
import type { App } from "../app.ts";
import { askScheduler } from "../ask-scheduler.ts";
import { tryLease } from "../lease-work.ts";

/** What would be removed; changes nothing. */
export async function previewPrune(app: App, before: Date, drain: AbortSignal): Promise<PruneResult> {
  const database = await app.openDatabase("read");
  return { ...(await pruneRows(database, { before, isDryRun: true, signal: drain })), logs: 0 };
}

/** What was removed. Raises `DATABASE_BUSY` while another command holds the lease. */
export async function pruneDatabase(app: App, before: Date, drain: AbortSignal): Promise<PruneResult> {
  const database = await app.openDatabase("existing");
  const lease = await tryLease(app, database, "db prune", drain);
  if (lease === null) {
    const order = { kind: PRUNE, before: before.toISOString() } as const;
    return askScheduler(app, database, order, drain);
  }
  try {
    const pruneLogs = (date: Date): Promise<number> => pruneAttemptLogs(app.settings.logsFolder, date);
    return await prune({ database, pruneLogs }, before, drain);
  } finally {
    await lease.release();
  }
}
