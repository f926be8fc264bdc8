/** Finds a backfill by its number, and makes the order that cancels that one and no later one of its Dag. */
import { CommandRefused } from "../../model/errors.ts";
import { findBackfillEntry, type BackfillEntry } from "../../state/pages/backfill-page.ts";
import type { Query } from "../../state/sqlite/query.ts";
import type { Order } from "../service/orders.ts";

const NUMBER = /^[1-9]\d{0,14}$/;

/** `asked`: its number, as it was typed. Raises `BACKFILL_UNKNOWN`. */
export function readBackfillEntry(query: Query, asked: string | number): BackfillEntry {
  const found = NUMBER.test(String(asked)) ? findBackfillEntry(query, Number(asked)) : undefined;
  if (found !== undefined) return found;
  throw new CommandRefused("BACKFILL_UNKNOWN", `There is no backfill ${asked}.`);
}

/** `null` if it is cancelled already. `lakeId`: of a backfill that an earlier version made. Raises `BACKFILL_ENDED`. */
export function orderCancelBackfill(
  { backfillId, dagId, lake, state }: BackfillEntry,
  lakeId: string,
): Order<"cancel_backfill"> | null {
  if (state === "cancelled") return null;
  if (state === "done") throw new CommandRefused("BACKFILL_ENDED", `Backfill ${backfillId} is done.`);
  return { kind: "cancel_backfill", dagId, lakeId: lake ?? lakeId, backfillId };
}
