/** Finishes removals and undoings that a dead process has left between the database and the store. Needs the lease. */
import { carryOutRemoval, withdrawRecord } from "../../lake/protocol/carry-out-removal.ts";
import { describeError, LakeError } from "../../model/errors.ts";
import { endRemoval, endUndo } from "../../scheduler/commands/remove-object.ts";
import { insertEvent } from "../../state/control/events.ts";
import { findObjectRow } from "../../state/records/removed-content.ts";
import { listOpenRemovals, type RemovalRow } from "../../state/records/removals.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";

type FinishingApp = Pick<App, "clock" | "lake" | "log" | "settings">;

/** What cannot be finished stays open, and is reported. Raises nothing: the work next to it decides what the process does. */
export async function finishRemovals(
  app: FinishingApp,
  database: Database,
  signal: AbortSignal,
): Promise<void> {
  try {
    await finishAll(app, database, signal);
  } catch (error) {
    app.log.warn(`Open removals could not be finished: ${describeError(error)}`);
  }
}

async function finishAll(app: FinishingApp, database: Database, signal: AbortSignal): Promise<void> {
  // Listed before any command of a user can open another one; a user may have finished or undone one since.
  for (const { removalId } of listOpenRemovals(database, app.lake.id)) {
    if (signal.aborted) return;
    const removal = listOpenRemovals(database, app.lake.id).find((open) => open.removalId === removalId);
    if (removal === undefined) continue;
    try {
      await finish(app, database, removal, signal);
      app.log.info(`Finished the removal of ${removal.key} that a dead process had left open.`);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof LakeError)) throw error;
      await report(app, database, removal, error);
    }
  }
}

async function finish(
  { clock, lake, settings }: FinishingApp,
  database: Database,
  removal: RemovalRow,
  signal: AbortSignal,
): Promise<void> {
  const { removalId, key, requestedAt } = removal;
  if (removal.undoneAt !== null) {
    await withdrawRecord(lake, removal, signal);
    await database.write((query) => endUndo(query, { lakeId: lake.id, removalId }, clock.now()));
    return;
  }
  const logicalDate = findObjectRow(database, lake.id, key)?.logical_date ?? requestedAt;
  const end = await carryOutRemoval(lake, { ...removal, logicalDate }, signal);
  const facts = { removalId, lakeId: lake.id, logicalDate, timezone: settings.timezone };
  await database.write((query) => endRemoval(query, { ...facts, ...end }, clock.now()));
}

async function report(
  { clock, lake, log, settings }: FinishingApp,
  database: Database,
  { key, why, requestedBy, undoneAt }: RemovalRow,
  error: LakeError,
): Promise<void> {
  const what = undoneAt === null ? "The removal" : "The undoing of the removal";
  const message = `${what} of ${key}, which ${requestedBy} asked for (${why}), is not finished: ${describeError(error)} Give the same \`dagmar lake rm\` again.`;
  log.warn(message);
  const event = { level: "warn", kind: "removal_open", message, data: { lake: lake.id, key } } as const;
  await database.write((query) => insertEvent(query, event, clock.now(), settings.timezone));
}
