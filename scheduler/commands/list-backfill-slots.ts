/** The slots of a backfill's range, and the ranges that it refuses. */
import type { DagDefinition } from "../../model/dag/dag.ts";
import { listDagSlots, type DagsById } from "../../model/dag/dag-slots.ts";
import { CommandRefused } from "../../model/errors.ts";
import { formatLocal } from "../../model/time/local-time.ts";

/** A backfill is created in one transaction, and a long range of a per-second Dag is usually a mistake. */
const MOST_SLOTS = 10_000;

/**
 * ISO UTC, oldest first, both ends included. Raises `BACKFILL_EMPTY` for a manual Dag, a Dag that follows only manual
 * ones, an empty range, and a range with too many slots.
 */
export function listBackfillSlots(
  dag: DagDefinition,
  dags: DagsById,
  from: Date,
  to: Date,
): readonly string[] {
  const slots = listDagSlots(dag, dags, { from, to }, MOST_SLOTS + 1);
  if (slots === undefined) {
    throw new CommandRefused("BACKFILL_EMPTY", `${dag.dagId} has no slots: it is only started by hand.`, {
      hint: `\`dagmar run ${dag.dagId} --date …\` creates one run.`,
    });
  }
  if (slots.length === 0) {
    throw new CommandRefused(
      "BACKFILL_EMPTY",
      `${dag.dagId} has no slot from ${formatLocal(from, dag.timezone)} to ${formatLocal(to, dag.timezone)}.`,
      { hint: `\`dagmar dags next ${dag.dagId} --from …\` shows its slots.` },
    );
  }
  if (slots.length > MOST_SLOTS) {
    throw new CommandRefused(
      "BACKFILL_EMPTY",
      `The range has more than ${MOST_SLOTS} slots of ${dag.dagId}, the limit for one backfill.`,
      { hint: "Give a shorter range, and backfill the rest afterwards." },
    );
  }
  return slots.map((slot) => slot.toISOString());
}
