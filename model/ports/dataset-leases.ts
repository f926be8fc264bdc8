/**
 * The DatasetLeases port: in a lake, one process at a time asks for the records of a dataset, also if each has a database of
 * its own.
 */
import type { Logger } from "./logger.ts";
import type { RunFacts } from "./task-type.ts";

export interface DatasetLease {
  /** Aborted with a `TaskReschedule` `DATASET_BUSY` when another process has taken it, or may have. */
  readonly lost: AbortSignal;
  /** Raises nothing. */
  release(): Promise<void>;
}

export interface LeaseTaker {
  readonly run: Pick<RunFacts, "dagId" | "runId" | "timezone">;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface DatasetLeases {
  /**
   * Held, and renewed, until it is released. Raises `TaskReschedule` `DATASET_BUSY`, which names the holder, and what the
   * store raises. Without the permission to keep leases it warns, and the lease keeps no other process away.
   */
  take(dataset: string, taker: LeaseTaker): Promise<DatasetLease>;
}
