/** The reading side of a bucket: one object's head, its body, and lists; adds and removes the lake's prefix. */
import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import { Readable } from "node:stream";
import { LakeError } from "../../model/errors.ts";
import type { ObjectHead, ObjectSummary, StoredObject } from "../../model/ports/lake.ts";
import { checkBodyLength } from "../checked-body.ts";
import { BOOKKEEPING_PREFIX } from "../object-key.ts";
import type { S3Connection } from "./s3-connection.ts";
import { isAbsent } from "./s3-faults.ts";
import { DEFAULT_S3_TIMEOUTS } from "./s3-options.ts";
import { endWhenStalled } from "./s3-patience.ts";

export class S3Objects {
  readonly connection: S3Connection;
  /** Empty, or ending in a slash. */
  readonly prefix: string;

  constructor(connection: S3Connection, prefix: string) {
    this.connection = connection;
    this.prefix = prefix === "" ? "" : `${prefix}/`;
  }

  get bucket(): string {
    return this.connection.bucket;
  }

  /** The key in the bucket. */
  fullKey(key: string): string {
    return this.prefix + key;
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectHead | undefined> {
    if (key === "") return undefined;
    return await this.connection.call<ObjectHead | undefined>({
      what: `HeadObject ${this.fullKey(key)}`,
      permission: "s3:GetObject",
      signal,
      send: async (s3, options) => readHead(key, await s3.headObject(this.#name(key), options)),
      onFault: async (fault) => (isAbsent(fault) ? { answer: undefined } : undefined),
    });
  }

  async get(key: string, signal?: AbortSignal): Promise<StoredObject> {
    return await this.connection.call<StoredObject>({
      what: `GetObject ${this.fullKey(key)}`,
      permission: "s3:GetObject",
      signal,
      send: async (s3, options) => {
        const answer = await s3.getObject(this.#name(key), options);
        const head = readHead(key, answer);
        if (!(answer.Body instanceof Readable)) throw new TypeError("The AWS SDK returned no stream.");
        endWhenStalled(answer.Body, (this.connection.options.timeouts ?? DEFAULT_S3_TIMEOUTS).idleMs);
        return { head, body: checkBodyLength(answer.Body, key, head.sizeBytes, signal) };
      },
      onFault: async (fault) => {
        if (!isAbsent(fault)) return undefined;
        throw new LakeError("LAKE_CORRUPT", `The object ${key} is not in the bucket ${this.bucket}.`, false);
      },
    });
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectSummary> {
    let token: string | undefined;
    do {
      const page = await this.#listPage(prefix, token, signal);
      for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
        if (Key === undefined || !Key.startsWith(this.prefix)) continue;
        const key = Key.slice(this.prefix.length);
        // A key that ends in a slash is a folder made by a console.
        if (key === "" || key.endsWith("/") || key.startsWith(BOOKKEEPING_PREFIX)) continue;
        yield { key, sizeBytes: Size ?? 0, etag: ETag ?? "", modifiedAt: LastModified ?? new Date(0) };
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async #listPage(prefix: string, token: string | undefined, signal: AbortSignal | undefined) {
    const Prefix = this.fullKey(prefix);
    return await this.connection.call({
      what: `ListObjectsV2 ${Prefix}`,
      permission: "s3:ListBucket",
      signal,
      send: async (s3, options) =>
        await s3.listObjectsV2(
          { Bucket: this.bucket, Prefix, ...(token === undefined ? {} : { ContinuationToken: token }) },
          options,
        ),
    });
  }

  #name(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.bucket, Key: this.fullKey(key) };
  }
}

type HeadFields = Pick<HeadObjectCommandOutput, "ContentLength" | "ETag" | "LastModified" | "Metadata">;

function readHead(key: string, answer: HeadFields): ObjectHead {
  return {
    key,
    sizeBytes: answer.ContentLength ?? 0,
    etag: answer.ETag ?? "",
    modifiedAt: answer.LastModified ?? new Date(0),
    metadata: answer.Metadata ?? {},
  };
}
