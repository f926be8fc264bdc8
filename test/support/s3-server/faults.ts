/** What goes wrong, when, and how often: the script of a test, consulted once per request. */

export type Operation =
  | "PutObject"
  | "HeadObject"
  | "GetObject"
  | "DeleteObject"
  | "ListObjectsV2"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | "ListMultipartUploads"
  | "ListParts";

export type FaultKind =
  /** Answered before anything is stored, after the body was read. */
  | {
      readonly kind: "error";
      readonly status: number;
      readonly code: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly message?: string;
    }
  /** Everything is done, then the answer is an error. */
  | { readonly kind: "error-after-store"; readonly status: number; readonly code: string }
  /** Everything is done, then the connection is dropped. */
  | { readonly kind: "drop-after-store" }
  /** The connection is dropped before the body is read. */
  | { readonly kind: "reset-before" }
  /** Some of the body is read, then the connection is dropped. */
  | { readonly kind: "half-read-reset" }
  /** The body is read and no answer ever comes; nothing is stored. */
  | { readonly kind: "hang" }
  /** The answer comes late. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** A bit of the body flips on its way in, before checksums are compared. */
  | { readonly kind: "flip-on-the-way" }
  /** A bit flips after the checksums were compared: the store holds other bytes. */
  | { readonly kind: "flip-in-store" }
  /** A foreign object is there just before. */
  | {
      readonly kind: "foreign-object";
      readonly body: string;
      readonly metadata?: Readonly<Record<string, string>>;
    }
  /** GetObject: the body is cut short after half of it. */
  | { readonly kind: "truncate-answer" }
  /** The body is read at this pace. */
  | { readonly kind: "slow-read"; readonly bytes: number; readonly everyMs: number }
  /** Only the body's beginning is read. */
  | { readonly kind: "stop-reading" }
  /** GetObject: the body stands still after half of it. */
  | { readonly kind: "stall-answer" }
  /** The answer names no ETag. */
  | { readonly kind: "no-etag" }
  /** The unfinished upload that the request names is gone. */
  | { readonly kind: "lose-upload" };

export interface FaultMatcher {
  readonly operation?: Operation;
  /** Key in the bucket, whole or by pattern. The lakes' probe and notes are matched only where they are named. */
  readonly key?: string | RegExp;
  /** Only requests with (or without) `If-None-Match`. */
  readonly isConditional?: boolean;
}

export interface ScriptedFault {
  readonly when: FaultMatcher;
  /** How many requests it affects; default 1. */
  readonly times?: number;
  readonly fault: FaultKind;
}

export interface FaultSubject {
  readonly operation: Operation;
  readonly key: string;
  readonly isConditional: boolean;
}

export class FaultScript {
  #pending: { readonly scripted: ScriptedFault; left: number }[] = [];

  /** Faults are tried in the order in which they were given; one request meets one fault. */
  push(...faults: readonly ScriptedFault[]): void {
    this.#pending.push(...faults.map((scripted) => ({ scripted, left: scripted.times ?? 1 })));
  }

  /** How many faults are still to come. A test that expects all of its faults checks for 0. */
  get leftCount(): number {
    return this.#pending.reduce((sum, { left }) => sum + left, 0);
  }

  clear(): void {
    this.#pending = [];
  }

  take(subject: FaultSubject): FaultKind | undefined {
    const found = this.#pending.find(({ scripted }) => isMatch(scripted.when, subject));
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left === 0) this.#pending = this.#pending.filter((entry) => entry !== found);
    return found.scripted.fault;
  }
}

function isMatch(when: FaultMatcher, subject: FaultSubject): boolean {
  if (when.operation !== undefined && when.operation !== subject.operation) return false;
  if (when.isConditional !== undefined && when.isConditional !== subject.isConditional) return false;
  if (when.key === undefined) return !/(?:^|\/)_dagmar\//.test(subject.key);
  return typeof when.key === "string" ? when.key === subject.key : when.key.test(subject.key);
}
