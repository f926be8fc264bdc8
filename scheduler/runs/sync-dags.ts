/**
 * Writes the present state of the Dag folder to the database, with one event for each Dag that is new, edited, fixed,
 * broken or gone.
 */
import { describeSchedule, type DagDefinition } from "../../model/dag/dag.ts";
import type { SourceDag, SourceFolder } from "../../model/ports/dag-source.ts";
import { formatDagIssue, type DagIssue } from "../../model/errors.ts";
import type { Event } from "../../model/ports/event-log.ts";
import { saveDagVersion } from "../../state/runs/dag-runs.ts";
import {
  deleteImportError,
  listDagRows,
  listImportErrors,
  readNewestSuccess,
  saveImportError,
  setActive,
  startDag,
  type DagRow,
} from "../../state/runs/dags.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import { NO_GUARD, type StepGuard } from "../engine/step-guard.ts";

/** `timezone` is for events that belong to no run. */
export function syncDags(
  query: Query,
  folder: SourceFolder,
  now: Date,
  timezone: string,
  guard: StepGuard = NO_GUARD,
): void {
  const rows = listDagRows(query);
  const tell = (event: Event): void => insertEvent(query, event, now, timezone);
  const active = new Set<string>();
  for (const dag of folder.dags.values()) {
    if (!dag.enabled) continue;
    const { dagId } = dag.definition;
    active.add(dagId);
    const what = `The file of ${dagId} cannot be loaded; its old definition stays`;
    guard.thing({ what, dagId, giveUp: () => undefined }, () =>
      syncDag(query, dag, rows.get(dagId), now, tell),
    );
  }
  for (const row of rows.values()) {
    if (!row.isActive || active.has(row.dagId)) continue;
    setActive(query, row.dagId, false);
    if (!folder.broken.has(row.dagId)) tell({ ...explainAbsence(folder, row.dagId), dagId: row.dagId });
  }
  adoptFaults(query, folder, now, tell);
}

function syncDag(
  query: Query,
  { definition, fingerprint }: SourceDag,
  row: DagRow | undefined,
  now: Date,
  tell: (event: Event) => void,
): void {
  const { dagId } = definition;
  if (row?.fingerprint !== fingerprint) saveDagVersion(query, { definition, fingerprint }, now);
  if (row?.isActive === false) {
    setActive(query, dagId, true);
    tell({ level: "info", kind: "dag_back", message: `The file of ${dagId} is back.`, dagId });
  }
  const schedule = `${describeSchedule(definition.schedule)} ${definition.timezone}`;
  if (row?.schedule === schedule) return;
  startDag(query, dagId, { schedule, ...findStart(query, definition, row, now) });
  const former = row?.schedule ?? null;
  if (former === null) {
    tell({ level: "info", kind: "dag_added", message: `${dagId} is new: ${schedule}.`, dagId });
  } else {
    const message = `${dagId} has a new schedule: ${schedule} instead of ${former}. Its slots count from now.`;
    tell({ level: "info", kind: "schedule_changed", message, dagId });
  }
}

/** A new Dag's slots count from now, or from its `start` with `catchup: all`; an edited one's from the edit. */
function findStart(
  query: Query,
  dag: DagDefinition,
  row: DagRow | undefined,
  now: Date,
): { readonly cursor: Date; readonly successCursor: number } {
  const isNew = (row?.schedule ?? null) === null;
  if (isNew && dag.catchup === "all" && dag.startAt !== null) {
    const start = new Date(Date.parse(dag.startAt) - 1);
    return { cursor: start < now ? start : now, successCursor: 0 };
  }
  return { cursor: now, successCursor: readNewestSuccess(query) };
}

function explainAbsence(folder: SourceFolder, dagId: string): Event {
  return folder.dags.get(dagId)?.enabled === false
    ? { level: "info", kind: "dag_off", message: `${dagId} is off: it gets no new runs.` }
    : {
        level: "warn",
        kind: "dag_removed",
        message: `The file of ${dagId} is gone: it gets no new runs; open runs continue.`,
      };
}

function adoptFaults(query: Query, folder: SourceFolder, now: Date, tell: (event: Event) => void): void {
  const known = listImportErrors(query);
  for (const [dagId, issues] of folder.broken) {
    if (known.get(dagId) === JSON.stringify(issues)) continue;
    saveImportError(query, dagId, issues, now);
    tell({ level: "error", kind: "dag_broken", message: describeFaults(dagId, issues), dagId });
  }
  for (const dagId of known.keys()) {
    if (folder.broken.has(dagId)) continue;
    deleteImportError(query, dagId);
    if (folder.dags.has(dagId)) {
      tell({ level: "info", kind: "dag_mended", message: `The file of ${dagId} is valid again.`, dagId });
    }
  }
}

function describeFaults(dagId: string, issues: readonly DagIssue[]): string {
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  return `${dagId} is broken and gets no new runs: ${first === undefined ? "" : formatDagIssue(first)}${more}`;
}
