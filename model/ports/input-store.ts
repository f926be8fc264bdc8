/** The InputStore port: which object each task of a run reads, and what each run wrote, by dataset. */
import type { KnownObject } from "./object-store.ts";
import type { RunFacts } from "./task-type.ts";

/**
 * Where a task's input was found, in order of precedence. `same_run`: written by a task of the run. `followed_run`:
 * by the run that this one follows. `same_day`: the newest of runs of the same day, in the zone of the run's Dag, also of
 * runs that only the object itself names. `newest`: the dataset's newest object.
 */
export const INPUT_SOURCES = ["same_run", "followed_run", "same_day", "newest"] as const;
export type InputSource = (typeof INPUT_SOURCES)[number];
/** What this database's own runs have just written. */
export const NEAR_SOURCES: readonly InputSource[] = ["same_run", "followed_run"];

export interface TaskInput {
  readonly object: KnownObject;
  /** Of the run that stored the object, ISO UTC. */
  readonly logicalDate: string | null;
  readonly source: InputSource;
  /** `dag/run id`; `null` if no run of this database wrote the object. */
  readonly writtenBy: string | null;
}

export interface InputNeed {
  readonly lakeId: string;
  readonly run: RunFacts;
  readonly taskId: string;
  readonly dataset: string;
}

export interface DatasetWrite {
  readonly lakeId: string;
  readonly dataset: string;
  readonly run: RunFacts;
  readonly taskId: string;
  /** May be an object that was already in the lake with the same content. */
  readonly objectId: number;
}

/** Which objects of a dataset are read together: those of its newest day, of the run's day, or all. */
export type TakeMany = "newest_day" | "run_date" | "all";

export interface InputObject extends KnownObject {
  readonly logicalDate: string | null;
}

export interface InputStore {
  /**
   * The object that this task reads for a dataset: resolved once and stored until the task is cleared, so that a
   * retry reads the same object. Objects that are gone, or whose key has a foreign object now, are skipped.
   * `undefined` if none of the sources has one; then nothing is stored.
   */
  resolve(need: InputNeed, sources?: readonly InputSource[]): Promise<TaskInput | undefined>;
  /**
   * The objects of a dataset that this task reads together, without foreign ones and manifests, in the order of their keys:
   * resolved once, like a single one. An empty list is not stored.
   */
  resolveMany(need: InputNeed, take: TakeMany): Promise<readonly InputObject[]>;
  recordWrite(write: DatasetWrite): Promise<void>;
  /** The Dags whose runs have written the dataset, in any lake; if there are none, those that the run's Dag follows. */
  listWriters(run: RunFacts, dataset: string): Promise<readonly string[]>;
}
