/**
 * Removes one object of a bucket if it still has the given etag. In a bucket with versions S3 puts a delete marker and keeps
 * the object as an earlier version.
 */
import type { RemoveResult } from "../sweepable-lake.ts";
import { isAbsent, isConditionFailed, isNotImplemented } from "./s3-faults.ts";
import type { S3Objects } from "./s3-objects.ts";

const GONE: RemoveResult = { outcome: "removed", isKept: false };

/** `etag` empty: without a condition. A store that does not know the condition ignores it or answers 501. */
export async function removeObject(
  objects: S3Objects,
  key: string,
  etag: string,
  signal?: AbortSignal,
): Promise<RemoveResult> {
  const { bucket, connection } = objects;
  const Key = objects.fullKey(key);
  return await connection.call<RemoveResult>({
    what: `DeleteObject ${Key}`,
    permission: "s3:DeleteObject",
    signal,
    send: async (s3, options) => {
      const condition = etag === "" ? {} : { IfMatch: etag };
      const { DeleteMarker } = await s3.deleteObject({ Bucket: bucket, Key, ...condition }, options);
      return { outcome: "removed", isKept: DeleteMarker === true };
    },
    onFault: async (fault) => {
      if (isAbsent(fault)) return { answer: GONE };
      if (isNotImplemented(fault) && etag !== "")
        return { answer: await removeObject(objects, key, "", signal) };
      if (!isConditionFailed(fault)) return undefined;
      // An earlier try, whose answer was lost, may have removed it.
      const head = await objects.head(key, signal);
      return { answer: head === undefined ? GONE : { outcome: "changed", isKept: false } };
    },
  });
}
