/** What a backfill would do, slot by slot. Changes nothing and creates no database. */
import { DagmarError } from "../../model/errors.ts";
import { planBackfill, type SlottedBackfill, type SlotVerdict } from "../../scheduler/commands/backfill.ts";
import type { App } from "../app.ts";

export async function previewBackfill(app: App, request: SlottedBackfill): Promise<readonly SlotVerdict[]> {
  const now = app.clock.now();
  try {
    return planBackfill(await app.openDatabase("read"), app.lake.id, request, now);
  } catch (error) {
    if (!(error instanceof DagmarError) || error.code !== "DATABASE_MISSING") throw error;
    return planBackfill(null, app.lake.id, request, now);
  }
}
