/** One run with all its records, and why an open task waits. */
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import { isLeaseFree } from "../../scheduler/lease/lease-keeper.ts";
import { readLease } from "../../state/control/lease.ts";
import type { Database } from "../../state/sqlite/database.ts";
import {
  readRunRow,
  reportAttempts,
  reportInputs,
  reportRunEvents,
  reportTasks,
} from "../../state/reports.ts";
import type { Row } from "../../state/sqlite/row.ts";
import type { App } from "../app.ts";
import { describeWaits, type RunWaits } from "./describe-waits.ts";
import { findRun } from "./find-run.ts";

export interface RunDescription extends RunWaits {
  readonly found: DagRun;
  /** The row of `dag_runs`. */
  readonly run: Row;
  /** Rows of the views. */
  readonly tasks: readonly Row[];
  readonly inputs: readonly Row[];
  readonly attempts: readonly Row[];
  readonly events: readonly Row[];
  /** It is open, and no process works on the database: nothing happens until one does. */
  readonly isUnattended: boolean;
}

/** `name`: as `findRun` takes it. Raises `RUN_UNKNOWN`, `USAGE`. */
export async function describeRun(app: App, name: string): Promise<RunDescription> {
  const database = await app.openDatabase("read");
  const now = app.clock.now();
  const found = findRun(database, app.lake.id, name, now);
  const { dagRunId, dagId, runId } = found;
  return {
    found,
    run: readRunRow(database, dagRunId),
    tasks: reportTasks(database, dagRunId),
    inputs: reportInputs(database, dagId, runId),
    attempts: reportAttempts(database, dagRunId),
    events: reportRunEvents(database, dagId, runId),
    isUnattended: !isRunEnded(found.state) && !isHeld(database, now),
    ...describeWaits(database, found, app.settings, now),
  };
}

function isHeld(database: Database, now: Date): boolean {
  const lease = readLease(database);
  return lease !== undefined && !isLeaseFree(lease, now);
}
