/**
 * An object uploaded in parts at the same time, in constant memory; a failed upload is aborted so that no part of it is
 * left.
 */
import type { CompletedPart } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { LakeError } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { PutFile, PutResult } from "../../model/ports/lake.ts";
import { PreparedFile } from "../prepared-file.ts";
import { SerialQueue } from "../serial-queue.ts";
import { sendBytes } from "./s3-body.ts";
import { isConflict, isUploadGone } from "./s3-faults.ts";
import type { S3Objects } from "./s3-objects.ts";
import { describeEncryption } from "./s3-options.ts";
import type { Placing } from "./s3-placing.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PARTS = 10_000;
const MAX_PARALLEL = 4;
const MAX_BUFFERED_BYTES = 96 * 1024 * 1024;
const MAX_ROUNDS = 3;
/** How fast the slowest store joins the parts: 4 GiB in a quarter of an hour. */
const COMPLETED_BYTES_PER_MS = 4 * 1024;

/** The upload was ended by another program, or the store wants it begun again. */
class UploadLost extends LakeError {}

/** The given part size, or more if that is needed to stay within 10,000 parts. */
export function choosePartSize(sizeBytes: number, partSizeBytes: number): number {
  return Math.max(partSizeBytes, Math.ceil(sizeBytes / MAX_PARTS));
}

/** `tell` gets the bytes of the parts that the store has acknowledged. */
export async function putFileInParts(
  objects: S3Objects,
  placing: Placing,
  request: PutFile,
  tools: { readonly partSizeBytes: number; readonly log: Logger; readonly tell: (sentBytes: number) => void },
): Promise<PutResult> {
  let lost: UploadLost | undefined;
  for (let round = 1; ; round += 1) {
    // A look costs one request and may save gigabytes: a try whose answer was lost may have completed an upload that is
    // gone.
    const standing = await placing.look();
    if (standing !== undefined) return await placing.verify(standing);
    if (lost !== undefined && round > MAX_ROUNDS) throw lost;
    const upload = new PartsUpload(objects, placing, request, tools);
    try {
      return await placing.verify(await upload.run());
    } catch (fault) {
      if (!(fault instanceof UploadLost)) throw fault;
      lost = fault;
      tools.log.warn("a multipart upload was lost", { key: request.key, round });
    }
  }
}

class PartsUpload {
  readonly #objects: S3Objects;
  readonly #placing: Placing;
  readonly #request: PutFile;
  readonly #tools: Parameters<typeof putFileInParts>[3];
  readonly #name: { readonly Bucket: string; readonly Key: string };

  constructor(
    objects: S3Objects,
    placing: Placing,
    request: PutFile,
    tools: Parameters<typeof putFileInParts>[3],
  ) {
    this.#objects = objects;
    this.#placing = placing;
    this.#request = request;
    this.#tools = tools;
    this.#name = { Bucket: objects.bucket, Key: objects.fullKey(request.key) };
  }

