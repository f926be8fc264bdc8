/** The server's memory: objects, every version ever stored, unfinished uploads. Each change happens in one step. */
import { createHash, randomUUID } from "node:crypto";
import { S3Fault } from "./s3-fault.ts";

/** A body as it was received: its bytes are kept up to a size, its hash and length always. */
export interface Body {
  readonly bytes: Buffer | undefined;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface StoredVersion {
  readonly key: string;
  readonly body: Body;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly modifiedAt: Date;
  /** Whether an object stood there already. */
  readonly isOverwrite: boolean;
}

export interface Upload {
  readonly uploadId: string;
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly initiatedAt: Date;
  readonly parts: Map<number, { readonly body: Body; readonly etag: string }>;
}

type Description = Pick<StoredVersion, "key" | "metadata" | "contentType">;

export class ObjectStore {
  readonly objects = new Map<string, StoredVersion>();
  readonly versions: StoredVersion[] = [];
  readonly uploads = new Map<string, Upload>();
  readonly #minPartBytes: number;
  readonly #now: () => Date;

  constructor(options: { readonly minPartBytes: number; readonly now: () => Date }) {
    this.#minPartBytes = options.minPartBytes;
    this.#now = options.now;
  }

  /** Raises 412 where an object stands and `isConditional` is set. */
  put(description: Description, body: Body, isConditional: boolean, etag = makeEtag(body)): StoredVersion {
    const { key } = description;
    const isOverwrite = this.objects.has(key);
    if (isOverwrite && isConditional) throw new S3Fault(412, "PreconditionFailed");
    const version = { ...description, body, etag, modifiedAt: this.#now(), isOverwrite };
    this.objects.set(key, version);
    this.versions.push(version);
    return version;
  }

  /** Keys in the order of their bytes. */
  listKeys(prefix: string): readonly string[] {
    return [...this.objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  createUpload(description: Description): Upload {
    const upload = { ...description, uploadId: randomUUID(), initiatedAt: this.#now(), parts: new Map() };
    this.uploads.set(upload.uploadId, upload);
    return upload;
  }

  findUpload(key: string, uploadId: string): Upload {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined || upload.key !== key) throw new S3Fault(404, "NoSuchUpload");
    return upload;
  }

  complete(
    upload: Upload,
    named: readonly { readonly partNumber: number; readonly etag: string }[],
    isConditional: boolean,
  ): StoredVersion {
    if (named.length === 0) throw new S3Fault(400, "MalformedXML");
    const parts = named.map(({ partNumber, etag }, index) => {
      const part = upload.parts.get(partNumber);
      if (part === undefined || part.etag !== etag) throw new S3Fault(400, "InvalidPart");
      if (index > 0 && partNumber <= (named[index - 1]?.partNumber ?? 0)) {
        throw new S3Fault(400, "InvalidPartOrder");
      }
      if (index < named.length - 1 && part.body.sizeBytes < this.#minPartBytes) {
        throw new S3Fault(400, "EntityTooSmall");
      }
      return part;
    });
    const bytes = parts.map(({ body }) => body.bytes);
    const whole = bytes.every((part) => part !== undefined) ? Buffer.concat(bytes) : undefined;
    const body: Body = {
      bytes: whole,
      sizeBytes: parts.reduce((sum, part) => sum + part.body.sizeBytes, 0),
      sha256: createHash("sha256")
        .update(whole ?? parts.map((part) => part.body.sha256).join())
        .digest("hex"),
    };
    const etag = `"${createHash("md5")
      .update(parts.map((part) => part.etag).join())
      .digest("hex")}-${parts.length}"`;
    const version = this.put(upload, body, isConditional, etag);
    this.uploads.delete(upload.uploadId);
    return version;
  }
}

/** Not an MD5, as with KMS: it must not be used as one. */
export function makeEtag(body: Body): string {
  return `"${body.sha256.slice(0, 32)}"`;
}
