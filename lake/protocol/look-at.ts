/** Checks single objects of the lake: what their metadata says, and whether their bytes agree with it. */
import { createHash } from "node:crypto";
import type { Lake, ObjectHead, ObjectSummary } from "../../model/ports/lake.ts";
import type { FoundObject } from "../../model/ports/object-store.ts";
import { MAX_BYTES_PER_BATCH } from "../../model/records/record-batch.ts";
import { claimsToBeOurs, interpretFound } from "./identity-metadata.ts";

const LOOKS_AT_ONCE = 8;

/**
 * Records and manifests are small and are read whole; a file's bytes are checked when a task is about to use them. `undefined`
 * for an object that was removed since it was listed.
 */
export async function lookAt(
  lake: Lake,
  summary: ObjectSummary,
  signal: AbortSignal,
): Promise<FoundObject | undefined> {
  const { key } = summary;
  const head = await lake.head(key, signal);
  if (head === undefined) return undefined;
  if (!claimsToBeOurs(head.metadata)) return interpretFound(head, null);
  if (head.metadata["dagmar-kind"] === "file" || !isSmall(head)) return interpretFound(head, null);
  try {
    return interpretFound(head, await hashObject(lake, key, signal));
  } catch (error) {
    if ((await lake.head(key, signal)) === undefined) return undefined;
    throw error;
  }
}

/** Whether an object can hold records or a manifest. */
export function isSmall(summary: ObjectSummary): boolean {
  return summary.sizeBytes <= 2 * MAX_BYTES_PER_BATCH;
}

/** Several at once; the answers are in the order of the items. */
export async function mapAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const take = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, take));
  return results;
}

/** A small object's bytes. */
export async function readWhole(lake: Lake, key: string, signal: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const { body } = await lake.get(key, signal);
  for await (const chunk of body) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** SHA-256 of the object's present bytes in the store. */
export async function hashObject(lake: Lake, key: string, signal: AbortSignal): Promise<string> {
  const { body } = await lake.get(key, signal);
  const hash = createHash("sha256");
  for await (const chunk of body) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** The metadata names the sha256; if it is gone, the bytes themselves are read. */
export async function holdsContent(
  lake: Lake,
  head: ObjectHead,
  content: { readonly sha256: string; readonly sizeBytes: number },
  signal: AbortSignal,
): Promise<boolean> {
  if (head.sizeBytes !== content.sizeBytes) return false;
  const sha256 = head.metadata["sha256"] ?? (await hashObject(lake, head.key, signal));
  return sha256 === content.sha256;
}
