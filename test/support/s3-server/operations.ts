/** What each S3 operation does with the store, and its answer. The server handles signatures, faults and sockets. */
import type { IncomingMessage } from "node:http";
import type { Operation } from "./faults.ts";
import { makeEtag, type Body, type ObjectStore, type StoredVersion } from "./object-store.ts";
import { toBase64 } from "./request-body.ts";
import { S3Fault } from "./s3-fault.ts";
import { readHeader } from "./signature.ts";
import { parseCompletedParts, renderXml } from "./xml.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export interface OperationCall {
  readonly request: IncomingMessage;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly body: Body;
  readonly store: ObjectStore;
  readonly pageSize: number;
  readonly honoursPut: boolean;
  readonly comparesBareTags: boolean;
  readonly honoursComplete: boolean;
  /** A deletion puts a marker. */
  readonly isVersioned: boolean;
}

/** The operation that method and query mean. */
export function nameOperation(method: string, key: string, query: URLSearchParams): Operation {
  if (query.has("uploads")) return method === "POST" ? "CreateMultipartUpload" : "ListMultipartUploads";
  if (query.has("uploadId")) {
    const byMethod: Readonly<Record<string, Operation>> = {
      PUT: "UploadPart",
      POST: "CompleteMultipartUpload",
      DELETE: "AbortMultipartUpload",
      GET: "ListParts",
    };
    return byMethod[method] ?? refuseMethod();
  }
  if (key === "") return method === "GET" ? "ListObjectsV2" : refuseMethod();
  const byMethod: Readonly<Record<string, Operation>> = {
    PUT: "PutObject",
    HEAD: "HeadObject",
    GET: "GetObject",
    DELETE: "DeleteObject",
  };
  return byMethod[method] ?? refuseMethod();
}

export const OPERATIONS: Readonly<Record<Operation, (call: OperationCall) => Answer>> = {
  PutObject(call) {
    const expected = call.honoursPut ? readHeader(call.request, "if-match") : "";
    if (expected !== "" && !call.store.objects.has(call.key)) throw new S3Fault(404, "NoSuchKey");
    if (expected !== "" && readStandingTag(call) !== expected) throw new S3Fault(412, "PreconditionFailed");
    const version = call.store.put(describe(call), call.body, call.honoursPut && hasCondition(call));
    return { status: 200, headers: { etag: version.etag, "x-amz-checksum-sha256": toBase64(call.body) } };
  },
  HeadObject: (call) => ({ status: 200, headers: headersOf(find(call)) }),
  GetObject(call) {
    const version = find(call);
    if (version.body.bytes === undefined) throw new S3Fault(501, "NotImplemented");
    return { status: 200, headers: headersOf(version), body: version.body.bytes };
  },
  DeleteObject(call) {
    const condition = call.honoursPut ? readHeader(call.request, "if-match") : "";
    const standing = call.store.objects.get(call.key);
    if (condition !== "" && standing === undefined) throw new S3Fault(404, "NoSuchKey");
    if (condition !== "" && standing?.etag !== condition) throw new S3Fault(412, "PreconditionFailed");
    call.store.objects.delete(call.key);
    const marker = { "x-amz-delete-marker": "true", "x-amz-version-id": "marker" };
    return { status: 204, headers: call.isVersioned ? marker : {} };
  },
  ListObjectsV2: listObjects,
  CreateMultipartUpload(call) {
    const { uploadId, key } = call.store.createUpload(describe(call));
    return xml("InitiateMultipartUploadResult", { Bucket: call.bucket, Key: key, UploadId: uploadId });
  },
  UploadPart(call) {
    const upload = findUpload(call);
    const partNumber = Number(call.query.get("partNumber"));
    if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > 10_000) {
      throw new S3Fault(400, "InvalidArgument");
    }
    const etag = makeEtag(call.body);
    upload.parts.set(partNumber, { body: call.body, etag });
    return { status: 200, headers: { etag, "x-amz-checksum-sha256": toBase64(call.body) } };
  },
  CompleteMultipartUpload(call) {
    const named = parseCompletedParts(call.body.bytes?.toString() ?? "");
    const isConditional = call.honoursComplete && hasCondition(call);
    const expected = call.honoursComplete ? readHeader(call.request, "if-match") : "";
    if (expected !== "" && readStandingTag(call) !== expected) throw new S3Fault(412, "PreconditionFailed");
    const { etag, key } = call.store.complete(findUpload(call), named, isConditional);
    return xml("CompleteMultipartUploadResult", { Bucket: call.bucket, Key: key, ETag: etag });
  },
  AbortMultipartUpload(call) {
    call.store.uploads.delete(findUpload(call).uploadId);
    return { status: 204, headers: {} };
  },
  ListMultipartUploads(call) {
    const prefix = call.query.get("prefix") ?? "";
    const after = `${call.query.get("key-marker") ?? ""}\0${call.query.get("upload-id-marker") ?? ""}`;
    const uploads = [...call.store.uploads.values()]
      .filter((upload) => upload.key.startsWith(prefix) && `${upload.key}\0${upload.uploadId}` > after)
      .toSorted((a, b) => (`${a.key}\0${a.uploadId}` < `${b.key}\0${b.uploadId}` ? -1 : 1));
    const page = uploads.slice(0, call.pageSize);
    const isTruncated = uploads.length > page.length;
    return xml("ListMultipartUploadsResult", {
      Bucket: call.bucket,
      Prefix: prefix,
      IsTruncated: isTruncated,
      ...(isTruncated ? { NextKeyMarker: page.at(-1)?.key, NextUploadIdMarker: page.at(-1)?.uploadId } : {}),
      Upload: page.map(({ key, uploadId, initiatedAt }) => ({
        Key: key,
        UploadId: uploadId,
        Initiated: initiatedAt.toISOString(),
      })),
    });
  },
  ListParts(call) {
    const upload = findUpload(call);
    return xml("ListPartsResult", {
      Bucket: call.bucket,
      Key: upload.key,
      UploadId: upload.uploadId,
      IsTruncated: false,
      Part: [...upload.parts].map(([partNumber, { body, etag }]) => ({
        PartNumber: partNumber,
        ETag: etag,
        Size: body.sizeBytes,
      })),
    });
  },
};

