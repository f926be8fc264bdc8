/** The slots that a backfill of a range takes, and the ranges that it refuses. */
import type { DagDefinition } from "../../model/dag/dag.ts";
import { listDagSlots, type DagsById } from "../../model/dag/dag-slots.ts";
import { CommandRefused } from "../../model/errors.ts";

/** A backfill is one transaction, and a range of a per-second Dag is easily a mistake. */
const MOST_SLOTS = 10_000;

/**
 * ISO UTC, oldest first, both ends included. Raises `BACKFILL_EMPTY` for a manual Dag, one that follows none but manual ones,
 * an empty range, and one of more slots than a backfill takes.
 */
export function listBackfillSlots(
  dag: DagDefinition,
  dags: DagsById,
  from: Date,
  to: Date,
): readonly string[] {
  const slots = listDagSlots(dag, dags, { from, to }, MOST_SLOTS + 1);
  if (slots === undefined) {
    throw new CommandRefused("BACKFILL_EMPTY", `${dag.dagId} has no slots: nothing but people start it.`, {
      hint: `\`dagmar run ${dag.dagId} --date …\` makes one run.`,
    });
  }
  if (slots.length === 0) {
    throw new CommandRefused(
      "BACKFILL_EMPTY",
      `${dag.dagId} has no slot from ${from.toISOString()} to ${to.toISOString()}.`,
      { hint: `\`dagmar dags next ${dag.dagId} --from …\` shows its slots.` },
    );
  }
  if (slots.length > MOST_SLOTS) {
    throw new CommandRefused(
      "BACKFILL_EMPTY",
      `The range holds more than ${MOST_SLOTS} slots of ${dag.dagId}, which is the most that one backfill takes.`,
      { hint: "Give a shorter range, and the rest when it is done." },
    );
  }
  return slots.map((slot) => slot.toISOString());
}
