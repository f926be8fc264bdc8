/** The CandidateStore port: the ids of a CSV's content under given conditions, read once and stored by content hash. */
import type { JsonValue } from "../dag/dag.ts";

export interface CandidateKey {
  readonly lakeId: string;
  readonly sha256: string;
  /** Everything that decides the ids: id column, delimiter, conditions. */
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
  /** Starts a set that `find` does not return before it is complete. */
  stage(key: CandidateKey, dataset: string): Promise<CandidateStage>;
}

/** A set that gets its ids a few at a time; one call at a time. If the process dies, `find` never returns the set. */
export interface CandidateStage {
  /** How many ids were added. */
  readonly idCount: number;
  /** The next ids in their order. Resolves when there is room for more. */
  add(ids: readonly string[]): Promise<void>;
  /** Makes it the set of its key, in one transaction. If another set came first, that one stays and is returned. */
  complete(counts: CandidateCounts): Promise<CandidateSet>;
  /** Removes the stored ids of an incomplete set. */
  discard(): Promise<void>;
}
