/** The ObjectStore port: the books kept about objects in a lake, whoever wrote them. */
import type { RunFacts } from "./task-type.ts";

export type ObjectKind = "file" | "records" | "manifest" | "foreign";

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

export interface PlannedFile {
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
}

export interface ObjectStore {
  /** Key → what is known of it, for every known object below the prefix. */
  listKnown(lakeId: string, prefix: string): ReadonlyMap<string, KnownObject>;
  find(lakeId: string, key: string): KnownObject | undefined;
  /** The dataset's newest committed file by commit order. */
  findNewestFile(lakeId: string, dataset: string): KnownObject | undefined;
  /**
   * Enters objects found in the lake. Records' ids become `stored`; whatever the spool or a sealed batch still held
   * of them goes, so that nothing is written twice after a restored backup.
   */
  adopt(lakeId: string, found: readonly FoundObject[]): Promise<Adoption>;
  planFile(file: PlannedFile): Promise<number>;
  /** Committed last means newest, also when the object was committed before. */
  commitFile(objectId: number, etag: string): Promise<void>;
  /** The bytes of an adopted file were read and agree with its metadata. */
  confirmAdopted(objectId: number): Promise<void>;
  /** Forgets a planned file that was never stored. */
  dropPlannedFile(objectId: number): Promise<void>;
}
