/** The DagSource port: the Dag files as they are now. Reading and checking them is config's; when to, the scheduler's. */
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
  /** Cheap; another text whenever a file may have changed. */
  stamp(): Promise<string>;
  /** Raises `ConfigError` when there is no folder. */
  load(): Promise<SourceFolder>;
}

/** What the books know of a Dag. */
export interface KnownDag {
  /** Its file was there and sound when a scheduler last looked. */
  readonly isActive: boolean;
  readonly current: DagDefinition;
  /** Oldest first. */
  readonly versions: readonly { readonly definition: DagDefinition; readonly createdAt: string }[];
}

/** By Dag id; a Dag that the books do not know is absent. */
export type KnownDags = ReadonlyMap<string, KnownDag>;
