/** One run with all its records, and why an open task waits. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { explainRun, explainTurn, type WaitingTask } from "../../scheduler/runs/explain-run.ts";
import {
  readRunRow,
  reportAttempts,
  reportInputs,
  reportRunEvents,
  reportTasks,
} from "../../state/reports.ts";
import type { Row } from "../../state/sqlite/row.ts";
import type { App } from "../app.ts";
import { findRun } from "./find-run.ts";
import { explainEach } from "./report-waits.ts";

export interface RunDescription {
  readonly found: DagRun;
  /** The row of `dag_runs`. */
  readonly run: Row;
  /** Rows of the views. */
  readonly tasks: readonly Row[];
  readonly inputs: readonly Row[];
  readonly attempts: readonly Row[];
  readonly events: readonly Row[];
  readonly waiting: readonly WaitingTask[];
  /** Why a queued run does not start, in short. */
  readonly turn: string | null;
  /** The same, with the reasons of the runs before it. */
  readonly waits: string | null;
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
    waiting: explainRun(database, dagRunId, app.settings, now),
    turn: explainTurn(database, found),
    waits: explainEach(database, [found], app.settings, now).get(dagRunId) ?? null,
  };
}
