/** Measures a run: tasks, objects, bytes, ids by outcome, warnings. */
import type { DagRun } from "../../model/run/dag-run.ts";
import type { PreparedRun } from "../../scheduler/commands/prepare-run.ts";
import {
  listRunSums,
  measureWrites,
  reportRunWarnings,
  reportTasks,
  type RunSum,
  type Writes,
} from "../../state/reports.ts";
import type { LostObject } from "./find-lost-work.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { Row } from "../../state/sqlite/row.ts";

/** How the run was created or resumed, and which process runs it. */
export interface RunOrigin {
  readonly how: PreparedRun["how"];
  /** A scheduler runs it, and continues it if it has not ended. */
  readonly isScheduler: boolean;
  /** It is open because the time that it was given is over. */
  readonly isTimeOver: boolean;
  /** It is open, and a person has to act before it can continue. */
  readonly isStuck: boolean;
  /** Objects of earlier executions that the store no longer holds. */
  readonly lost: readonly LostObject[];
}

export interface RunFigures {
  readonly run: DagRun;
  readonly origin: RunOrigin;
  /** Rows of `v_tasks`. */
  readonly tasks: readonly Row[];
  readonly sums: readonly RunSum[];
  /** Since this execution began. */
  readonly warnings: readonly Row[];
  /** By this execution. */
  readonly written: Writes;
}

/** `since`: when this execution began, ISO UTC. */
export function measureRun(database: Database, run: DagRun, origin: RunOrigin, since: string): RunFigures {
  return {
    run,
    origin,
    tasks: reportTasks(database, run.dagRunId),
    sums: listRunSums(database, run.dagRunId),
    warnings: reportRunWarnings(database, run, since),
    written: measureWrites(database, since),
  };
}
