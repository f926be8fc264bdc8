/**
 * PUT and COMMIT of one sealed batch: the same bytes on every try until they are in the lake, never over another
 * object.
 */
import { createHash } from "node:crypto";
import type { BatchStore, SealedBatch, SpooledRecord } from "../../model/ports/batch-store.ts";
import type { EventLog } from "../../model/ports/event-log.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { Lake, ObjectHead, PutResult } from "../../model/ports/lake.ts";
import type { RunFacts } from "../../model/ports/task-type.ts";
import { claimsToBeOurs, describeBatch } from "./identity-metadata.ts";
import { holdsContent } from "./look-at.ts";

export interface PutContext {
  readonly lake: Lake;
  readonly batches: BatchStore;
  readonly events: EventLog;
  readonly run: RunFacts;
  readonly taskId: string;
  readonly signal: AbortSignal;
  /** Lists the dataset's prefix again, because another database writes there too. */
  learnAgain(takenKey: string): Promise<void>;
}

export interface PutEnd {
  /** `false`: other objects hold its records, or some of them. */
  readonly isCommitted: boolean;
  /** Fixed by the commit. */
  readonly manifests: readonly SealedBatch[];
  /** The records that must be sealed again if it was not committed. */
  readonly rest: readonly SpooledRecord[];
}

/**
 * An object at the key with our content is our own, put before a crash or before an answer was lost: commit. An object
 * that another Dagmar database put there means that the lake must be listed again: records that it stored are left out,
 * and the batch is given up for the rest. Any other object is not changed and is reported; the batch takes the next
 * number.
 */
export async function putSealed(
  context: PutContext,
  sealed: SealedBatch,
  options: { readonly isClosing: () => boolean },
): Promise<PutEnd> {
  const { lake, batches, signal } = context;
  let batch = sealed;
  for (;;) {
    const left = batch.kind === "records" ? await batches.leaveOutStored(batch) : undefined;
    if (left !== undefined) {
      await recordLeftOut(context, batch, left.leftOutIds);
      return { isCommitted: false, manifests: [], rest: left.rest };
    }
    failpoint("put.before");
    const result = await putVerified();
    if (result === undefined) return settleDamaged();
    failpoint("put.after");
    if (result.outcome === "created") return commit(result.etag);
    if (await holdsContent(lake, result.head, batch, signal)) return commit(result.head.etag);
    if (claimsToBeOurs(result.head.metadata)) await context.learnAgain(batch.key);
    else await recordForeign(context, batch, result.head);
    failpoint("rekey.before");
    batch = await batches.rekey(batch);
    failpoint("rekey.after");
  }

  /** `undefined`: the body differs from what was sealed. */
  async function putVerified(): Promise<PutResult | undefined> {
    try {
      return await lake.putBytes({
        key: batch.key,
        body: await readVerified(batches, batch),
        sha256: batch.sha256,
        metadata: describeBatch(batch),
        contentType: "application/json",
        signal,
      });
    } catch (error) {
      if (error instanceof DamagedBody) return undefined;
      throw error;
    }
  }

  /** It may have been put before the damage happened; otherwise its ids are asked again. */
  async function settleDamaged(): Promise<PutEnd> {
    const head = await lake.head(batch.key, signal);
    if (head !== undefined && (await holdsContent(lake, head, batch, signal))) return commit(head.etag);
    await batches.discard(batch);
    await recordDiscarded(context, batch);
    return { isCommitted: false, manifests: [], rest: [] };
  }

  async function commit(etag: string): Promise<PutEnd> {
    failpoint("commit.before");
    const manifests = await batches.commit(batch, etag, { isClosing: options.isClosing() });
    failpoint("commit.after");
    return { isCommitted: true, manifests, rest: [] };
  }
}

class DamagedBody extends Error {}

async function readVerified(batches: BatchStore, batch: SealedBatch): Promise<Uint8Array> {
  const body = await batches.readBody(batch.batchId);
  const sha256 = createHash("sha256").update(body).digest("hex");
  if (sha256 === batch.sha256) return body;
  throw new DamagedBody(`the body of batch ${batch.batchId} is not what was sealed`);
}

async function recordDiscarded(context: PutContext, { key, kind, recordCount }: SealedBatch): Promise<void> {
  const { events, run, taskId, lake } = context;
  const next = kind === "records" ? `its ${recordCount} ids are asked again` : "it is made again";
  await events.record({
    level: "error",
    kind: "batch_discarded",
    message: `The batch for ${key} is damaged in the database: its SHA-256 is not the sealed one. Nothing was stored; ${next}.`,
    dagId: run.dagId,
    runId: run.runId,
    taskId,
    data: { lake: lake.id, key },
  });
}

async function recordLeftOut(context: PutContext, batch: SealedBatch, ids: number): Promise<void> {
  const { events, run, taskId, lake } = context;
  await events.record({
    level: "warn",
    kind: "ids_left_out",
    message: `${ids} ids of ${batch.key} are already stored in other objects and were left out. Another database writes to ${lake.id}: give each database its own prefix.`,
    dagId: run.dagId,
    runId: run.runId,
    taskId,
    data: { lake: lake.id, key: batch.key, ids },
  });
}

async function recordForeign(context: PutContext, batch: SealedBatch, head: ObjectHead): Promise<void> {
  const { events, run, taskId, lake } = context;
  await events.record({
    level: "warn",
    kind: "foreign_object",
    message: `${batch.key} is taken by an object that is not Dagmar's. It was not changed; the next number is used.`,
    dagId: run.dagId,
    runId: run.runId,
    taskId,
    data: {
      lake: lake.id,
      key: batch.key,
      size_bytes: head.sizeBytes,
      modified_at: head.modifiedAt.toISOString(),
    },
  });
}
