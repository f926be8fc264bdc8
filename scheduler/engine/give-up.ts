/**
 * Gives up a run, or another part of a step, that cannot continue: it fails with the reason, and an event records it.
 */
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
 * Fails the run. If attempts of it are still running here (`living` tells), returns their tasks instead, to be
 * stopped; the run then fails in a step after their end.
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
  const reason = `The run cannot continue: ${describeError(error)}`;
  failBrokenRun(query, dagRunId, run, reason, now);
  const { dag_id: dagId, run_id: runId } = run;
  const message = `${nameRun({ dagId, runId })} has failed; other runs continue. ${reason}`;
  const event = { level: "error", kind: "run_unusable", message, dagId } as const;
  // An event of a run uses the run's zone, which may be what is damaged.
  insertEvent(query, isTimezone(run.timezone) ? { ...event, runId } : event, now, "UTC");
  return [];
}

/** Passes the run's present row to `tell` and returns it, if the run has ended and its row can be read. */
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

/** Faults that were already reported: what cannot be given up throws again in every step, and is reported once. */
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

/** Runs part of the transaction that may fail without undoing the rest; then returns `undefined`. */
export function tryAlone<T>(query: Query, work: () => T): T | undefined {
  try {
    return inSavepoint(query, work);
  } catch (error) {
    if (isDatabaseFault(error)) throw error;
    return undefined;
  }
}
