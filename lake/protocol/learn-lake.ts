/** KNOW: enters every object below a prefix that the books do not have, so that a lost or older database doubles nothing. */
import { createHash } from "node:crypto";
import type { EventLog } from "../../model/event-log.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { Lake, ObjectSummary } from "../../model/lake.ts";
import type { Adoption, FoundObject, KnownObject, ObjectStore } from "../../model/object-store.ts";
import { MAX_BYTES_PER_BATCH } from "../../model/record-batch.ts";
import { claimsToBeOurs, interpretFound } from "./identity-metadata.ts";

export interface LearnRequest {
  readonly lake: Lake;
  readonly objects: ObjectStore;
  readonly events: EventLog;
  readonly prefix: string;
  readonly signal: AbortSignal;
  /** Who learns, for the event. */
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
}

const LOOKS_AT_ONCE = 8;
const ADOPTED_AT_ONCE = 100;

export async function learnLake(request: LearnRequest): Promise<Adoption> {
  const { lake, objects, prefix, signal } = request;
  const known = objects.listKnown(lake.id, prefix);
  const unknown: ObjectSummary[] = [];
  for await (const summary of lake.list(prefix, signal)) {
    if (!isKnown(known.get(summary.key), summary)) unknown.push(summary);
  }
  const total = { objects: 0, ids: 0, doubledIds: 0 };
  for (let start = 0; start < unknown.length; start += ADOPTED_AT_ONCE) {
    const found = await lookAtAll(lake, unknown.slice(start, start + ADOPTED_AT_ONCE), signal);
    failpoint("know.before");
    const adopted = await objects.adopt(lake.id, found);
    failpoint("know.after");
    total.objects += adopted.objects;
    total.ids += adopted.ids;
    total.doubledIds += adopted.doubledIds;
  }
  await tell(request, total);
  return total;
}

/** Ours stay ours whatever the store's etag does; a foreign object is looked at again when it changes. */
function isKnown(known: KnownObject | undefined, summary: ObjectSummary): boolean {
  if (known === undefined || !known.isCommitted) return false;
  return known.kind !== "foreign" || known.etag === summary.etag;
}

async function lookAtAll(
  lake: Lake,
  summaries: readonly ObjectSummary[],
  signal: AbortSignal,
): Promise<readonly FoundObject[]> {
  const found: FoundObject[] = [];
  const queue = summaries.entries();
  const look = async (): Promise<void> => {
    for (const [index, summary] of queue) found[index] = await lookAt(lake, summary, signal);
  };
  await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, look));
  return found;
}

/** Records and manifests are small and are read whole; a file's bytes are checked when somebody is about to rely on them. */
async function lookAt(lake: Lake, summary: ObjectSummary, signal: AbortSignal): Promise<FoundObject> {
  const head = await lake.head(summary.key, signal);
  if (head === undefined) return interpretFound({ ...summary, metadata: {} }, null);
  const isSmall = head.sizeBytes <= 2 * MAX_BYTES_PER_BATCH;
  if (!claimsToBeOurs(head.metadata)) return interpretFound(head, null);
  if (head.metadata["dagmar-kind"] === "file" || !isSmall) return interpretFound(head, null);
  return interpretFound(head, await hashObject(lake, summary.key, signal));
}

/** SHA-256 of an object's bytes as the store gives them now. */
export async function hashObject(lake: Lake, key: string, signal: AbortSignal): Promise<string> {
  const { body } = await lake.get(key, signal);
  const hash = createHash("sha256");
  for await (const chunk of body) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

async function tell(request: LearnRequest, adopted: Adoption): Promise<void> {
  const { lake, prefix, dagId, runId, taskId, events } = request;
  const where = { dagId, runId, taskId, data: { lake: lake.id, prefix, ...adopted } };
  if (adopted.objects > 0) {
    await events.record({
      ...where,
      level: "warn",
      kind: "objects_adopted",
      message: `Found ${adopted.objects} objects below ${prefix} that the database did not know, with ${adopted.ids} ids; they count as stored.`,
    });
  }
  if (adopted.doubledIds > 0) {
    await events.record({
      ...where,
      level: "error",
      kind: "ids_doubled",
      message: `${adopted.doubledIds} ids below ${prefix} stand in two objects; \`dagmar lake verify\` names them.`,
    });
  }
}
