/** What a bucket's store can do, tested with one fixed key. The lake decides how long to trust the answer. */
import { createHash } from "node:crypto";
import { PROBE_KEY } from "../object-key.ts";
import { isChecksumRefused, isConditionFailed, isNotImplemented, isUploadGone } from "./s3-faults.ts";
import type { S3Objects } from "./s3-objects.ts";
import { describeEncryption } from "./s3-options.ts";
import type { PutCondition } from "./s3-placing.ts";

/** Always the same bytes, so that a store without conditions overwrites them with the same bytes. */
export const PROBE_BODY = Buffer.from("Dagmar asks here what this store can do.\n");
export const PROBE_SHA256 = digest(PROBE_BODY);
const OTHER_SHA256 = digest(Buffer.from("other bytes"));
/** Never the version of an object: a store that compares refuses it. */
export const NO_VERSION = '"00000000000000000000000000000000"';
const IF_FREE: PutCondition = { IfNoneMatch: "*" };

type Verdict = "accepted" | "refused";

/**
 * How a store compares `If-Match` of a put: RADOS Gateway 16 with the tag alone, without the quotation marks that HTTP has around
 * it. `null`: it does not compare.
 */
export type TagForm = "quoted" | "bare" | null;

export function nameVersion(etag: string, form: TagForm): PutCondition | null {
  if (form === null) return null;
  return { IfMatch: form === "bare" ? etag.replaceAll('"', "") : etag };
}

/** Puts the probe with `If-None-Match: *`, and again if the first put found nothing: one of the two must be refused. */
export async function probeConditionalPut(objects: S3Objects): Promise<boolean> {
  if ((await putProbe(objects, PROBE_SHA256, IF_FREE)) === "refused") return true;
  // Accepted once can mean that nothing was there, or that the store does not know the condition at all (501).
  return (await putProbe(objects, PROBE_SHA256, IF_FREE)) === "refused";
}

/** Puts the probe, which must exist already, over a version that it never had, and over the one that it has. */
export async function probeReplacing(objects: S3Objects): Promise<TagForm> {
  if ((await putProbe(objects, PROBE_SHA256, { IfMatch: NO_VERSION })) === "accepted") return null;
  for (const form of ["quoted", "bare"] as const) {
    const standing = await objects.head(PROBE_KEY);
    const condition = nameVersion(standing?.etag ?? NO_VERSION, form);
    if (condition !== null && (await putProbe(objects, PROBE_SHA256, condition)) === "accepted") return form;
  }
  return null;
}

/** Puts the probe's own bytes with another checksum: a store that compares refuses them. */
export async function probeChecksums(objects: S3Objects): Promise<boolean> {
  return (await putProbe(objects, OTHER_SHA256, null)) === "refused";
}

async function putProbe(
  objects: S3Objects,
  sha256: string,
  condition: PutCondition | null,
): Promise<Verdict> {
  return await objects.connection.call<Verdict>({
    what: `PutObject ${objects.fullKey(PROBE_KEY)}`,
    permission: "s3:PutObject",
    send: async (s3, options) => {
      await s3.putObject(
        {
          Bucket: objects.bucket,
          Key: objects.fullKey(PROBE_KEY),
          Body: PROBE_BODY,
          ContentLength: PROBE_BODY.length,
          ContentType: "text/plain",
          ChecksumSHA256: sha256,
          ...condition,
          ...describeEncryption(objects.connection.options),
        },
        options,
      );
      return "accepted";
    },
    onFault: async (fault) => {
      if (condition === null) return isChecksumRefused(fault) ? { answer: "refused" } : undefined;
      if (isConditionFailed(fault)) return { answer: "refused" };
      if (isNotImplemented(fault)) return { answer: "accepted" };
      return undefined;
    },
  });
}

/**
 * Completes an upload of one part over the probe, which must exist already, and aborts what is left of it. `condition`: one
 * that is not met.
 */
export async function probeConditionalComplete(
  objects: S3Objects,
  condition: PutCondition = IF_FREE,
): Promise<boolean> {
  const name = { Bucket: objects.bucket, Key: objects.fullKey(PROBE_KEY) };
  const what = `CompleteMultipartUpload ${name.Key}`;
  const permission = "s3:PutObject";
  const { UploadId } = await objects.connection.call({
    what,
    permission,
    send: async (s3, options) =>
      await s3.createMultipartUpload(
        { ...name, ChecksumAlgorithm: "SHA256", ...describeEncryption(objects.connection.options) },
        options,
      ),
  });
  try {
    const part = await objects.connection.call({
      what,
      permission,
      send: async (s3, options) =>
        await s3.uploadPart(
          { ...name, UploadId, PartNumber: 1, Body: PROBE_BODY, ChecksumSHA256: PROBE_SHA256 },
          options,
        ),
    });
    const checksum = part.ChecksumSHA256 === undefined ? {} : { ChecksumSHA256: part.ChecksumSHA256 };
    const verdict = await objects.connection.call<Verdict>({
      what,
      permission,
      send: async (s3, options) => {
        const Parts = [{ PartNumber: 1, ETag: part.ETag, ...checksum }];
        await s3.completeMultipartUpload(
          { ...name, UploadId, MultipartUpload: { Parts }, ...condition },
          options,
        );
        return "accepted";
      },
      onFault: async (fault) => {
        if (isConditionFailed(fault)) return { answer: "refused" };
        // Gone means that a try whose answer was lost was successful.
        return isNotImplemented(fault) || isUploadGone(fault) ? { answer: "accepted" } : undefined;
      },
    });
    return verdict === "refused";
  } finally {
    await objects.connection.call({
      what: `AbortMultipartUpload ${name.Key}`,
      permission: "s3:AbortMultipartUpload",
      send: async (s3, options) => {
        await s3.abortMultipartUpload({ ...name, UploadId }, options);
        return true;
      },
      onFault: async (fault) => (isUploadGone(fault) ? { answer: true } : undefined),
    });
  }
}

/** Base64, as S3's headers use it. */
function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("base64");
}