function listObjects(call: OperationCall): Answer {
  const prefix = call.query.get("prefix") ?? "";
  const token = call.query.get("continuation-token") ?? call.query.get("start-after");
  const from = token === null ? "" : Buffer.from(token, "base64url").toString();
  const keys = call.store.listKeys(prefix);
  const start = from === "" ? 0 : keys.indexOf(from) + 1;
  const page = keys.slice(start, start + call.pageSize);
  const isTruncated = start + page.length < keys.length;
  return xml("ListBucketResult", {
    Name: call.bucket,
    Prefix: prefix,
    KeyCount: page.length,
    MaxKeys: call.pageSize,
    IsTruncated: isTruncated,
    NextContinuationToken: isTruncated ? Buffer.from(page.at(-1) ?? "").toString("base64url") : undefined,
    Contents: page.flatMap((key) => {
      const version = call.store.objects.get(key);
      if (version === undefined) return [];
      return [
        {
          Key: key,
          LastModified: version.modifiedAt.toISOString(),
          ETag: version.etag,
          Size: version.body.sizeBytes,
        },
      ];
    }),
  });
}

/** User metadata and content type as they came. */
function readStandingTag({ store, key, comparesBareTags }: OperationCall): string | undefined {
  const etag = store.objects.get(key)?.etag;
  return comparesBareTags ? etag?.replaceAll('"', "") : etag;
}

function describe(call: OperationCall): Pick<StoredVersion, "key" | "metadata" | "contentType"> {
  const metadata: Record<string, string> = {};
  for (const name of Object.keys(call.request.headers)) {
    if (name.startsWith("x-amz-meta-")) {
      metadata[name.slice("x-amz-meta-".length)] = readHeader(call.request, name);
    }
  }
  const sizeBytes = Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + name.length + value.length,
    0,
  );
  if (sizeBytes > 2048) throw new S3Fault(400, "MetadataTooLarge");
  return { key: call.key, metadata, contentType: readHeader(call.request, "content-type") };
}

function headersOf(version: StoredVersion): Record<string, string> {
  return {
    etag: version.etag,
    "content-length": String(version.body.sizeBytes),
    "content-type": version.contentType,
    "last-modified": version.modifiedAt.toUTCString(),
    ...Object.fromEntries(
      Object.entries(version.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]),
    ),
  };
}

function find(call: OperationCall): StoredVersion {
  const version = call.store.objects.get(call.key);
  if (version === undefined) throw new S3Fault(404, "NoSuchKey");
  return version;
}

function findUpload(call: OperationCall) {
  return call.store.findUpload(call.key, call.query.get("uploadId") ?? "");
}

function hasCondition(call: OperationCall): boolean {
  return readHeader(call.request, "if-none-match") === "*";
}

function xml(name: string, tree: Parameters<typeof renderXml>[1]): Answer {
  return { status: 200, headers: { "content-type": "application/xml" }, body: renderXml(name, tree) };
}

function refuseMethod(): never {
  throw new S3Fault(405, "MethodNotAllowed");
}
