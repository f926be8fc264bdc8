/** The ObjectStore port: the books kept about objects in a lake, whoever wrote them. */
import type { RunFacts } from "./task-type.ts";

export const OBJECT_KINDS = ["file", "records", "manifest", "foreign"] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** An object that is known to stand in the lake, or (`isCommitted` false) is about to. */
export interface KnownObject {
  readonly objectId: number;
  readonly key: string;
  readonly kind: ObjectKind;
  readonly dataset: string | null;
  readonly sha256: string | null;
  readonly sizeBytes: number;
  readonly etag: string | null;
  readonly isCommitted: boolean;
  /** Learned from the lake's listing; for a file: its bytes have not been read since. */
  readonly isAdopted: boolean;
}

/** What the lake's own metadata says of an object that this database does not know. */
export interface FoundObject {
  readonly key: string;
  readonly kind: ObjectKind;
  readonly dataset: string | null;
  readonly sha256: string | null;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly logicalDate: string | null;
  /** For records only: what they answer. */
  readonly answers: FoundAnswers | null;
}

export interface FoundAnswers {
  readonly batchUid: string;
  readonly questionHash: string;
  readonly generation: string;
  readonly askedIds: readonly string[];
}

export interface PreparedFile {
  readonly lakeId: string;
  readonly dataset: string;
  readonly key: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly run: RunFacts;
  readonly taskId: string;
}

export interface Adoption {
  readonly objects: number;
  readonly ids: number;
  /** Ids that an adopted object holds although another object held them already. */
  readonly doubledIds: number;
  /** What was recorded at keys at which other bytes stand now. */
  readonly replaced: Loss;
}

/** What the store no longer holds. */
export interface Loss {
  /** Keys; foreign objects are not counted. */
  readonly keys: readonly string[];
  /** Ids that no other object holds: they are asked again. */
  readonly ids: number;
}

/** A recorded object that the store shows with another etag and the same bytes. */
export interface SeenAgain {
  readonly objectId: number;
  readonly etag: string;
  /** For a file: its bytes have to be read before anything relies on them. */
  readonly isUnread: boolean;
}

export interface ObjectStore {
  /** Key → what is known of it: every object below the prefix, and those of the dataset that stand elsewhere. */
  listKnown(lakeId: string, prefix: string, dataset: string): Promise<ReadonlyMap<string, KnownObject>>;
  find(lakeId: string, key: string): Promise<KnownObject | undefined>;
  /** The dataset's newest committed file by commit order. */
  findNewestFile(lakeId: string, dataset: string): Promise<KnownObject | undefined>;
  /**
   * Enters objects found in the lake. Records' ids become `stored`; whatever the spool or a sealed batch still holds
   * of them is left out later, so that nothing is written twice after a restored backup. What was recorded at the same key with other
   * bytes counts as gone.
   */
  adopt(lakeId: string, found: readonly FoundObject[]): Promise<Adoption>;
  /**
   * The store holds these objects no longer. Their ids count as stored where another object has them too; the others become
   * failures of the moment with the reason `object_missing`, so that they are asked again.
   */
  markMissing(objectIds: readonly number[]): Promise<Loss>;
  noteSeenAgain(seen: readonly SeenAgain[]): Promise<void>;
  /** A manifest of another database lists these batches: none of ours will list them again. */
  noteListed(lakeId: string, manifestKey: string, batchUids: readonly string[]): Promise<void>;
  prepareFile(file: PreparedFile): Promise<number>;
  /** Committed last means newest, also when the object was committed before. */
  commitFile(objectId: number, etag: string): Promise<void>;
  /** The bytes of an adopted file were read and agree with its metadata. */
  confirmAdopted(objectId: number): Promise<void>;
  /** Forgets a planned file that was never stored. */
  dropPreparedFile(objectId: number): Promise<void>;
}
