/** The words for a request to S3 in messages: `list Raw/x` for `ListObjectsV2 Raw/x`. */

const VERBS: Readonly<Record<string, string>> = {
  ListObjectsV2: "list",
  HeadObject: "look up",
  GetObject: "read",
  PutObject: "store",
  DeleteObject: "delete",
  CreateMultipartUpload: "begin the upload of",
  UploadPart: "upload part",
  CompleteMultipartUpload: "complete the upload of",
  AbortMultipartUpload: "abort the upload of",
  ListMultipartUploads: "list the unfinished uploads of",
};

/** `what`: the operation and the key or prefix, which is empty for the whole bucket. */
export function describeAction(what: string, bucket: string): string {
  const [operation = "", ...target] = what.trim().split(" ");
  return `${VERBS[operation] ?? operation} ${target.length === 0 ? `the bucket ${bucket}` : target.join(" ")}`;
}
