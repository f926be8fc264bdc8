/** A lake in an S3 bucket: how an object is uploaded, what the store can do, and what is logged when it cannot. */
import { createHash } from "node:crypto";
import type { Clock } from "../../model/ports/clock.ts";
import { LakeError } from "../../model/errors.ts";
import type {
  FetchedFile,
  GetFile,
  LakeCapabilities,
  ObjectHead,
  ObjectSummary,
  PutBytes,
  PutFile,
  PutResult,
  ReplaceFile,
  StoredObject,
} from "../../model/ports/lake.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { writeBody } from "../fetched-file.ts";
import type { LakeNotes } from "../lake-notes.ts";
import { nameS3Lake } from "../location.ts";
import { checkKey } from "../object-key.ts";
import { completeMetadata } from "../object-metadata.ts";
import { throttleProgress } from "../progress-throttle.ts";
import { rememberAnswer } from "../remembered.ts";
import { STORE_RETRY_POLICY, type RetryPolicy } from "../retry.ts";
import type { RemoveResult, SweepableLake } from "../sweepable-lake.ts";
import type { Finding } from "../../model/ports/examination.ts";
import { S3Connection } from "./s3-connection.ts";
import { examineBucket } from "./s3-examine.ts";
import { putFileInParts } from "./s3-multipart.ts";
import { createS3Notes } from "./s3-notes.ts";
import { S3Objects } from "./s3-objects.ts";
import type { S3Options } from "./s3-options.ts";
import { removeObject } from "./s3-remove.ts";
import { Placing, type PutCondition } from "./s3-placing.ts";
import {
  nameVersion,
  NO_VERSION,
  probeChecksums,
  probeConditionalComplete,
  probeConditionalPut,
  probeReplacing,
  type TagForm,
} from "./s3-probe.ts";
import { putBytesAtOnce, putFileAtOnce } from "./s3-single-put.ts";
import { sweepUploads } from "./s3-sweep.ts";

const GIBIBYTE = 1024 ** 3;
const DEFAULT_THRESHOLD_BYTES = 4 * GIBIBYTE;
const DEFAULT_PART_BYTES = 8 * 1024 * 1024;
/** Who examines a store wants its first answer. */
const ONE_TRY: RetryPolicy = { ...STORE_RETRY_POLICY, attempts: 1 };

export interface S3LakeTools {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
}

