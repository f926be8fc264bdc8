/** The CandidateStore port: which ids a CSV's content holds under which conditions; read once, kept by content. */
import type { JsonValue } from "../dag/dag.ts";

export interface CandidateKey {
  readonly lakeId: string;
  readonly sha256: string;
  /** Everything that decides which ids come out: id column, delimiter, conditions. */
  readonly conditions: Readonly<Record<string, JsonValue>>;
}

export interface CandidateCounts {
  readonly rows: number;
  readonly matchedRows: number;
  readonly faultyRows: Readonly<Record<string, number>>;
  /** What a person must know of the content, as its task type writes it; `null` where there is nothing to say. */
  readonly remarks?: Readonly<Record<string, JsonValue>> | null;
}

export interface CandidateSet extends CandidateCounts {
  readonly candidateSetId: number;
  readonly idCount: number;
}

export interface CandidateStore {
  find(key: CandidateKey): Promise<CandidateSet | undefined>;
  /** Begins a set that `find` does not see before it is complete. */
  stage(key: CandidateKey, dataset: string): Promise<CandidateStage>;
}

/** A set whose ids come a few at a time; one call at a time. A process that dies leaves nothing that `find` would see. */
export interface CandidateStage {
  /** How many ids were added. */
  readonly idCount: number;
  /** The next ids in their order. Resolves when there is room for more. */
  add(ids: readonly string[]): Promise<void>;
  /** Makes it the set of its key, in one transaction; where another came first that one is given, and stays. */
  complete(counts: CandidateCounts): Promise<CandidateSet>;
  /** Removes what was kept of a set that is not complete. */
  discard(): Promise<void>;
}
