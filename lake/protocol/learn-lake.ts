/**
 * KNOW: one whole listing of a dataset's prefix, compared with the database in both directions. Objects that the
 * database lacks are adopted, so that a lost or older database stores nothing twice; objects that the store lacks no
 * longer count as stored.
 */
import type { EventLog } from "../../model/ports/event-log.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { Lake, ObjectSummary } from "../../model/ports/lake.ts";
import type { FoundObject, KnownObject, ObjectStore, SeenAgain } from "../../model/ports/object-store.ts";
import { isManifestKey } from "../../model/records/manifest-name.ts";
import { compareListing, type Comparison } from "./compare-listing.ts";
import { confirmAbsent, listStanding } from "./list-standing.ts";
import { hashObject, lookAt, mapAtOnce } from "./look-at.ts";
import { hearManifests, readManifest } from "./manifest-witness.ts";
import { findRecordPrefix, readRemovals } from "./read-removals.ts";
import { recordLearned, type Learner, type Lesson } from "./record-learned.ts";

export interface LearnRequest {
  readonly learner: Learner;
  readonly lake: Lake;
  readonly objects: ObjectStore;
  readonly events: EventLog;
  readonly dataset: string;
  readonly prefix: string;
  readonly signal: AbortSignal;
}

const ADOPTED_AT_ONCE = 100;

/** Raises what the listing raises: a partial listing proves nothing. */
export async function learnLake(request: LearnRequest): Promise<Lesson> {
  const { lake, objects, prefix, dataset, events, signal } = request;
  // In this order, so that an object committed during the listing is not taken for missing.
  let known = await objects.listKnown(lake.id, prefix, dataset);
  const standing = await listStanding(lake, prefix, known, signal);
  const learnt = await learnRemovals(request, known, standing);
  if (learnt.isNew) known = await objects.listKnown(lake.id, prefix, dataset);
  const compared = compareListing(known, standing);
  const touched = await lookAtTouched(request, compared.touched);
  const missing = await confirmAbsent(lake, compared.absent, signal);
  const loss =
    missing.length === 0
      ? { keys: [], ids: 0 }
      : await objects.markMissing(missing.map(({ objectId }) => objectId));
  const adopted = await adoptUnknown(request, standing, {
    ...compared,
    unknown: [...compared.unknown, ...touched].toSorted(byAge),
  });
  const { learntKeys } = learnt;
  const lesson = { ...adopted, lostIds: adopted.lostIds + loss.ids, missingKeys: loss.keys, learntKeys };
  await recordLearned(events, request.learner, { lakeId: lake.id, prefix }, lesson);
  return lesson;
}

/** Of adopted files the one that was stored last is the dataset's newest. */
function byAge(a: ObjectSummary, b: ObjectSummary): number {
  return a.modifiedAt.getTime() - b.modifiedAt.getTime();
}

/**
 * Before anything else is concluded: an object that was removed by hand is neither missing nor adopted. The records that
 * were new count as known afterwards.
 */
async function learnRemovals(
  { lake, objects, prefix, signal }: LearnRequest,
  known: ReadonlyMap<string, KnownObject>,
  standing: ReadonlyMap<string, ObjectSummary>,
): Promise<{ readonly isNew: boolean; readonly learntKeys: readonly string[] }> {
  const listed = [...standing.values()];
  const recordPrefix = findRecordPrefix(prefix);
  if (recordPrefix !== undefined) {
    for await (const summary of lake.list(recordPrefix, signal)) listed.push(summary);
  }
  const fresh = listed.filter(({ key }) => known.get(key)?.isCommitted !== true);
  const found = await readRemovals(lake, fresh, signal);
  if (found.length === 0) return { isNew: false, learntKeys: [] };
  failpoint("know.before");
  const learntKeys = await objects.noteRemovals(lake.id, found);
  failpoint("know.after");
  return { isNew: true, learntKeys };
}

/**
 * Gives the objects whose bytes differ. A file counts as unread until a task uses it, unless its metadata names other bytes: then
 * it was replaced.
 */
async function lookAtTouched(
  { lake, objects, signal }: LearnRequest,
  touched: Comparison["touched"],
): Promise<readonly ObjectSummary[]> {
  if (touched.length === 0) return [];
  const changed: ObjectSummary[] = [];
  const same: SeenAgain[] = [];
  await mapAtOnce(touched, async ({ object, summary }) => {
    const isFile = object.kind === "file";
    const sha256 = isFile
      ? (await lake.head(object.key, signal))?.metadata["sha256"]
      : await hashObject(lake, object.key, signal);
    if (sha256 !== undefined && sha256 !== object.sha256) changed.push(summary);
    else same.push({ objectId: object.objectId, etag: summary.etag, isUnread: isFile });
  });
  await objects.noteSeenAgain(same);
  return changed;
}

