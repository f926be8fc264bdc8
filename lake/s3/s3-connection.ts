/**
 * One bucket over the AWS SDK: the client is loaded when first needed, each try is bounded in time, failed ones are
 * sent again in this one layer (the SDK's own is off), and what remains becomes a `LakeError`.
 */
import type { S3, S3ClientConfig } from "@aws-sdk/client-s3";
import { setMaxListeners } from "node:events";
import { LakeError } from "../../model/errors.ts";
import { retryWithJitter, type RetryTools } from "../retry.ts";
import { describeS3Fault, isExpired, isMuteRefusal, isSkewLikely, judgeFault } from "./s3-faults.ts";
import { DEFAULT_S3_TIMEOUTS, type S3Options } from "./s3-options.ts";

/** Temporary credentials are fetched afresh this often for one request. */
const MAX_RENEWALS = 2;

/** Left to itself the SDK writes to the console when a stream cannot be sent again. */
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export interface SendOptions {
  readonly abortSignal: AbortSignal;
  readonly requestTimeout: number;
}

export interface S3Call<T> {
  /** What is asked for, for messages: operation and key. */
  readonly what: string;
  /** The permission that it needs. */
  readonly permission: string;
  /** Bytes of the body to send, which lengthen the deadline. */
  readonly bodyBytes?: number;
  readonly signal?: AbortSignal | undefined;
  /** One try. Called again with the same bytes. */
  send(s3: S3, options: SendOptions): Promise<T>;
  /** Sees each fault before it is judged; may answer in its place or raise another. */
  onFault?(fault: unknown): Promise<{ readonly answer: T } | undefined>;
}

export class S3Connection {
  readonly bucket: string;
  readonly #options: S3Options;
  readonly #tools: RetryTools;
  readonly #closing = new AbortController();
  #client: Promise<S3> | undefined;

  constructor(bucket: string, options: S3Options, tools: RetryTools) {
    this.bucket = bucket;
    this.#options = options;
    this.#tools = tools;
    // Every request under way listens to it.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Sends a request until it is answered. Raises `LakeError`; the signal's reason when aborted. */
  async call<T>(call: S3Call<T>): Promise<T> {
    let renewals = 0;
    try {
      return await retryWithJitter(
        this.#tools,
        async () => {
          try {
            return await this.#sendOnce(call);
          } catch (fault) {
            call.signal?.throwIfAborted();
            this.#closing.signal.throwIfAborted();
            const settled = await call.onFault?.(fault);
            if (settled === undefined) throw fault;
            return settled.answer;
          }
        },
        (fault) => {
          const isMute = call.what.startsWith("HeadObject") && isMuteRefusal(fault);
          if (!isExpired(fault) && !isMute) return judgeFault(fault);
          renewals += 1;
          // Another client asks the credentials' source anew; requests under way keep the one they have. It would not know what
          // this one has learnt of the store's clock, so a refusal that may be about the clock keeps this one.
          if (!isSkewLikely(fault)) this.#client = undefined;
          return { isRetryable: renewals <= MAX_RENEWALS };
        },
        call.signal,
      );
    } catch (fault) {
      call.signal?.throwIfAborted();
      throw describeS3Fault(fault, {
        bucket: this.bucket,
        endpoint: this.#options.endpoint,
        what: call.what,
        permission: call.permission,
      });
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new LakeError("LAKE_UNAVAILABLE", "The lake was closed.", false));
    const client = this.#client;
    this.#client = undefined;
    (await client?.catch(() => undefined))?.destroy();
  }

  async #sendOnce<T>(call: S3Call<T>): Promise<T> {
    const client = await this.#connect();
    const timeouts = this.#options.timeouts ?? DEFAULT_S3_TIMEOUTS;
    const mebibytes = (call.bodyBytes ?? 0) / (1024 * 1024);
    const deadlineMs = Math.ceil(timeouts.requestMs + mebibytes * timeouts.perMebibyteMs);
    return await withDeadline(deadlineMs, [call.signal, this.#closing.signal], async (abortSignal) =>
      call.send(client, { abortSignal, requestTimeout: deadlineMs }),
    );
  }

  async #connect(): Promise<S3> {
    this.#client ??= this.#open().catch((fault: unknown) => {
      this.#client = undefined;
      throw fault;
    });
    return await this.#client;
  }

  async #open(): Promise<S3> {
    const sdk = await import("@aws-sdk/client-s3");
    const { endpoint, region, credentials, forcePathStyle } = this.#options;
    const timeouts = this.#options.timeouts ?? DEFAULT_S3_TIMEOUTS;
    const isCustom = endpoint !== undefined;
    const config: S3ClientConfig = {
      maxAttempts: 1,
      logger: SILENT,
      // With it the SDK opens a connection per body and, where a store never answers 100, waits for the whole time-out.
      expectContinueHeader: false,
      requestHandler: {
        connectionTimeout: timeouts.connectMs,
        socketTimeout: timeouts.idleMs,
        requestTimeout: timeouts.requestMs,
        throwOnRequestTimeout: true,
      },
      forcePathStyle: forcePathStyle ?? isCustom,
      ...(isCustom ? { endpoint, region: region ?? "us-east-1" } : {}),
      ...(isCustom
        ? { requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" }
        : {}),
      ...(region === undefined ? {} : { region }),
      ...(credentials === undefined ? {} : { credentials }),
    };
    const client = new sdk.S3(config);
    signPlannedContent(client);
    return client;
  }
}

/**
 * Signs the planned SHA-256 of a body as `x-amz-content-sha256`, so that a store that checks signatures refuses other
 * bytes, and neither hashes a buffer twice nor sends a stream unsigned.
 */
function signPlannedContent(client: S3): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const { input, request } = args as { input: unknown; request?: unknown };
      const sha256 = readField(input, "ChecksumSHA256");
      const headers = readField(request, "headers");
      const hasBody = readField(input, "Body") !== undefined;
      if (hasBody && typeof sha256 === "string" && typeof headers === "object" && headers !== null) {
        Object.assign(headers, { "x-amz-content-sha256": Buffer.from(sha256, "base64").toString("hex") });
      }
      return await next(args);
    },
    { step: "build", name: "signPlannedContent" },
  );
}

function ignore(): void {
  return undefined;
}

function readField(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/**
 * Runs `work` with a signal that is aborted by the deadline or by any of `signals`. A body that `work` resolves to is no
 * longer bound by the deadline, only by the signals of its own.
 */
async function withDeadline<T>(
  deadlineMs: number,
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const deadline = AbortSignal.timeout(deadlineMs);
  const sources = [deadline, ...signals.filter((signal) => signal !== undefined)];
  const abort = (event: Event) => {
    if (event.target instanceof AbortSignal) controller.abort(event.target.reason);
  };
  for (const source of sources) {
    if (source.aborted) controller.abort(source.reason);
    source.addEventListener("abort", abort, { once: true });
  }
  try {
    return await work(controller.signal);
  } finally {
    for (const source of sources) source.removeEventListener("abort", abort);
  }
}
