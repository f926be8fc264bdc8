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
}

export interface CandidateSet extends CandidateCounts {
  readonly candidateSetId: number;
  readonly idCount: number;
}

export interface CandidateStore {
  find(key: CandidateKey): Promise<CandidateSet | undefined>;
  /** Keeps the ids in their order; the same key again gives the set that is there. */
  save(
    key: CandidateKey,
    dataset: string,
    ids: readonly string[],
    counts: CandidateCounts,
  ): Promise<CandidateSet>;
}
