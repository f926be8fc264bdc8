/** A request and its answer over HTTP, in values of our own. */
import type { AttemptFailure } from "./attempt-failure.ts";

export interface HttpRequest {
  /** Starts with `/`, with the query but without secrets. */
  readonly path: string;
  /** The path in a form that may be shown and logged. */
  readonly template: string;
  /** `false` if the same request failed in an earlier attempt; default `true`. */
  readonly isFair?: boolean;
  /** Whether only a working provider gives this JSON to this request; default: none does. */
  readonly isProof?: (value: unknown) => boolean;
}

export type HttpAnswer =
  /** 2xx with JSON. `bytes` are the body as received, decompressed. */
  | { readonly kind: "json"; readonly bytes: Buffer; readonly value: unknown }
  /** 3xx and 4xx, except those that are worth another try. Redirects are not followed. */
  | ({ readonly kind: "refused" } & RefusedAnswer)
  /** No valid answer within the retries; `detail` is for people and holds no secret. */
  | { readonly kind: "failed"; readonly failure: AttemptFailure; readonly detail: string };

export interface RefusedAnswer {
  readonly status: number;
  /** The parsed JSON of its body; `undefined` if it is not JSON. */
  readonly value: unknown;
  readonly sizeBytes: number;
  readonly contentType: string;
  /** The `Location` header; empty if there is none. */
  readonly location: string;
}
