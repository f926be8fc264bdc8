/** Checks Dag files, and that every dataset they read is written by a Dag or is in the lake. */
import type { DagIssue } from "../../model/errors.ts";
import type { DagLibrary } from "./dag-library.ts";
import { findUnknownDatasets, type UseApp } from "./find-unknown-datasets.ts";

export interface DagsVerdict {
  /** Ids of the valid Dags. */
  readonly valid: readonly string[];
  readonly faults: readonly DagIssue[];
  readonly warnings: readonly DagIssue[];
}

/** Without `files`, the whole folder. `useApp` opens the app to query the database. */
export async function validateDags(
  library: DagLibrary,
  files: readonly string[],
  useApp: UseApp,
): Promise<DagsVerdict> {
  const isWhole = files.length === 0;
  const all = isWhole ? await library.loadDags() : await library.loadDags().catch(() => undefined);
  const folder = isWhole && all !== undefined ? all : await library.loadDagFiles(files, all);
  const whole = all ?? folder;
  const unknown = await findUnknownDatasets(library, folder, whole, useApp);
  const isFaulty = (file: string): boolean => unknown.faults.some((fault) => fault.file === file);
  return {
    valid: [...folder.dags.values()].filter((dag) => !isFaulty(dag.file)).map((dag) => dag.definition.dagId),
    faults: [...[...folder.broken.values()].flat(), ...unknown.faults],
    warnings: unknown.warnings,
  };
}
