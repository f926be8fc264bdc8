/**
 * An S3 server for tests, over real HTTP on loopback: it checks signatures and checksums, records every request and every
 * version, and plays the faults of a test's script.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { FaultScript, type FaultKind, type Operation } from "./faults.ts";
import { ObjectStore, type StoredVersion, type Upload } from "./object-store.ts";
import { nameOperation, OPERATIONS, type Answer } from "./operations.ts";
import { checkBody, flipBody, receiveBody } from "./request-body.ts";
import { S3Fault } from "./s3-fault.ts";
import { checkSignature, readHeader, type ServerCredentials } from "./signature.ts";
import { renderXml } from "./xml.ts";

export interface S3ServerOptions {
  readonly bucket?: string;
  readonly region?: string;
  readonly credentials?: ServerCredentials;
  readonly port?: number;
  readonly ignoresConditionalPut?: boolean;
  readonly ignoresConditionalComplete?: boolean;
  /** `If-Match` of a put names the tag without its quotation marks; with them it is never met. */
  readonly comparesBareTags?: boolean;
  /** Answers 501 to every request that carries a condition. */
  readonly rejectsConditions?: boolean;
  /** Compares no body with what was signed or summed. */
  readonly ignoresChecksums?: boolean;
  /** Bodies above it are kept as hash and size only, and cannot be got. Default 32 MiB. */
  readonly keepBytes?: number;
  /** Deletions put a marker, and say so. */
  readonly isVersioned?: boolean;
  /** S3's own 5 MiB by default. */
  readonly minPartBytes?: number;
  /** Keys or uploads a page; default 1,000. */
  readonly pageSize?: number;
  /** How far the server's clock is ahead. */
  readonly clockOffsetMs?: number;
}

export interface RecordedRequest {
  readonly operation: Operation;
  readonly method: string;
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** 0 while there is no answer, or never was one. */
  status: number;
}

export interface S3Server {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly credentials: ServerCredentials;
  readonly requests: RecordedRequest[];
  readonly faults: FaultScript;
  /** The current objects by key; without the lakes' probe and notes. */
  objects(): ReadonlyMap<string, StoredVersion>;
  /** The lakes' current notes by key; they are replaced by design. */
  notes(): ReadonlyMap<string, StoredVersion>;
  /** Every version ever stored, oldest first; without the lakes' probe and notes. */
  versions(): readonly StoredVersion[];
  /** Keys that were written over; without the lakes' notes. */
  overwrittenKeys(): readonly string[];
  uploads(): readonly Upload[];
  /** Deletes an object. */
  remove(key: string): void;
  /** Brings an earlier version of an object back. */
  restore(version: StoredVersion): void;
  /** An upload that was begun at that instant and never ended. */
  plantUpload(key: string, initiatedAt: Date): void;
  /** From now on these are the right ones. */
  changeCredentials(credentials: ServerCredentials): void;
  close(): Promise<void>;
}

const DEFAULT_CREDENTIALS: ServerCredentials = {
  accessKeyId: "AKIATESTTESTTESTTEST",
  secretAccessKey: "test/secret+of/the+loopback/server+only",
};

export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const host = new S3Host(options);
  return await host.start(options.port ?? 0);
}

class S3Host {
  readonly #options: S3ServerOptions;
  readonly #bucket: string;
  readonly #region: string;
  #credentials: ServerCredentials;
  readonly #requests: RecordedRequest[] = [];
  readonly #faults = new FaultScript();
  readonly #store: ObjectStore;
  readonly #sockets = new Set<Socket>();

