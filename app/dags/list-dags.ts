/** Every Dag of the folder with its state, and the broken files. */
import { describeSchedule } from "../../model/dag/dag.ts";
import { formatDagIssue } from "../../model/errors.ts";
import type { DagLibrary } from "./dag-library.ts";
import { readDagRows } from "./read-dag-row.ts";

export interface ListedDag {
  readonly dagId: string;
  readonly state: "on" | "off" | "paused";
  readonly schedule: string;
  readonly timezone: string;
  readonly tasks: number;
  readonly description: string;
  readonly file: string;
}

export interface DagList {
  readonly sound: readonly ListedDag[];
  readonly broken: readonly { readonly dagId: string; readonly faults: readonly string[] }[];
  /** Why the paused state could not be read, or `null`. */
  readonly fault: string | null;
}

export async function listDags(library: DagLibrary): Promise<DagList> {
  const folder = await library.loadDags();
  const { rows, fault } = await readDagRows(library);
  const isPaused = (dagId: string): boolean => rows.get(dagId)?.isPaused ?? false;
  return {
    fault,
    sound: [...folder.dags.values()].map(({ definition, enabled, file }) => ({
      dagId: definition.dagId,
      state: !enabled ? "off" : isPaused(definition.dagId) ? "paused" : "on",
      schedule: describeSchedule(definition.schedule),
      timezone: definition.timezone,
      tasks: definition.tasks.length,
      description: definition.description,
      file,
    })),
    broken: [...folder.broken].map(([dagId, issues]) => ({ dagId, faults: issues.map(formatDagIssue) })),
  };
}
