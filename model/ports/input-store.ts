/** The InputStore port: which object each task of a run reads, and what each run wrote, by dataset. */
import type { KnownObject } from "./object-store.ts";
import type { RunFacts } from "./task-type.ts";

/**
 * Where a task's input was found; the first of these that holds the dataset is taken. `same_run`: a task of the run wrote
 * it. `followed_run`: the run that this one follows. `same_day`: the newest that runs of the same day wrote, in the zone
 * of the run's Dag. `newest`: the dataset's newest object.
 */
export const INPUT_SOURCES = ["same_run", "followed_run", "same_day", "newest"] as const;
export type InputSource = (typeof INPUT_SOURCES)[number];

export interface TaskInput {
  readonly object: KnownObject;
  readonly source: InputSource;
  /** `dag/run id`; `null` for an object that no run of this database wrote. */
  readonly writtenBy: string | null;
}

export interface DatasetWrite {
  readonly lakeId: string;
  readonly dataset: string;
  readonly run: RunFacts;
  readonly taskId: string;
  /** Also one that stood in the lake before with the same content. */
  readonly objectId: number;
}

export interface InputStore {
  /**
   * The object that this task reads for a dataset: resolved once, and kept until the task is cleared, so that a retry
   * reads what the attempt before it read. An object that is known to be gone, or whose key holds something foreign by
   * now, is passed over. `undefined` while the lake holds none; then nothing is kept.
   */
  resolve(lakeId: string, run: RunFacts, taskId: string, dataset: string): Promise<TaskInput | undefined>;
  recordWrite(write: DatasetWrite): Promise<void>;
  /** The Dags whose runs have written the dataset, in any lake; where there are none, those that the run's Dag follows. */
  listWriters(run: RunFacts, dataset: string): Promise<readonly string[]>;
}