  constructor(options: S3ServerOptions) {
    this.#options = options;
    this.#bucket = options.bucket ?? "lake";
    this.#region = options.region ?? "us-east-1";
    this.#credentials = options.credentials ?? DEFAULT_CREDENTIALS;
    this.#store = new ObjectStore({
      minPartBytes: options.minPartBytes ?? 5 * 1024 * 1024,
      now: () => new Date(this.#nowMs()),
    });
  }

  async start(port: number): Promise<S3Server> {
    const server = createServer((request, response) => {
      void this.#serve(request, response);
    });
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    const address = server.address() as AddressInfo;
    const credentials = () => this.#credentials;
    return {
      endpoint: `http://127.0.0.1:${address.port}`,
      region: this.#region,
      bucket: this.#bucket,
      get credentials() {
        return credentials();
      },
      requests: this.#requests,
      faults: this.#faults,
      objects: () => new Map([...this.#store.objects].filter(([key]) => !isBookkeeping(key))),
      notes: () => new Map([...this.#store.objects].filter(([key]) => isBookkeeping(key) && !isProbe(key))),
      versions: () => this.#store.versions.filter(({ key }) => !isBookkeeping(key)),
      overwrittenKeys: () =>
        this.#store.versions
          .filter((version) => version.isOverwrite && !isBookkeeping(version.key))
          .map(({ key }) => key),
      uploads: () => [...this.#store.uploads.values()],
      remove: (key) => {
        this.#store.objects.delete(key);
      },
      restore: (version) => {
        this.#store.objects.set(version.key, version);
      },
      plantUpload: (key, initiatedAt) => {
        const upload = this.#store.createUpload({ key, metadata: {}, contentType: "" });
        this.#store.uploads.set(upload.uploadId, { ...upload, initiatedAt });
      },
      changeCredentials: (next) => {
        this.#credentials = next;
      },
      close: async () => {
        for (const socket of this.#sockets) socket.destroy();
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
        });
      },
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let record: RecordedRequest | undefined;
    try {
      const { bucket, key, query } = splitUrl(request);
      const operation = nameOperation(request.method ?? "", key, query);
      record = recordRequest(request, operation, key, query);
      this.#requests.push(record);
      const isConditional = readHeader(request, "if-none-match") === "*";
      const fault = this.#faults.take({ operation, key, isConditional });
      const answer = await this.#answer(request, { operation, bucket, key, query, isConditional }, fault);
      if (answer === undefined) return;
      record.status = answer.status;
      send(request, response, answer, fault?.kind);
    } catch (fault) {
      // The client went away in the middle of its body.
      if (request.destroyed && !request.complete) return;
      if (!(fault instanceof S3Fault)) process.stderr.write(`S3 test server: ${String(fault)}\n`);
      const { status, code } = fault instanceof S3Fault ? fault : new S3Fault(500, "InternalError");
      if (record !== undefined) record.status = status;
      // What is left of a refused body is read, so that the client can read the answer.
      request.resume();
      send(request, response, renderError(status, code, this.#nowMs()), undefined);
    }
  }

  /** `undefined` where no answer is given. */
  async #answer(
    request: IncomingMessage,
    call: {
      operation: Operation;
      bucket: string;
      key: string;
      query: URLSearchParams;
      isConditional: boolean;
    },
    fault: FaultKind | undefined,
  ): Promise<Answer | undefined> {
    if (fault?.kind === "reset-before") return drop(request);
    if (fault?.kind === "half-read-reset") {
      await once(request, "data");
      return drop(request);
    }
    if (fault?.kind === "stop-reading") {
      await once(request, "readable");
      return undefined;
    }
    checkSignature(request, this.#credentials, this.#region, this.#nowMs());
    const hasBody = call.operation === "PutObject" || call.operation === "UploadPart";
    const received =
      hasBody || call.operation === "CompleteMultipartUpload"
        ? await receiveBody(request, {
            keepBytes: this.#options.keepBytes ?? 32 * 1024 * 1024,
            flip: fault?.kind === "flip-on-the-way",
            pace: fault?.kind === "slow-read" ? fault : undefined,
          })
        : { bytes: Buffer.alloc(0), sizeBytes: 0, sha256: "" };
    if (fault?.kind === "hang") return undefined;
    if (fault?.kind === "slow") await wait(fault.delayMs);
    if (fault?.kind === "error") {
      const answer = renderError(fault.status, fault.code, this.#nowMs(), fault.message);
      return { ...answer, ...mergeHeaders(fault.headers) };
    }
    if (call.bucket !== this.#bucket) throw new S3Fault(404, "NoSuchBucket");
    const hasCondition = call.isConditional || readHeader(request, "if-match") !== "";
    if (hasCondition && this.#options.rejectsConditions === true) {
      throw new S3Fault(501, "NotImplemented");
    }
    if (hasBody && this.#options.ignoresChecksums !== true) checkBody(request, received);
    if (fault?.kind === "foreign-object") this.#placeForeign(call.key, fault);
    if (fault?.kind === "lose-upload") this.#store.uploads.delete(call.query.get("uploadId") ?? "");
    const answer = OPERATIONS[call.operation]({
      ...call,
      request,
      body: fault?.kind === "flip-in-store" ? flipBody(received) : received,
      store: this.#store,
      pageSize: this.#options.pageSize ?? 1000,
      honoursPut: this.#options.ignoresConditionalPut !== true,
      comparesBareTags: this.#options.comparesBareTags === true,
      honoursComplete: this.#options.ignoresConditionalComplete !== true,
      isVersioned: this.#options.isVersioned === true,
    });
    if (fault?.kind === "no-etag") return dropEtag(answer);
    if (fault?.kind === "drop-after-store") return drop(request);
    if (fault?.kind === "error-after-store") return renderError(fault.status, fault.code, this.#nowMs());
    return answer;
  }

  #placeForeign(key: string, { body, metadata }: Extract<FaultKind, { kind: "foreign-object" }>): void {
    const bytes = Buffer.from(body);
    const foreign = {
      bytes,
      sizeBytes: bytes.length,
      sha256: `foreign-${bytes.toString("hex").padEnd(64, "0")}`,
    };
    this.#store.put({ key, metadata: metadata ?? {}, contentType: "text/plain" }, foreign, true);
  }

  #nowMs(): number {
    return Date.now() + (this.#options.clockOffsetMs ?? 0);
  }
}

function splitUrl(request: IncomingMessage) {
  const url = new URL(request.url ?? "/", "http://localhost");
  const [, bucket = "", ...rest] = decodeURIComponent(url.pathname).split("/");
  return { bucket, key: rest.join("/"), query: url.searchParams };
}

function recordRequest(
  request: IncomingMessage,
  operation: Operation,
  key: string,
  query: URLSearchParams,
): RecordedRequest {
  const headers = Object.fromEntries(
    Object.keys(request.headers).map((name) => [name, readHeader(request, name)]),
  );
  return {
    operation,
    method: request.method ?? "",
    key,
    query: Object.fromEntries(query),
    headers,
    status: 0,
  };
}

function drop(request: IncomingMessage): undefined {
  request.socket.destroy();
  return undefined;
}

function dropEtag({ status, headers, body }: Answer): Answer {
  const { etag: _etag, ...others } = headers;
  const text = body?.toString().replace(/<ETag>.*?<\/ETag>/, "");
  return { status, headers: others, ...(text === undefined ? {} : { body: text }) };
}

function mergeHeaders(headers: Readonly<Record<string, string>> | undefined) {
  return headers === undefined ? {} : { headers: { "content-type": "application/xml", ...headers } };
}

function renderError(status: number, code: string, nowMs: number, message?: string): Answer {
  const body = renderXml("Error", {
    Code: code,
    Message: message ?? `The test server says ${code}.`,
    RequestId: "TEST",
  });
  return {
    status,
    headers: { "content-type": "application/xml", date: new Date(nowMs).toUTCString() },
    body,
  };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  fault: FaultKind["kind"] | undefined,
): void {
  const body = Buffer.from(answer.body ?? "");
  const hasNoBody = request.method === "HEAD" || answer.status === 204;
  const length = answer.headers["content-length"] ?? String(hasNoBody ? 0 : body.length);
  response.writeHead(answer.status, { ...answer.headers, "content-length": length });
  if (hasNoBody) {
    response.end();
  } else if (fault === "stall-answer") {
    response.write(body.subarray(0, body.length / 2));
  } else if (fault === "truncate-answer") {
    response.write(body.subarray(0, body.length / 2), () => request.socket.destroy());
  } else {
    response.end(body);
  }
}

function isBookkeeping(key: string): boolean {
  return /(?:^|\/)_dagmar\//.test(key);
}

function isProbe(key: string): boolean {
  return key.endsWith("_dagmar/probe");
}
