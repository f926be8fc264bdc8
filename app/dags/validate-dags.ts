/** Checks Dag files, and that what they read is written by a Dag or stands in the lake. */
import type { DagIssue } from "../../model/errors.ts";
import type { DagLibrary } from "./dag-library.ts";
import { findUnknownDatasets, type UseApp } from "./find-unknown-datasets.ts";

export interface DagsVerdict {
  /** Ids of the Dags without a fault. */
  readonly valid: readonly string[];
  readonly faults: readonly DagIssue[];
  readonly warnings: readonly DagIssue[];
}

/** No `files`: the whole folder. `useApp` opens what is needed to ask the database. */
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
