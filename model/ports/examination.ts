/** What an examination of the surroundings finds: one line a matter, and what to do where it is not well. */
import type { Clock } from "./clock.ts";

export const FINDING_STATES = ["ok", "warn", "fail"] as const;
export type FindingState = (typeof FINDING_STATES)[number];

export interface Finding {
  /** The matter in a word or two: `database`, `bucket: write`. */
  readonly what: string;
  readonly state: FindingState;
  readonly says: string;
  /** What to do; `null` where there is nothing to do. */
  readonly todo: string | null;
}

/** A program that a task type computes with and that may not be installed, as far as an examination needs it. */
export interface TaskEngine {
  readonly name: string;
  /** Starts it once; says its version. Raises a `DagmarError`. */
  probe(tools: { readonly clock: Clock; readonly signal: AbortSignal }): Promise<string>;
}

/** A service that a task type asks, as far as an examination needs it. */
export interface TaskService {
  readonly name: string;
  /** A URL. */
  readonly address: string;
  /** Raises a `DagmarError` if what it needs is not set, such as a token. */
  assertConfigured(): void;
  /** One request with the configured credentials; says what it showed. Raises a `DagmarError`. */
  probe(signal: AbortSignal): Promise<string>;
}