  async run(): Promise<PutResult> {
    const source = await PreparedFile.open(this.#request);
    try {
      failpoint("s3.upload.before");
      const uploadId = await this.#create();
      failpoint("s3.upload.after");
      try {
        const parts = await this.#sendParts(source, uploadId);
        const result = (await this.#placing.lookIfUnconditional()) ?? (await this.#complete(uploadId, parts));
        if (result.outcome === "exists") await this.#abort(uploadId);
        return result;
      } catch (fault) {
        await this.#abort(uploadId);
        throw fault;
      }
    } finally {
      await source.close();
    }
  }

  async #create(): Promise<string> {
    const { UploadId } = await this.#objects.connection.call({
      what: `CreateMultipartUpload ${this.#name.Key}`,
      permission: "s3:PutObject",
      signal: this.#request.signal,
      send: async (s3, options) =>
        await s3.createMultipartUpload(
          {
            ...this.#name,
            ContentType: this.#request.contentType,
            Metadata: { ...this.#placing.plan.metadata },
            ChecksumAlgorithm: "SHA256",
            ...describeEncryption(this.#objects.connection.options),
          },
          options,
        ),
    });
    if (UploadId !== undefined) return UploadId;
    throw new LakeError("LAKE_UNSUPPORTED", "The store returned no upload id.", false);
  }

  /** Each sender owns one buffer; the file is read by one at a time, in order, and hashed as it is read. */
  async #sendParts(source: PreparedFile, uploadId: string): Promise<readonly CompletedPart[]> {
    const { sizeBytes, signal } = this.#request;
    const partSizeBytes = choosePartSize(sizeBytes, this.#tools.partSizeBytes);
    const senders = Math.max(1, Math.min(MAX_PARALLEL, Math.floor(MAX_BUFFERED_BYTES / partSizeBytes)));
    const reading = new SerialQueue();
    const parts: CompletedPart[] = [];
    const stop = new AbortController();
    const abort = () => stop.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    let startedParts = 0;
    let sentBytes = 0;

    const sendUntilDone = async (): Promise<void> => {
      const buffer = Buffer.allocUnsafe(Math.min(partSizeBytes, sizeBytes));
      for (;;) {
        const next = await reading.run(async () => {
          stop.signal.throwIfAborted();
          if (source.remainingBytes === 0) return undefined;
          startedParts += 1;
          const partNumber = startedParts;
          const body = buffer.subarray(0, await source.read(buffer));
          if (source.remainingBytes === 0) await source.verify();
          return { partNumber, body };
        });
        if (next === undefined) return;
        parts[next.partNumber - 1] = await this.#sendPart(uploadId, next.partNumber, next.body, stop.signal);
        sentBytes += next.body.length;
        this.#tools.tell(sentBytes);
      }
    };

    const failures: unknown[] = [];
    const sending = Array.from({ length: senders }, async () => {
      try {
        await sendUntilDone();
      } catch (fault) {
        failures.push(fault);
        stop.abort(fault);
      }
    });
    try {
      await Promise.all(sending);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    signal?.throwIfAborted();
    if (failures.length > 0) throw failures[0];
    return parts;
  }

  async #sendPart(
    uploadId: string,
    partNumber: number,
    body: Buffer,
    signal: AbortSignal,
  ): Promise<CompletedPart> {
    const checksum = createHash("sha256").update(body).digest("base64");
    failpoint("s3.part.before");
    const answer = await this.#objects.connection.call({
      what: `UploadPart ${partNumber} of ${this.#name.Key}`,
      permission: "s3:PutObject",
      bodyBytes: body.length,
      signal,
      send: async (s3, options) =>
        await sendBytes(body, options, async (Body, sending) =>
          s3.uploadPart(
            {
              ...this.#name,
              UploadId: uploadId,
              PartNumber: partNumber,
              ContentLength: body.length,
              Body,
              ChecksumSHA256: checksum,
            },
            sending,
          ),
        ),
      onFault: raiseIfGone,
    });
    failpoint("s3.part.after");
    return {
      PartNumber: partNumber,
      ...(answer.ETag === undefined ? {} : { ETag: answer.ETag }),
      // Named only if the store returned one: other stores do not know the element.
      ...(answer.ChecksumSHA256 === undefined ? {} : { ChecksumSHA256: answer.ChecksumSHA256 }),
    };
  }

  async #complete(uploadId: string, parts: readonly CompletedPart[]): Promise<PutResult> {
    const { condition, signal, sizeBytes } = this.#placing.plan;
    return await this.#objects.connection.call<PutResult>({
      what: `CompleteMultipartUpload ${this.#name.Key}`,
      permission: "s3:PutObject",
      // It may take minutes for a large object.
      extraMs: Math.ceil(sizeBytes / COMPLETED_BYTES_PER_MS),
      signal,
      send: async (s3, options) => {
        failpoint("s3.complete.before");
        const answer = await s3.completeMultipartUpload(
          {
            ...this.#name,
            UploadId: uploadId,
            MultipartUpload: { Parts: [...parts] },
            ...condition,
          },
          options,
        );
        failpoint("s3.complete.after");
        return { outcome: "created", etag: answer.ETag ?? "" };
      },
      onFault: async (fault) => {
        const settled = await this.#placing.settleFault(fault);
        if (settled !== undefined) return settled;
        // After a 409 S3 wants the whole upload again ("Conditional writes", S3's user guide).
        if (isConflict(fault)) throw loseUpload(fault);
        return await raiseIfGone(fault);
      },
    });
  }

  /** Not bound to the caller's signal: above all, an aborted upload must not stay. */
  async #abort(uploadId: string): Promise<void> {
    try {
      await this.#objects.connection.call({
        what: `AbortMultipartUpload ${this.#name.Key}`,
        permission: "s3:AbortMultipartUpload",
        send: async (s3, options) => {
          await s3.abortMultipartUpload({ ...this.#name, UploadId: uploadId }, options);
          return true;
        },
        onFault: async (fault) => (isUploadGone(fault) ? { answer: true } : undefined),
      });
    } catch (fault) {
      this.#tools.log.warn(
        "an unfinished multipart upload could not be aborted; the next sweep tries again",
        {
          key: this.#request.key,
          reason: fault instanceof Error ? fault.message : String(fault),
        },
      );
    }
  }
}

async function raiseIfGone(fault: unknown): Promise<undefined> {
  if (isUploadGone(fault)) throw loseUpload(fault);
  return undefined;
}

function loseUpload(fault: unknown): UploadLost {
  const reason = fault instanceof Error ? fault.name : String(fault);
  return new UploadLost("LAKE_UNAVAILABLE", `The multipart upload was lost (${reason}).`, true);
}
