/** One Dag: its definition, and its state in the database. */
import type { LoadedDag } from "../../config/dag-file/check-dag-file.ts";
import type { DagRow } from "../../state/runs/dags.ts";
import type { DagLibrary } from "./dag-library.ts";
import { readDagRows } from "./read-dag-row.ts";

export interface DagDescription {
  readonly dag: LoadedDag;
  readonly row: DagRow | undefined;
  /** Why its state could not be read, or `null`. */
  readonly fault: string | null;
}

/** Raises `DAG_UNKNOWN`, `DAG_INVALID`. */
export async function describeDag(library: DagLibrary, dagId: string): Promise<DagDescription> {
  const dag = library.pickDag(await library.loadDags(), dagId);
  const { rows, fault } = await readDagRows(library);
  return { dag, row: rows.get(dag.definition.dagId), fault };
}
