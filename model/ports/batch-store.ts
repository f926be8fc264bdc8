/**
 * The BatchStore port: the database side of the record protocol, one transaction per method. lake/protocol has the
 * protocol.
 */
import type { AskPlan, AskPolicy, PlannedId } from "../records/ask-policy.ts";
import type { JsonValue } from "../dag/dag.ts";
import type { Question } from "../records/question.ts";
import type { PackableRecord } from "../records/record-batch.ts";
import type { Reconciliation } from "../records/reconciliation.ts";
import type { RunFacts } from "./task-type.ts";

/** One task's asking of one question. Spooled records, batches and manifests belong to an ask. */
export interface AskRequest {
  readonly lakeId: string;
  readonly question: Question;
  readonly run: RunFacts;
  readonly taskId: string;
  readonly candidateSetId: number;
  /** All names resolved except `${seq}`. */
  readonly keyTemplate: string;
  readonly limit: number | null;
  /** Where the ids come from, for the manifest: the CSV's key and sha256. */
  readonly source: Readonly<Record<string, JsonValue>>;
}

export interface Ask {
  readonly askId: number;
  readonly questionHash: string;
}

export type RecordFacts = Readonly<Record<string, string | number>>;

export interface FetchedRecord {
  readonly askId: number;
  readonly generation: string;
  readonly askedId: string;
  readonly structure: string;
  readonly body: Uint8Array;
  /** Further columns of the record in the manifest. A task type gives every record the same names. */
  readonly facts: RecordFacts;
  /** ISO UTC. */
  readonly fetchedAt: string;
}

export interface DecidedId {
  readonly askId: number;
  readonly generation: string;
  readonly askedId: string;
  readonly outcome: "not_found" | "failed";
  readonly reason: string;
  readonly detail: string;
  readonly isPermanent: boolean;
  readonly fetchedAt: string;
}

export interface SpooledRecord extends PackableRecord {
  readonly askId: number;
}

/** A sealed batch without the records that other objects hold. */
export interface LeftOut {
  readonly leftOutIds: number;
  readonly rest: readonly SpooledRecord[];
}

export const BATCH_KINDS = ["records", "manifest"] as const;

/** A sealed batch never changes, except for its key if another object has that key. */
export interface SealedBatch {
  readonly batchId: number;
  readonly kind: (typeof BATCH_KINDS)[number];
  readonly key: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly recordCount: number;
  /** Goes into the object's metadata. */
  readonly identity: BatchIdentity;
}

export interface BatchIdentity {
  readonly batchUid: string;
  readonly dataset: string;
  readonly questionHash: string;
  readonly generation: string;
  readonly logicalDate: string;
  readonly askedIds: readonly string[];
}

/** The ids' texts are read from the database on demand, some hundred at a time. */
export interface IdPlan extends Omit<AskPlan, "at"> {
  /** `undefined` after the last. */
  at(index: number): Promise<PlannedId | undefined>;
}

export interface BatchStore {
  /** The ask of this task for this question and generation: created on the first call, the same on later ones. */
  openAsk(request: AskRequest): Promise<Ask>;
  /** PLAN: the ids still to ask, in candidate order. */
  plan(ask: Ask, policy: AskPolicy): Promise<IdPlan>;
  /** Whether the id would still be planned now. */
  isStillPlanned(ask: Ask, id: PlannedId, policy: AskPolicy): Promise<boolean>;
  /** SPOOL; resolves after the commit, which may be shared with others that come within 10 ms. */
  spool(record: FetchedRecord): Promise<SpooledRecord>;
  /** Records an outcome that stores nothing; resolves after a commit that may be shared. */
  decide(decided: DecidedId): Promise<void>;
  /** Spooled and unsealed records of the dataset, oldest first. */
  listUnsealed(lakeId: string, dataset: string): Promise<readonly SpooledRecord[]>;
  listSealed(lakeId: string, dataset: string): Promise<readonly SealedBatch[]>;
  /**
   * SEAL: turns these records, in this order, into one batch with a key and a sha256, without those that other
   * objects hold meanwhile. `undefined` if other objects hold all of them.
   */
  seal(records: readonly SpooledRecord[]): Promise<SealedBatch | undefined>;
  readBody(batchId: number): Promise<Uint8Array>;
  /**
   * Before the put: removes records that other objects hold meanwhile. Then the batch is gone and its other records
   * are spooled and unsealed again. `undefined` if there are none; the batch stays.
   */
  leaveOutStored(batch: SealedBatch): Promise<LeftOut | undefined>;
  /** Discards a sealed batch whose body is damaged: its ids are asked again, a manifest is created again. */
  discard(batch: SealedBatch): Promise<void>;
  /** Takes the next `seq`, because another object has the batch's key. */
  rekey(batch: SealedBatch): Promise<SealedBatch>;
  /**
   * COMMIT: the batch, its object and its ids. If the ask is closing and this was its last open batch, the same
   * transaction creates the manifest's body and returns it as sealed.
   */
  commit(
    batch: SealedBatch,
    etag: string,
    options: { readonly isClosing: boolean },
  ): Promise<readonly SealedBatch[]>;
  /**
   * Creates manifests for committed batches that no manifest lists yet, of every ask of the dataset with nothing
   * open.
   */
  fixManifests(lakeId: string, dataset: string): Promise<readonly SealedBatch[]>;
  reconcile(ask: Ask): Promise<Reconciliation>;
  /** Stores the sum with the ask and closes it. */
  close(ask: Ask, sum: Reconciliation): Promise<void>;
  /** An id that is stored under the ask's question, at or after `near` if there is one. */
  pickStored(ask: Ask, near: string): Promise<string | undefined>;
  /** Reasons of this ask's failed ids with their counts, most frequent first. */
  listFailures(ask: Ask): Promise<readonly FailureCount[]>;
}

export interface FailureCount {
  readonly reason: string;
  readonly count: number;
  readonly example: string;
  readonly isPermanent: boolean;
}
