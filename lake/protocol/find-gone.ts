/** Which recorded objects of a dataset the store does not hold as they were recorded: one listing. Changes nothing. */
import type { Lake, ObjectSummary } from "../../model/ports/lake.ts";
import type { KnownObject } from "../../model/ports/object-store.ts";
import { compareListing } from "./compare-listing.ts";
import { confirmAbsent, findCommonFolder, listStanding } from "./list-standing.ts";
import { holdsContent, mapAtOnce } from "./look-at.ts";

export interface GoneObject {
  readonly objectId: number;
  readonly key: string;
  /** `missing`: not there. `differs`: other bytes stand at its key. */
  readonly verdict: "missing" | "differs";
}

/** Raises what the listing raises: a part of a listing says nothing. */
export async function findGone(
  lake: Lake,
  recorded: readonly KnownObject[],
  signal: AbortSignal,
): Promise<readonly GoneObject[]> {
  if (recorded.length === 0) return [];
  const known = new Map(recorded.map((object) => [object.key, object]));
  const standing = await listStanding(lake, findCommonFolder([...known.keys()]), known, signal);
  const { absent, touched, unknown } = compareListing(known, standing);
  const missing = await confirmAbsent(lake, absent, signal);
  const resized = unknown.flatMap(({ key }) => known.get(key) ?? []);
  const isSame = await mapAtOnce(touched, ({ object, summary }) =>
    holdsRecorded(lake, object, summary, signal),
  );
  const replaced = touched.filter((_, index) => isSame[index] === false).map(({ object }) => object);
  return [
    ...missing.map(({ objectId, key }): GoneObject => ({ objectId, key, verdict: "missing" })),
    ...[...resized, ...replaced].map(({ objectId, key }): GoneObject => ({
      objectId,
      key,
      verdict: "differs",
    })),
  ].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** Another etag, the same size: its metadata name the bytes; where they are gone, the bytes themselves are read. */
async function holdsRecorded(
  lake: Lake,
  { sha256, sizeBytes }: KnownObject,
  summary: ObjectSummary,
  signal: AbortSignal,
): Promise<boolean> {
  const head = await lake.head(summary.key, signal);
  if (head === undefined || sha256 === null) return false;
  return await holdsContent(lake, head, { sha256, sizeBytes }, signal);
}
