/** What is asked over HTTP and what comes back, in values of our own. */
import type { AttemptFailure } from "./attempt-failure.ts";

export interface HttpRequest {
  /** Starts with `/`, with the query but without secrets. */
  readonly path: string;
  /** The path as it may be shown and logged. */
  readonly template: string;
  /** `false` where the same failed in an earlier attempt; default `true`. */
  readonly isFair?: boolean;
  /** Whether only a provider that is well gives this JSON to this request; default: none does. */
  readonly isProof?: (value: unknown) => boolean;
}

export type HttpAnswer =
  /** 2xx with JSON. `bytes` are the body as it came, decompressed. */
  | { readonly kind: "json"; readonly bytes: Buffer; readonly value: unknown }
  /** 3xx and 4xx, except those that are worth another try. Redirects are not followed. */
  | ({ readonly kind: "refused" } & RefusedAnswer)
  /** No sound answer within the retries; `detail` is for people and holds no secret. */
  | { readonly kind: "failed"; readonly failure: AttemptFailure; readonly detail: string };

export interface RefusedAnswer {
  readonly status: number;
  /** The parsed JSON of its body; `undefined` where it is none. */
  readonly value: unknown;
  readonly sizeBytes: number;
  readonly contentType: string;
  /** The `Location` header; empty where there is none. */
  readonly location: string;
}
