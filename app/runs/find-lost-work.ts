/** Finds objects of earlier runs that the store has lost or changed, with one listing for each dataset. Changes nothing. */
import { findGone, type GoneObject } from "../../lake/protocol/find-gone.ts";
import { LakeError } from "../../model/errors.ts";
import type { Lake } from "../../model/ports/lake.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";
import {
  filterNeeded,
  listDatasetObjects,
  listNotedMissing,
  listWrittenDatasets,
  type DoneWork,
} from "../../state/records/run-objects.ts";

export interface LostObject {
  readonly dataset: string;
  readonly key: string;
  readonly verdict: GoneObject["verdict"];
}

/**
 * Sorted by dataset and key. Raises the store's errors. Empty once `drain` is aborted, so that the command can end and print
 * its report.
 */
export async function findLostWork(
  database: Database,
  lake: Lake,
  work: DoneWork,
  drain: AbortSignal,
): Promise<readonly LostObject[]> {
  try {
    return drain.aborted ? [] : await compare(database, lake, work, drain);
  } catch (error) {
    if (drain.aborted) return [];
    throw error;
  }
}

/** As `findLostWork`, for a command that has done work itself: an error of the store becomes a warning, and the report is printed. */
export async function findLostBeside(
  { lake, log }: Pick<App, "lake" | "log">,
  database: Database,
  work: DoneWork,
  drain: AbortSignal,
): Promise<readonly LostObject[]> {
  try {
    return await findLostWork(database, lake, work, drain);
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    log.warn(`Cannot tell whether earlier objects are still in the lake: ${error.message}`);
    return [];
  }
}

async function compare(
  database: Database,
  lake: Lake,
  work: DoneWork,
  signal: AbortSignal,
): Promise<readonly LostObject[]> {
  const lost: LostObject[] = [];
  for (const dataset of listWrittenDatasets(database, work)) {
    const gone = await findGone(lake, listDatasetObjects(database, lake.id, dataset), signal);
    const noted = listNotedMissing(database, lake.id, dataset).map(
      (object) => ({ ...object, verdict: "missing" }) as const,
    );
    const all = [...gone, ...noted];
    if (all.length === 0) continue;
    const needed = filterNeeded(
      database,
      work,
      all.map(({ objectId }) => objectId),
    );
    for (const { objectId, key, verdict } of all) {
      if (needed.has(objectId)) lost.push({ dataset, key, verdict });
    }
  }
  return lost;
}

const SHOWN = 5;

/** A sentence that names the first few objects. */
export function describeLost(lost: readonly LostObject[]): string {
  const shown = lost
    .slice(0, SHOWN)
    .map(({ key, verdict }) => (verdict === "missing" ? key : `${key} (other bytes)`));
  const more = lost.length > SHOWN ? `, and ${lost.length - SHOWN} more` : "";
  const count = lost.length === 1 ? "1 stored object is" : `${lost.length} stored objects are`;
  return `${count} missing or changed in the lake: ${shown.join(", ")}${more}.`;
}
