/**
 * One bucket over the AWS SDK: the client is loaded when first needed, each try is limited by its progress, failed
 * tries are repeated only in this layer (the SDK's own retries are off), and a remaining fault becomes a `LakeError`.
 */
import type { S3 } from "@aws-sdk/client-s3";
import { setMaxListeners } from "node:events";
import { LakeError } from "../../model/errors.ts";
import { retryWithJitter, type RetryTools } from "../retry.ts";
import { differInCredentials, openClient } from "./s3-client.ts";
import { describeS3Fault } from "./describe-s3-fault.ts";
import { isExpired, isKeyRefused, isMuteRefusal, judgeFault } from "./s3-faults.ts";
import { DEFAULT_S3_TIMEOUTS, type S3Options } from "./s3-options.ts";
import { runTry } from "./s3-patience.ts";

export interface SendOptions {
  readonly abortSignal: AbortSignal;
  /** The SDK's own, which is off. */
  readonly requestTimeout: 0;
  /** Called with the number of body bytes that the connection has taken so far. */
  readonly progress: (takenBytes: number) => void;
}

export interface S3Call<T> {
  /** The operation and the key, for messages. */
  readonly what: string;
  /** The permission that it needs. */
  readonly permission: string;
  /** Bytes of the body to send: the try continues as long as bytes are sent. */
  readonly bodyBytes?: number;
  /** More time for the answer, if the store has much to do. */
  readonly extraMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** One try. Called again with the same bytes. */
  send(s3: S3, options: SendOptions): Promise<T>;
  /** Gets each fault before it is judged; may return an answer instead or raise another fault. */
  onFault?(fault: unknown): Promise<{ readonly answer: T } | undefined>;
}

export class S3Connection {
  readonly bucket: string;
  readonly options: S3Options;
  /** The store's address as `nameStore` writes it: nothing is sent to another. */
  readonly store: string;
  readonly #tools: RetryTools;
  readonly #closing = new AbortController();
  readonly #opened: S3[] = [];
  #client: Promise<S3> | undefined;

  constructor(bucket: string, store: string, options: S3Options, tools: RetryTools) {
    this.bucket = bucket;
    this.options = options;
    this.store = store;
    this.#tools = tools;
    // Every request under way listens to it.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Sends a request until it is answered. Raises `LakeError`, or the signal's reason when aborted. */
  async call<T>(call: S3Call<T>): Promise<T> {
    let hasRenewed = false;
    let isWorthAnother = false;
    try {
      return await retryWithJitter(
        this.#tools,
        async () => {
          const client = await this.#connect();
          try {
            return await this.#sendOnce(client, call);
          } catch (fault) {
            call.signal?.throwIfAborted();
            this.#closing.signal.throwIfAborted();
            const settled = await call.onFault?.(fault);
            if (settled !== undefined) return settled.answer;
            isWorthAnother = !hasRenewed && (await this.#renew(client, call, fault));
            hasRenewed ||= isWorthAnother;
            throw fault;
          }
        },
        (fault) => (isWorthAnother ? { isRetryable: true } : judgeFault(fault)),
        call.signal,
      );
    } catch (fault) {
      call.signal?.throwIfAborted();
      throw describeS3Fault(fault, {
        bucket: this.bucket,
        endpoint: this.options.endpoint,
        region: this.options.region,
        named: this.options.named ?? {},
        what: call.what,
        permission: call.permission,
      });
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new LakeError("LAKE_UNAVAILABLE", "The lake was closed.", false));
    await this.#client?.catch(() => undefined);
    this.#client = undefined;
    for (const client of this.#opened.splice(0)) client.destroy();
  }

  async #sendOnce<T>(client: S3, call: S3Call<T>): Promise<T> {
    const { timeouts = DEFAULT_S3_TIMEOUTS } = this.options;
    const limits = { timeouts, bodyBytes: call.bodyBytes ?? 0, extraMs: call.extraMs ?? 0 };
    return await runTry(limits, [call.signal, this.#closing.signal], async ({ signal, progress }) =>
      call.send(client, { abortSignal: signal, requestTimeout: 0, progress }),
    );
  }

  /**
   * Asks the source of the credentials again if they may be what was refused, and returns whether the request deserves
   * another try: once, whatever the source gave. Requests under way keep their client.
   */
  async #renew(used: S3, call: S3Call<unknown>, fault: unknown): Promise<boolean> {
    const isMute = call.what.startsWith("HeadObject") && isMuteRefusal(fault);
    const mayBeOld = isExpired(fault) || isMute;
    if (!mayBeOld && !isKeyRefused(fault)) return false;
    if ((await this.#client) === used) this.#client = undefined;
    const fresh = await this.#connect(used.config.systemClockOffset);
    return mayBeOld || (await differInCredentials(used, fresh));
  }

  async #connect(clockOffsetMs = 0): Promise<S3> {
    this.#client ??= this.#open(clockOffsetMs).catch((fault: unknown) => {
      this.#client = undefined;
      throw fault;
    });
    return await this.#client;
  }

  async #open(clockOffsetMs: number): Promise<S3> {
    const place = { bucket: this.bucket, store: this.store, clockOffsetMs };
    const client = await openClient(this.options, place);
    this.#opened.push(client);
    return client;
  }
}