async function adoptUnknown(
  request: LearnRequest,
  standing: ReadonlyMap<string, ObjectSummary>,
  { unknown, foreign }: Comparison,
): Promise<Omit<Lesson, "missingKeys" | "learntKeys">> {
  const { lake, objects, signal } = request;
  const total = { objects: 0, ids: 0, doubledIds: 0, lostIds: 0 };
  const replacedKeys: string[] = [];
  const removedKeys: string[] = [];
  const unclaimed = new Map<string, ObjectSummary>();
  const newManifests: ObjectSummary[] = [];
  /** Adopted last: a manifest that is known is not read again, so what it lists must be known before. */
  const manifestsFound: FoundObject[] = [];

  async function adopt(found: readonly FoundObject[]): Promise<void> {
    for (let start = 0; start < found.length; start += ADOPTED_AT_ONCE)
      await adoptPage(found.slice(start, start + ADOPTED_AT_ONCE));
  }

  async function adoptPage(found: readonly FoundObject[]): Promise<void> {
    failpoint("know.before");
    const adopted = await objects.adopt(lake.id, found);
    failpoint("know.after");
    total.objects += adopted.objects;
    total.ids += adopted.ids;
    total.doubledIds += adopted.doubledIds;
    total.lostIds += adopted.replaced.ids;
    replacedKeys.push(...adopted.replaced.keys);
    removedKeys.push(...adopted.removedKeys);
  }

  for (let start = 0; start < unknown.length; start += ADOPTED_AT_ONCE) {
    const page = unknown.slice(start, start + ADOPTED_AT_ONCE);
    const found = await mapAtOnce(page, (summary) => lookAt(lake, summary, signal));
    const claimed = found.filter((object) => object !== undefined).filter(({ kind }) => kind !== "foreign");
    for (const [index, summary] of page.entries()) {
      const object = found[index];
      if (object === undefined) continue;
      if (object.kind === "foreign") unclaimed.set(summary.key, summary);
      if (isManifestKey(summary.key)) newManifests.push(summary);
    }
    await adopt(claimed.filter(({ key }) => !isManifestKey(key)));
    manifestsFound.push(...claimed.filter(({ key }) => isManifestKey(key)));
  }

  // Objects that were foreign before are compared with the new manifests, new objects with all manifests.
  const manifests =
    unclaimed.size === 0 ? newManifests : [...standing.values()].filter(({ key }) => isManifestKey(key));
  const open = new Map([...foreign, ...unclaimed.values()].map((summary) => [summary.key, summary]));
  const testimony =
    open.size === 0 || manifests.length === 0
      ? { claimed: [], contradicted: [] }
      : await hearManifests(lake, manifests, open, signal);
  const byManifest = new Set(testimony.claimed.map(({ key }) => key));
  const contradicted = new Set(testimony.contradicted);
  const rest = [...unclaimed.values()].filter(({ key }) => !byManifest.has(key));
  const others = [...testimony.claimed, ...rest.map(describeForeign)];
  await adopt(others.filter(({ key }) => !isManifestKey(key)));
  manifestsFound.push(...others.filter(({ key }) => isManifestKey(key)));
  const decidedIds = await noteListed(request, newManifests);
  await adopt(manifestsFound);
  return {
    ...total,
    decidedIds,
    byManifest: byManifest.size,
    replacedKeys,
    removedKeys,
    unclaimedKeys: rest
      .map(({ key }) => key)
      .filter((key) => !contradicted.has(key) && !replacedKeys.includes(key)),
    contradictedKeys: rest.map(({ key }) => key).filter((key) => contradicted.has(key)),
  };
}

function describeForeign({ key, sizeBytes, etag }: ObjectSummary): FoundObject {
  const nothing = { dataset: null, sha256: null, logicalDate: null, answers: null };
  return { key, kind: "foreign", sizeBytes, etag, ...nothing };
}

/** What an existing manifest lists is not listed again by one of ours. Returns how many ids it decided. */
async function noteListed(
  { lake, objects, signal }: LearnRequest,
  manifests: readonly ObjectSummary[],
): Promise<number> {
  let decidedIds = 0;
  for (const { key, ...rest } of manifests) {
    const manifest = await readManifest(lake, { key, ...rest }, signal);
    if (manifest === undefined) continue;
    const { dataset, questionHash, decisions } = manifest;
    const batchUids = [...manifest.objects.values()].flatMap(({ answers }) => answers?.batchUid ?? []);
    failpoint("know.before");
    decidedIds += await objects.noteListed(lake.id, {
      manifestKey: key,
      dataset,
      questionHash,
      batchUids,
      decisions,
    });
    failpoint("know.after");
  }
  return decidedIds;
}
