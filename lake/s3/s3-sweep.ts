/** Which unfinished multipart uploads of a bucket are left over, and how they are ended. Does not touch objects. */
import type { ListMultipartUploadsCommandInput, ListMultipartUploadsCommandOutput } from "@aws-sdk/client-s3";
import type { S3Objects } from "./s3-objects.ts";
import { isUploadGone } from "./s3-faults.ts";

type Marker = Pick<ListMultipartUploadsCommandInput, "KeyMarker" | "UploadIdMarker">;

/**
 * Aborts every unfinished upload whose key starts with `prefix` (under the lake's own) and that was initiated before
 * the instant; resolves to their number. The prefix alone identifies our uploads: S3 gives nothing else about an
 * upload.
 */
export async function sweepUploads(
  objects: S3Objects,
  prefix: string,
  initiatedBefore: Date,
  signal?: AbortSignal,
): Promise<number> {
  const Prefix = objects.fullKey(prefix);
  let aborted = 0;
  let marker: Marker | undefined = {};
  while (marker !== undefined) {
    const page: ListMultipartUploadsCommandOutput = await listUploads(objects, Prefix, marker, signal);
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key?.startsWith(Prefix) !== true || UploadId === undefined) continue;
      if (Initiated === undefined || Initiated >= initiatedBefore) continue;
      await abortUpload(objects, Key, UploadId, signal);
      aborted += 1;
    }
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    marker = page.IsTruncated === true && KeyMarker !== undefined ? { KeyMarker, UploadIdMarker } : undefined;
  }
  return aborted;
}

async function listUploads(
  objects: S3Objects,
  Prefix: string,
  marker: Marker,
  signal: AbortSignal | undefined,
): Promise<ListMultipartUploadsCommandOutput> {
  return await objects.connection.call({
    what: `ListMultipartUploads ${Prefix}`,
    permission: "s3:ListBucketMultipartUploads",
    signal,
    send: async (s3, options) =>
      await s3.listMultipartUploads({ Bucket: objects.bucket, Prefix, ...marker }, options),
  });
}

async function abortUpload(
  objects: S3Objects,
  key: string,
  uploadId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await objects.connection.call({
    what: `AbortMultipartUpload ${key}`,
    permission: "s3:AbortMultipartUpload",
    signal,
    send: async (s3, options) => {
      await s3.abortMultipartUpload({ Bucket: objects.bucket, Key: key, UploadId: uploadId }, options);
      return true;
    },
    onFault: async (fault) => (isUploadGone(fault) ? { answer: true } : undefined),
  });
}