export class S3Lake implements SweepableLake {
  readonly id: string;
  readonly renaming = null;
  readonly notes: LakeNotes;
  readonly #prefix: string;
  readonly #objects: S3Objects;
  readonly #options: S3Options;
  readonly #tools: S3LakeTools;
  #hasNoticedDoubling = false;
  readonly #probePut: (signal?: AbortSignal) => Promise<Omit<LakeCapabilities, "conditionalComplete">>;
  readonly #probeComplete: (signal?: AbortSignal) => Promise<boolean>;
  /** For objects in one request, and for those in parts. */
  readonly #probeReplacing: (
    signal?: AbortSignal,
  ) => Promise<{ readonly once: TagForm; readonly inParts: TagForm }>;

  /** `prefix` has no slash at its ends. Nothing is sent before the first request. */
  constructor(
    place: { readonly bucket: string; readonly prefix: string },
    options: S3Options,
    tools: S3LakeTools,
  ) {
    const { clock, random } = tools;
    const { bucket, prefix } = place;
    const store = nameS3Lake(bucket, "", options.endpoint, options.region).slice(`s3://${bucket}`.length);
    const connection = new S3Connection(bucket, store, options, {
      clock,
      random,
      policy: STORE_RETRY_POLICY,
    });
    this.id = nameS3Lake(bucket, prefix, options.endpoint, options.region);
    this.#prefix = prefix;
    this.#objects = new S3Objects(connection, prefix);
    this.notes = createS3Notes(this.#objects, (what) => this.#warn(what));
    this.#options = options;
    this.#tools = tools;
    this.#probePut = rememberAnswer(async () => {
      const conditionalPut = await probeConditionalPut(this.#objects);
      const checksums = await probeChecksums(this.#objects);
      if (!conditionalPut) {
        this.#warn(
          "does not honour If-None-Match on a put: Dagmar looks before each put and verifies after it",
        );
      }
      if (!checksums) this.#warn("does not verify the SHA-256 of a put: Dagmar reads every object back");
      return { conditionalPut, checksums };
    });
    this.#probeComplete = rememberAnswer(async () => {
      await this.#probePut();
      const isHonoured = await probeConditionalComplete(this.#objects);
      if (!isHonoured) {
        this.#warn(
          "does not honour If-None-Match when a multipart upload completes: Dagmar looks before each upload and verifies after it",
        );
      }
      return isHonoured;
    });
    this.#probeReplacing = rememberAnswer(async () => {
      await this.#probePut();
      const once = await probeReplacing(this.#objects);
      if (once === null) {
        this.#warn(
          "does not honour If-Match on a put: Dagmar looks before it replaces a table and verifies after it",
        );
      }
      const compares =
        once !== null && (await probeConditionalComplete(this.#objects, { IfMatch: NO_VERSION }));
      return { once, inParts: compares ? once : null };
    });
  }

  async capabilities(signal?: AbortSignal): Promise<LakeCapabilities> {
    const { conditionalPut, checksums } = await this.#probePut(signal);
    return { conditionalPut, conditionalComplete: await this.#probeComplete(signal), checksums };
  }

  async putBytes(request: PutBytes): Promise<PutResult> {
    const { body, sha256 } = request;
    if (createHash("sha256").update(body).digest("hex") !== sha256) {
      throw new LakeError(
        "LAKE_CORRUPT",
        `${request.key}: the bytes to store are not the planned ones.`,
        false,
      );
    }
    const placing = await this.#plan(request, body.byteLength, false);
    return await putBytesAtOnce(this.#objects, placing, request);
  }

  async putFile(request: PutFile): Promise<PutResult> {
    return await this.#putFile(request, null);
  }

  async replaceFile(request: ReplaceFile): Promise<PutResult> {
    return await this.#putFile(request, request.replaces);
  }

  async #putFile(request: PutFile, replaces: string | null): Promise<PutResult> {
    const isInParts = request.sizeBytes > (this.#options.multipartThresholdBytes ?? DEFAULT_THRESHOLD_BYTES);
    const placing = await this.#plan(request, request.sizeBytes, isInParts, replaces);
    const tell = throttleProgress(this.#tools.clock, request.sizeBytes, request.onProgress);
    if (!isInParts) return await putFileAtOnce(this.#objects, placing, request, tell);
    const partSizeBytes = this.#options.partSizeBytes ?? DEFAULT_PART_BYTES;
    return await putFileInParts(this.#objects, placing, request, {
      partSizeBytes,
      log: this.#tools.log,
      tell,
    });
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectHead | undefined> {
    return await this.#objects.head(key, signal);
  }

  async get(key: string, signal?: AbortSignal): Promise<StoredObject> {
    return await this.#objects.get(key, signal);
  }

  async getFile({ key, path, signal, onProgress }: GetFile): Promise<FetchedFile> {
    const { head, body } = await this.#objects.get(key, signal);
    const onRead = throttleProgress(this.#tools.clock, head.sizeBytes, onProgress);
    return { head, sha256: await writeBody(body, { path, signal, onRead }) };
  }

  list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectSummary> {
    this.#noticeDoubling(prefix);
    return this.#objects.list(prefix, signal);
  }

  async remove(key: string, object: { readonly etag: string }, signal?: AbortSignal): Promise<RemoveResult> {
    return await removeObject(this.#objects, key, object.etag, signal);
  }

  async sweepLeftovers(prefix: string, startedBefore: Date, signal?: AbortSignal): Promise<number> {
    return await sweepUploads(this.#objects, prefix, startedBefore, signal);
  }

  get serverAddress(): string {
    const { endpoint, region } = this.#options;
    return endpoint ?? `https://s3.${region === undefined ? "" : `${region}.`}amazonaws.com`;
  }

  async examine(prefixes: readonly string[], signal: AbortSignal): Promise<readonly Finding[]> {
    const { clock, random } = this.#tools;
    const { bucket, store, options } = this.#objects.connection;
    const connection = new S3Connection(bucket, store, options, { clock, random, policy: ONE_TRY });
    try {
      return await examineBucket(new S3Objects(connection, this.#prefix), prefixes, signal);
    } finally {
      await connection.close();
    }
  }

  async close(): Promise<void> {
    await this.#objects.connection.close();
  }

  async #plan(
    request: PutBytes | PutFile,
    sizeBytes: number,
    isInParts: boolean,
    replaces: string | null = null,
  ): Promise<Placing> {
    const { key, sha256, signal } = request;
    checkKey(key, this.#objects.prefix);
    this.#noticeDoubling(key);
    const metadata = completeMetadata(request.metadata, sha256);
    const { checksums } = await this.#probePut(signal);
    return new Placing(this.#objects, {
      key,
      sizeBytes,
      sha256,
      metadata,
      replaces,
      condition: await this.#chooseCondition(replaces, isInParts, signal),
      isChecked: checksums,
      signal,
    });
  }

  async #chooseCondition(
    replaces: string | null,
    isInParts: boolean,
    signal: AbortSignal | undefined,
  ): Promise<PutCondition | null> {
    if (replaces !== null) {
      const { once, inParts } = await this.#probeReplacing(signal);
      return nameVersion(replaces, isInParts ? inParts : once);
    }
    const isHonoured = isInParts
      ? await this.#probeComplete(signal)
      : (await this.#probePut(signal)).conditionalPut;
    return isHonoured ? { IfNoneMatch: "*" } : null;
  }

  /** `s3://bucket/raw` and keys that begin with `Raw/` are seldom meant together. Logged once. */
  #noticeDoubling(key: string): void {
    const last = this.#objects.prefix.split("/").at(-2) ?? "";
    const [first = ""] = key.split("/");
    if (this.#hasNoticedDoubling || last === "" || first.toLowerCase() !== last.toLowerCase()) return;
    this.#hasNoticedDoubling = true;
    this.#tools.log.warn(
      `The lake's prefix ends in ${last} and its keys begin with ${first}: objects go to ${last}/${first}/… ` +
        "Remove the last part of DAGMAR_LAKE unless you mean that.",
    );
  }

  #warn(what: string): void {
    this.#tools.log.warn(`The store behind ${this.id} ${what}.`);
  }
}
