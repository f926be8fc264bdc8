/** The DagSource port: the Dag files as they are now. Reading and checking them is config's; when to, the scheduler's. */
import type { DagDefinition } from "./dag.ts";
import type { DagIssue } from "./errors.ts";

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
