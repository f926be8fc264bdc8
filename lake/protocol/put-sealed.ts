/** PUT and COMMIT of one sealed batch: the same bytes until they stand in the lake, never over anything. */
import { createHash } from "node:crypto";
import type { BatchStore, SealedBatch } from "../../model/batch-store.ts";
import { LakeError } from "../../model/errors.ts";
import type { EventLog } from "../../model/event-log.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { Lake, ObjectHead } from "../../model/lake.ts";
import type { RunFacts } from "../../model/task-type.ts";
import { describeBatch } from "./identity-metadata.ts";

export interface PutContext {
  readonly lake: Lake;
  readonly batches: BatchStore;
  readonly events: EventLog;
  readonly run: RunFacts;
  readonly taskId: string;
  readonly signal: AbortSignal;
}

/**
 * An object that stands at the key with our sha256 is our own, put before a crash or a lost answer: commit. Any other is
 * left alone and told, and the batch takes the next number. Gives the manifests that the commit fixed.
 */
export async function putSealed(
  context: PutContext,
  sealed: SealedBatch,
  options: { readonly isClosing: () => boolean },
): Promise<readonly SealedBatch[]> {
  const { lake, batches, signal } = context;
  let batch = sealed;
  for (;;) {
    failpoint("put.before");
    const result = await lake.putBytes({
      key: batch.key,
      body: readVerified(batches, batch),
      sha256: batch.sha256,
      metadata: describeBatch(batch),
      contentType: "application/json",
      signal,
    });
    failpoint("put.after");
    if (result.outcome === "created") return commit(result.etag);
    if (isSameContent(batch, result.head)) return commit(result.head.etag);
    await tellForeign(context, batch, result.head);
    failpoint("rekey.before");
    batch = await batches.rekey(batch);
    failpoint("rekey.after");
  }

  async function commit(etag: string): Promise<readonly SealedBatch[]> {
    failpoint("commit.before");
    const manifests = await batches.commit(batch, etag, { isClosing: options.isClosing() });
    failpoint("commit.after");
    return manifests;
  }
}

function readVerified(batches: BatchStore, batch: SealedBatch): Uint8Array {
  const body = batches.readBody(batch.batchId);
  const sha256 = createHash("sha256").update(body).digest("hex");
  if (sha256 === batch.sha256) return body;
  throw new LakeError(
    "LAKE_CORRUPT",
    `The body of batch ${batch.batchId} (${batch.key}) is not what was sealed.`,
    false,
    {
      hint: "The database may be damaged: run `dagmar db check`.",
    },
  );
}

function isSameContent(batch: SealedBatch, head: ObjectHead): boolean {
  return head.metadata["sha256"] === batch.sha256 && head.sizeBytes === batch.sizeBytes;
}

async function tellForeign(context: PutContext, batch: SealedBatch, head: ObjectHead): Promise<void> {
  const { events, run, taskId, lake } = context;
  await events.record({
    level: "warn",
    kind: "foreign_object",
    message: `An object that is not ours stands at ${batch.key}; it was left alone, and the next number is taken.`,
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
