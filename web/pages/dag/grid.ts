/** What the grid of a Dag shows: its runs with the states of their tasks, and the cell that is picked. */
import type { GridRun } from "../../../state/pages/run-grid.ts";

export interface Grid {
  readonly taskIds: readonly string[];
  /** Oldest first. */
  readonly columns: readonly (GridRun & { readonly states: Readonly<Record<string, string>> })[];
}

export interface Picked {
  readonly run: Grid["columns"][number];
  readonly taskId: string | null;
}
