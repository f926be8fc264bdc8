/**
 * Saves versions of Dag files that no scheduler has read yet, so that pages show them. Schedules, and files that are broken or
 * gone, are left to the scheduler: see `scheduler/runs/sync-dags.ts`.
 */
import type { DagFolder } from "../../config/dag-file/load-dags.ts";
import { saveDagVersion, type DagVersion } from "../../state/runs/dag-runs.ts";
import { listDagRows } from "../../state/runs/dags.ts";
import type { Query } from "../../state/sqlite/query.ts";

/** Valid and not off, and in another version than the database has. */
export function listEdited(query: Query, { dags }: DagFolder): readonly DagVersion[] {
  if (dags.size === 0) return [];
  const rows = listDagRows(query);
  return [...dags.values()].filter(
    ({ definition, fingerprint, enabled }) =>
      enabled && rows.get(definition.dagId)?.fingerprint !== fingerprint,
  );
}

export function saveEdited(query: Query, folder: DagFolder, now: Date): void {
  for (const { definition, fingerprint } of listEdited(query, folder)) {
    saveDagVersion(query, { definition, fingerprint }, now);
  }
}
