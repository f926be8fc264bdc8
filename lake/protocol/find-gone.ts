/** Which recorded objects of a dataset the store no longer holds as recorded, by one listing. Changes nothing. */
import type { Lake, ObjectSummary } from "../../model/ports/lake.ts";
import type { KnownObject } from "../../model/ports/object-store.ts";
import { compareListing } from "./compare-listing.ts";
import { confirmAbsent, findCommonFolder, listStanding } from "./list-standing.ts";
import { holdsContent, mapAtOnce } from "./look-at.ts";
import { readRemovals } from "./read-removals.ts";

export interface GoneObject {
  readonly objectId: number;
  readonly key: string;
  /** `missing`: not in the store. `differs`: its key holds other bytes. */
  readonly verdict: "missing" | "differs";
}

/** Raises what the listing raises: a partial listing proves nothing. */
export async function findGone(
  lake: Lake,
  recorded: readonly KnownObject[],
  signal: AbortSignal,
): Promise<readonly GoneObject[]> {
  if (recorded.length === 0) return [];
  const known = new Map(recorded.map((object) => [object.key, object]));
  const standing = await listStanding(lake, findCommonFolder([...known.keys()]), known, signal);
  const { absent, touched, unknown } = compareListing(known, standing);
  const missing = await confirmAbsent(lake, await leaveOutRemoved(lake, absent, standing, signal), signal);
  const resized = unknown.flatMap(({ key }) => known.get(key) ?? []);
  const verdicts = await mapAtOnce(touched, ({ object, summary }) => judge(lake, object, summary, signal));
  const touchedAs = (verdict: Verdict): readonly KnownObject[] =>
    touched.filter((_, index) => verdicts[index] === verdict).map(({ object }) => object);
  const gone: readonly GoneObject[] = [
    ...[...missing, ...touchedAs("missing")].map((object) => describe(object, "missing")),
    ...[...resized, ...touchedAs("differs")].map((object) => describe(object, "differs")),
  ];
  return gone.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** Another database, or a later state of this one, may have removed them: the lake has the record. */
async function leaveOutRemoved(
  lake: Lake,
  absent: readonly KnownObject[],
  standing: ReadonlyMap<string, ObjectSummary>,
  signal: AbortSignal,
): Promise<readonly KnownObject[]> {
  if (absent.length === 0) return absent;
  const removals = await readRemovals(lake, standing.values(), signal);
  const removed = new Set(removals.map(({ removal }) => `${removal.sha256} ${removal.key}`));
  return absent.filter(({ key, sha256 }) => !removed.has(`${sha256} ${key}`));
}

type Verdict = GoneObject["verdict"] | "same";

function describe({ objectId, key }: KnownObject, verdict: GoneObject["verdict"]): GoneObject {
  return { objectId, key, verdict };
}

/** Another etag and the same size: the metadata names the bytes; if it is gone, the bytes themselves are read. */
async function judge(
  lake: Lake,
  { sha256, sizeBytes }: KnownObject,
  summary: ObjectSummary,
  signal: AbortSignal,
): Promise<Verdict> {
  const head = await lake.head(summary.key, signal);
  if (head === undefined) return "missing";
  const isSame = sha256 !== null && (await holdsContent(lake, head, { sha256, sizeBytes }, signal));
  return isSame ? "same" : "differs";
}
