/** Checks that the store still holds the objects of runs that a backfill skips because they succeeded; logs what is missing. */
import type { SlottedBackfill } from "../../scheduler/commands/backfill.ts";
import { listRunsInRange } from "../../state/runs/dag-runs.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";
import { describeLost, findLostBeside, findLostWork, type LostObject } from "../runs/find-lost-work.ts";

/** `startedAt`: when the command began; runs that succeeded since then have checked the store themselves. */
export async function findLostOfSlots(
  { lake, log }: Pick<App, "lake" | "log">,
  database: Database,
  { version, from, to, slots }: SlottedBackfill,
  startedAt: string,
  hasWorked: boolean,
  drain: AbortSignal,
): Promise<readonly LostObject[]> {
  const { dagId } = version.definition;
  const wanted = new Set(slots);
  const done = listRunsInRange(database, lake.id, dagId, from, to).filter(
    ({ state, logicalDate, finishedAt }) =>
      state === "success" && wanted.has(logicalDate) && finishedAt !== null && finishedAt < startedAt,
  );
  if (done.length === 0) return [];
  const work = { dagRunIds: done.map(({ dagRunId }) => dagRunId), taskIds: null };
  const lost = hasWorked
    ? await findLostBeside({ lake, log }, database, work, drain)
    : await findLostWork(database, lake, work, drain);
  if (lost.length > 0) {
    log.error(
      `${dagId}: ${describeLost(lost)} The same command with --reprocess completed stores them again, from the sources as they are now.`,
    );
  }
  return lost;
}
