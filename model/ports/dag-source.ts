/** The DagSource port: the Dag files as they are now. config/ reads and checks them; the scheduler decides when. */
import type { DagDefinition } from "../dag/dag.ts";
import type { DagIssue } from "../errors.ts";

export interface SourceDag {
  readonly definition: DagDefinition;
  readonly fingerprint: string;
  /** `false`: checked and listed, but never scheduled or run. */
  readonly enabled: boolean;
  readonly file: string;
}

export interface SourceFolder {
  readonly dags: ReadonlyMap<string, SourceDag>;
  readonly broken: ReadonlyMap<string, readonly DagIssue[]>;
}

export interface DagSource {
  /** Cheap; changes whenever a file may have changed. */
  stamp(): Promise<string>;
  /** Raises `ConfigError` if the folder does not exist. */
  load(): Promise<SourceFolder>;
}

/** What the database has about a Dag. */
export interface KnownDag {
  /** Its file existed and was valid when a scheduler last read it. */
  readonly isActive: boolean;
  readonly current: DagDefinition;
  /** Oldest first. */
  readonly versions: readonly { readonly definition: DagDefinition; readonly createdAt: string }[];
}

/** By Dag id; without Dags that the database does not have. */
export type KnownDags = ReadonlyMap<string, KnownDag>;
