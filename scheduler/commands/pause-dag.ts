/** Pauses a Dag: its schedule creates no runs until it is unpaused. Then its `catchup` decides about missed slots. */
import { saveDagVersion, type DagVersion } from "../../state/runs/dag-runs.ts";
import { listDagRows, moveSuccessCursor, setPaused, type DagRow } from "../../state/runs/dags.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import { listSuccesses } from "../../state/runs/successes.ts";

export interface PauseRequest {
  readonly version: DagVersion;
  readonly isPaused: boolean;
}

/** `false` if it already is. */
export function pauseDag(
  query: Query,
  lakeId: string,
  { version, isPaused }: PauseRequest,
  now: Date,
): boolean {
  const { dagId, timezone } = version.definition;
  const row = listDagRows(query).get(dagId);
  if (row === undefined) saveDagVersion(query, version, now);
  if ((row?.isPaused ?? false) === isPaused) return false;
  setPaused(query, dagId, isPaused);
  const kind = isPaused ? "dag_paused" : "dag_unpaused";
  const message = `${dagId} is ${isPaused ? "paused" : "unpaused"}.`;
  insertEvent(query, { level: "info", kind, message, dagId }, now, timezone);
  if (!isPaused && row !== undefined) skipSuccesses(query, lakeId, version, row, now);
  return true;
}

/**
 * Skips missed successes of the Dags that this one follows; with `all` none is skipped. The loop handles slots of a
 * cron.
 */
function skipSuccesses(
  query: Query,
  lakeId: string,
  { definition }: DagVersion,
  row: DagRow,
  now: Date,
): void {
  const { schedule, catchup, dagId, timezone } = definition;
  if (schedule.kind !== "after" || row.successCursor === null || catchup === "all") return;
  const missed = listSuccesses(query, lakeId, schedule.dagIds, row.successCursor, SUCCESSES_COUNTED);
  const skipped = catchup === "none" ? missed : missed.slice(0, -1);
  const last = skipped.at(-1)?.successOrder;
  if (last === undefined || last === null) return;
  moveSuccessCursor(query, dagId, last);
  const message = `${dagId}: ${skipped.length} ${skipped.length === 1 ? "success" : "successes"} of ${schedule.dagIds.join(", ")} skipped while it was paused: catchup is ${catchup}.`;
  insertEvent(query, { level: "warn", kind: "slots_skipped", message, dagId }, now, timezone);
}

const SUCCESSES_COUNTED = 100_000;
