/**
 * The Lake port: what the protocol asks of an object store, S3 or a folder. An implementation retries what can be
 * retried (one layer, same bytes, full jitter), never overwrites except by `replaceFile`, and raises `LakeError` for the rest.
 */
import type { Readable } from "node:stream";

/** Whether a store honours each condition. If not, the lake looks before and verifies after a put, and says so. */
export interface LakeCapabilities {
  /** `If-None-Match: *` on a single put. */
  readonly conditionalPut: boolean;
  /** `If-None-Match: *` on completing a multipart upload. */
  readonly conditionalComplete: boolean;
  /** The store verifies a SHA-256 that is sent along and refuses other bytes. */
  readonly checksums: boolean;
}

/**
 * Names in lower-case with dashes, values in printable ASCII; with the names at most 2,048 bytes (S3's limit for user
 * metadata). In S3 they become `x-amz-meta-*` headers, in a folder a file next to the object.
 */
export type ObjectMetadata = Readonly<Record<string, string>>;

export interface ObjectSummary {
  readonly key: string;
  readonly sizeBytes: number;
  /** Opaque; a different value means other content or another write. */
  readonly etag: string;
  readonly modifiedAt: Date;
}

export interface ObjectHead extends ObjectSummary {
  readonly metadata: ObjectMetadata;
}

export interface StoredObject {
  readonly head: ObjectHead;
  readonly body: Readable;
}

export interface GetFile {
  readonly key: string;
  /** Absolute path of the file to make, for this user only. */
  readonly path: string;
  readonly signal?: AbortSignal;
  /** Called with the bytes read so far, at most about ten times a second. */
  readonly onProgress?: (readBytes: number) => void;
}

export interface FetchedFile {
  readonly head: ObjectHead;
  /** Lower-case hex, of the bytes that were written. */
  readonly sha256: string;
}

interface PutRequest {
  /** Relative to the lake's prefix; `/`-separated, never starting with `/`. */
  readonly key: string;
  /** Lower-case hex of the whole body. Stored as metadata `sha256` too. */
  readonly sha256: string;
  readonly metadata: ObjectMetadata;
  readonly contentType: string;
  readonly signal?: AbortSignal;
}

export interface PutBytes extends PutRequest {
  readonly body: Uint8Array;
}

export interface PutFile extends PutRequest {
  /** Absolute path of a regular file. */
  readonly path: string;
  /** The planned size; other bytes, another size or a changed `stat` abort the upload before it is completed. */
  readonly sizeBytes: number;
  /** Called with the bytes sent so far, at most about ten times a second. Goes back when a part is sent again. */
  readonly onProgress?: (sentBytes: number) => void;
}

/** A table that is made again takes the place of the one that stands: never of raw data. */
export interface ReplaceFile extends PutFile {
  /** The etag of the object that may be replaced. */
  readonly replaces: string;
}

/**
 * `created`: this call, or an earlier one whose answer was lost, stored exactly these bytes. `exists`: the key
 * already has an object, which was not changed; `head` describes it.
 */
export type PutResult =
  | { readonly outcome: "created"; readonly etag: string }
  | { readonly outcome: "exists"; readonly head: ObjectHead };

export interface Lake {
  /** Canonical name without secrets: `file:///data/lake`, `s3://bucket/prefix`, `s3://bucket/prefix?endpoint=http://host:port`. */
  readonly id: string;
  /** Probed once with the key `_dagmar/probe` and remembered. */
  capabilities(signal?: AbortSignal): Promise<LakeCapabilities>;
  /**
   * Stores a body held in memory (at most 5 GiB; used for at most about 10 MB), only if the key is free. An existing
   * object is never `created`, except by this call's own lost attempt: the caller compares `head`.
   */
  putBytes(request: PutBytes): Promise<PutResult>;
  /**
   * Streams a file in constant memory, only if the key is free. Raises `TaskFailure` `INPUT_CHANGED` if the file's
   * `stat` or the hash of the sent bytes is not the planned one; then no object is left.
   */
  putFile(request: PutFile): Promise<PutResult>;
  /**
   * The same, in the place of the object with the given etag; readers see one of the two, whole. `created`: the planned
   * object stands. `exists`: another object stands, which was not changed. Raises `LAKE_UNAVAILABLE` (retryable) if the key is
   * free. A store that does not honour `If-Match` is looked at before the put and after it.
   */
  replaceFile(request: ReplaceFile): Promise<PutResult>;
  /** `undefined` when absent. */
  head(key: string, signal?: AbortSignal): Promise<ObjectHead | undefined>;
  /** The body as a stream that fails if it is cut short. Raises `LakeError` `LAKE_CORRUPT` when absent. */
  get(key: string, signal?: AbortSignal): Promise<StoredObject>;
  /**
   * The body as a new file, in constant memory. Raises what `get` and its stream raise, and the operating system's error if the
   * file cannot be made (`EEXIST` where one is) or written; a part of it may be left then.
   */
  getFile(request: GetFile): Promise<FetchedFile>;
  /** Every object whose key starts with `prefix`, in key order, without the store's own bookkeeping objects. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectSummary>;
  close(): Promise<void>;
}
