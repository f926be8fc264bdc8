/** What happens to a run, or to another thing of a step, that cannot be worked on: it fails with the reason, and an event says so. */
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import { describeError } from "../../model/errors.ts";
import { isTimezone } from "../../model/time/local-time.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { failBrokenRun, findBrokenRun, listRunningTaskIds } from "../../state/runs/broken-runs.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import { inSavepoint } from "../../state/sqlite/savepoint.ts";
import { isDatabaseFault } from "../../state/sqlite/sqlite-errors.ts";

/**
 * The run fails, unless attempts of it are under way here (`living` holds their tasks): then those tasks are given, to be
 * stopped, and the run fails with a step after their end.
 */
export function giveUpRun(
  query: Query,
  dagRunId: number,
  error: unknown,
  now: Date,
  living: (taskInstanceId: number) => boolean = () => false,
): readonly number[] {
  const run = findBrokenRun(query, dagRunId);
  if (run === undefined) return [];
  const underWay = listRunningTaskIds(query, dagRunId).filter(living);
  if (underWay.length > 0) return underWay;
  const reason = `The run could not be worked on: ${describeError(error)}`;
  failBrokenRun(query, dagRunId, run, reason, now);
  const { dag_id: dagId, run_id: runId } = run;
  const message = `${nameRun({ dagId, runId })} has failed, and the other runs go on. ${reason}`;
  const event = { level: "error", kind: "run_unusable", message, dagId } as const;
  // An event of a run takes the run's zone, which may be what is broken.
  insertEvent(query, isTimezone(run.timezone) ? { ...event, runId } : event, now, "UTC");
  return [];
}

/** Gives the run as its row is now to `tell`, where it has ended and its row can be read; then it is returned too. */
export function recordGivenUp(
  query: Query,
  dagRunId: number,
  tell: (run: DagRun) => void,
): DagRun | undefined {
  return tryAlone(query, () => {
    const run = readRun(query, dagRunId);
    if (!isRunEnded(run.state)) return undefined;
    tell(run);
    return run;
  });
}

/** What was told of things that cannot even be given up: they throw again with every step, and are told once. */
export interface Told {
  has(message: string): boolean;
  add(message: string): void;
}

export function noteFault(
  query: Query,
  event: { readonly message: string; readonly dagId?: string },
  error: unknown,
  tools: { readonly now: Date; readonly log: Logger; readonly told: Told },
): void {
  const message = `${event.message}: ${describeError(error)}`;
  if (tools.told.has(message)) return;
  tools.told.add(message);
  logFault(tools.log, event.message, error);
  insertEvent(query, { ...event, level: "error", kind: "step_fault", message }, tools.now, "UTC");
}

export function logFault(log: Logger, message: string, error: unknown): void {
  const stack = error instanceof Error ? error.stack : undefined;
  log.error(`${message}: ${describeError(error)}`, { stack });
}

/** Part of the transaction that may fail without undoing the rest; then `undefined`. */
export function tryAlone<T>(query: Query, work: () => T): T | undefined {
  try {
    return inSavepoint(query, work);
  } catch (error) {
    if (isDatabaseFault(error)) throw error;
    return undefined;
  }
}
