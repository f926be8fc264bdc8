/** Ends each backfill whose runs have all ended, with an event. */
import { endBackfill, listFinishedBackfills } from "../../state/runs/backfills.ts";
import { insertEvent } from "../../state/control/events.ts";
import type { Query } from "../../state/sqlite/query.ts";
import type { StepGuard } from "../engine/step-guard.ts";

/** `timezone` is for events that belong to no run. */
export function endFinishedBackfills(query: Query, now: Date, timezone: string, guard: StepGuard): void {
  for (const { backfillId, dagId } of listFinishedBackfills(query)) {
    const end = (): void => endBackfill(query, backfillId, "done", now);
    guard.thing({ what: `The backfill of ${dagId} cannot be ended normally`, dagId, giveUp: end }, () => {
      end();
      const message = `The backfill of ${dagId} is done.`;
      insertEvent(query, { level: "info", kind: "backfill_done", message, dagId }, now, timezone);
    });
  }
}
