/**
 * Handles rows in a state that this version does not know, written by a newer version or by hand: a run fails with
 * that reason, other rows are repaired with an event. state/ finds them.
 */
import { insertEvent } from "../../state/control/events.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { listUnknownRuns, mendUnknownWords, type UnknownRun } from "../../state/upkeep/unknown-words.ts";
import { giveUpRun } from "../engine/give-up.ts";
import type { StepGuard } from "../engine/step-guard.ts";

/** For the process that has just taken the lease: nothing runs yet. */
export function clearUnknownStates(query: Query, now: Date, timezone: string): void {
  for (const run of listUnknownRuns(query)) giveUpRun(query, run.dag_run_id, explainState(run), now);
  mendRows(query, now, timezone);
}

/** In a turn: the guard knows the running attempts. Returns whether there was anything. */
export function watchUnknownStates(query: Query, now: Date, timezone: string, guard: StepGuard): boolean {
  const runs = listUnknownRuns(query);
  for (const run of runs) {
    guard.run(run.dag_run_id, () => {
      throw explainState(run);
    });
  }
  return mendRows(query, now, timezone) > 0 || runs.length > 0;
}

function explainState({ state }: UnknownRun): Error {
  return new Error(`it is in the state "${state}", which this version does not know`);
}

function mendRows(query: Query, now: Date, timezone: string): number {
  const mended = mendUnknownWords(query, now);
  for (const row of mended) {
    insertEvent(query, { level: "error", kind: "state_unknown", ...row }, now, timezone);
  }
  return mended.length;
}
