/** The ObjectStore port: the records of objects in a lake, including foreign ones. */
import type { ListedDecision } from "../records/decided-ids.ts";
import type { Removal } from "../records/removal-record.ts";
import type { TableIdentity } from "../records/table-identity.ts";
import type { RunFacts } from "./task-type.ts";

export const OBJECT_KINDS = ["file", "records", "manifest", "foreign"] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** An object in the lake, or (`isCommitted` false) one that is about to be put. */
export interface KnownObject {
  readonly objectId: number;
  readonly key: string;
  readonly kind: ObjectKind;
  readonly dataset: string | null;
  readonly sha256: string | null;
  readonly sizeBytes: number;
  readonly etag: string | null;
  readonly isCommitted: boolean;
  /** Found in the lake's listing; for a file: its bytes have not been read since. */
  readonly isAdopted: boolean;
}

/** The lake's metadata of an object that this database does not have. */
export interface FoundObject {
  readonly key: string;
  readonly kind: ObjectKind;
  readonly dataset: string | null;
  readonly sha256: string | null;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly logicalDate: string | null;
  /** For records only: the questions that they answer. */
  readonly answers: FoundAnswers | null;
  /** For a derived table only. */
  readonly table?: TableIdentity;
}

export interface FoundAnswers {
  readonly batchUid: string;
  readonly questionHash: string;
  readonly generation: string;
  readonly askedIds: readonly string[];
}

export interface ListedElsewhere {
  readonly manifestKey: string;
  readonly dataset: string;
  readonly questionHash: string;
  readonly batchUids: readonly string[];
  readonly decisions: readonly ListedDecision[];
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
  /** Ids of an adopted object that another object already held. */
  readonly doubledIds: number;
  /** Recorded objects whose keys have other bytes now. */
  readonly replaced: Loss;
  /** Not adopted: a user removed this object, and that was not undone. */
  readonly removedKeys: readonly string[];
}

/** The record of a removal as it was found in the lake. */
export interface FoundRemoval {
  readonly removal: Removal;
  readonly recordKey: string;
  readonly recordText: string;
  readonly etag: string;
}

export type RemovalFacts = Pick<Removal, "key" | "why" | "requestedBy" | "requestedAt">;

/** Content that the store no longer holds. */
export interface Loss {
  /** Keys; foreign objects are not counted. */
  readonly keys: readonly string[];
  /** Ids that no other object holds; they are asked again. */
  readonly ids: number;
}

/** A recorded object with another etag but the same bytes. */
export interface SeenAgain {
  readonly objectId: number;
  readonly etag: string;
  /** For a file: its bytes have to be read before anything relies on them. */
  readonly isUnread: boolean;
}

export interface ObjectStore {
  /** Known objects by key: all below the prefix, and those of the dataset elsewhere. */
  listKnown(lakeId: string, prefix: string, dataset: string): Promise<ReadonlyMap<string, KnownObject>>;
  find(lakeId: string, key: string): Promise<KnownObject | undefined>;
  /** The dataset's newest committed file by commit order. */
  findNewestFile(lakeId: string, dataset: string): Promise<KnownObject | undefined>;
  /**
   * Records objects found in the lake. Ids of records become `stored`; copies in the spool or in a sealed batch are
   * dropped later, so that nothing is written twice after a restored backup. An object recorded at the same key with
   * other bytes counts as gone.
   */
  adopt(lakeId: string, found: readonly FoundObject[]): Promise<Adoption>;
  /**
   * The store no longer holds these objects. Ids that another object holds stay stored; the others become transient
   * failures with the reason `object_missing` and are asked again.
   */
  markMissing(objectIds: readonly number[]): Promise<Loss>;
  noteSeenAgain(seen: readonly SeenAgain[]): Promise<void>;
  /**
   * What another database's manifest lists: no manifest of this database lists its batches again, and its ids without an
   * object are decided here too, unless this database has an answer or a newer decision. Returns how many ids are new.
   */
  noteListed(lakeId: string, listed: ListedElsewhere): Promise<number>;
  /**
   * Removals that another database, or this one before its loss, recorded in the lake: their objects count as removed, and
   * their ids are left out. Returns the keys of the objects whose removal was not known.
   */
  noteRemovals(lakeId: string, found: readonly FoundRemoval[]): Promise<readonly string[]>;
  /** The removals of objects with this content that were not undone. */
  findRemovals(lakeId: string, sha256: string): Promise<readonly RemovalFacts[]>;
  prepareFile(file: PreparedFile): Promise<number>;
  /** The object committed last is the newest, also if it was committed before. */
  commitFile(objectId: number, etag: string): Promise<void>;
  /** The bytes of an adopted file were read and agree with its metadata. */
  confirmAdopted(objectId: number): Promise<void>;
  /** Forgets a planned file that was never stored. */
  dropPreparedFile(objectId: number): Promise<void>;
}
