/** Compares the objects that the database has recorded with the objects in the store. */
import {
  isFault,
  verifyLake as compare,
  type Deviation,
  type DoubledIds,
  type RemovedObject,
} from "../../lake/protocol/verify-lake.ts";
import { listBegun } from "../../state/records/table-contents.ts";
import { countStored } from "../../state/records/adoption.ts";
import { listRemovalsInForce, type RemovalRow } from "../../state/records/removals.ts";
import { listDoubles, listLakes, listRecordedObjects } from "../../state/reports.ts";
import type { VerifyReport } from "../../state/records/verifications.ts";
import type { Row } from "../../state/sqlite/row.ts";
import type { App } from "../app.ts";

const PROGRESS_STEP = 100;
const KEPT_DEVIATIONS = 500;

export interface LakeVerdict {
  readonly deviations: readonly Deviation[];
  /** Whether a deviation means that data is lost, duplicated or changed. */
  readonly isFaulty: boolean;
  /** Objects that were compared. */
  readonly checked: number;
  /** Objects that are not Dagmar's own. */
  readonly foreign: number;
  /** Rows of `v_doubles`. */
  readonly doubles: readonly Row[];
  /** The lakes of which the database has any record. */
  readonly lakes: readonly string[];
}

/** `isDeep`: every object is read and compared by SHA-256. `prefix` empty: all keys. */
export async function verifyLake(
  app: App,
  { prefix, isDeep }: { readonly prefix: string; readonly isDeep: boolean },
  drain: AbortSignal,
  progress: (checked: number, objects: number) => void = () => undefined,
): Promise<LakeVerdict> {
  const database = await app.openDatabase("read");
  const recorded = listRecordedObjects(database, app.lake.id, prefix);
  const booked = recorded.filter((row) => row.kind !== "foreign");
  const foreign = recorded.filter((row) => row.kind === "foreign");
  const doubles = listDoubles(database, app.lake.id, prefix);
  let compared = 0;
  progress(compared, booked.length);
  const deviations = await compare(
    app.lake,
    booked.map((row) => ({ key: row.key, sha256: row.sha256, sizeBytes: row.size_bytes })),
    {
      prefix,
      isDeep,
      signal: drain,
      compared() {
        compared += 1;
        if (compared % PROGRESS_STEP === 0) progress(compared, booked.length);
      },
      removals: new Map(listRemovalsInForce(database, app.lake.id, prefix).map(describeRemoval)),
      begun: new Map(listBegun(database, app.lake.id).map((table) => [table.key, table])),
      foreignKeys: new Set(foreign.map((row) => row.key)),
      doubles: groupDoubles(doubles),
      countStored: (key, answers) => countStored(database, app.lake.id, key, answers),
    },
  );
  return {
    deviations,
    isFaulty: deviations.some(isFault),
    checked: booked.length,
    foreign: foreign.length,
    doubles,
    lakes: listLakes(database),
  };
}

/** As it is kept: not every deviation of a lake that is the wrong one. */
export function reportVerdict({ deviations, isFaulty, checked, foreign }: LakeVerdict): VerifyReport {
  const counts: Record<string, number> = {};
  for (const { verdict } of deviations) counts[verdict] = (counts[verdict] ?? 0) + 1;
  const sorted = [...deviations.filter(isFault), ...deviations.filter((deviation) => !isFault(deviation))];
  return { checked, foreign, isFaulty, counts, deviations: sorted.slice(0, KEPT_DEVIATIONS) };
}

function describeRemoval({
  key,
  sha256,
  sizeBytes,
  why,
  finishedAt,
}: RemovalRow): readonly [string, RemovedObject] {
  return [key, { sha256, sizeBytes, why, isFinished: finishedAt !== null }];
}

/** One for each pair of objects. */
function groupDoubles(rows: readonly Row[]): readonly DoubledIds[] {
  const pairs = new Map<string, DoubledIds>();
  for (const row of rows) {
    const [key, otherKey] = [String(row["key"]), String(row["other_key"])];
    const pair = pairs.get(`${key}\n${otherKey}`);
    const example = pair?.example ?? String(row["asked_id"]);
    pairs.set(`${key}\n${otherKey}`, { key, otherKey, ids: (pair?.ids ?? 0) + 1, example });
  }
  return [...pairs.values()];
}
