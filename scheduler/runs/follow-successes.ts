/** Creates runs of Dags that follow others: one for each success of a single Dag, one a day if it follows several. */
import { findDayOf } from "../../model/time/local-day.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { findRunByDate } from "../../state/runs/dag-runs.ts";
import { moveSuccessCursor } from "../../state/runs/dags.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import {
  findRunInRange,
  findSuccessInRange,
  listSuccesses,
  type Success,
} from "../../state/runs/successes.ts";
import type { WatchedDag } from "./dag-watch.ts";
import { makeScheduledRun } from "./make-due-runs.ts";
import type { RunMaker } from "./new-run.ts";
import type { StepGuard } from "../engine/step-guard.ts";

interface Follower {
  readonly dag: WatchedDag;
  /** The Dags that it follows. */
  readonly upstreams: readonly string[];
}

/** A long backlog is handled in several steps. */
const SUCCESSES_A_STEP = 100;

/** Returns whether anything was written. */
export function followSuccesses(
  query: Query,
  maker: RunMaker,
  dags: readonly WatchedDag[],
  newest: number,
  now: Date,
  guard: StepGuard,
): boolean {
  let isAnything = false;
  for (const dag of dags) {
    const { dagId } = dag.row;
    const { schedule } = dag.version.definition;
    const cursor = dag.row.successCursor ?? 0;
    if (schedule.kind !== "after" || (isPlace(cursor) && cursor >= newest)) continue;
    isAnything = true;
    const what = `${dagId} skips the upstream successes up to now, because they cannot be processed`;
    const giveUp = (): void => moveSuccessCursor(query, dagId, newest);
    guard.thing({ what, dagId, giveUp }, () => {
      if (!isPlace(cursor)) throw new RangeError(`${cursor} is not a position in the order of successes`);
      const successes = listSuccesses(query, maker.lakeId, schedule.dagIds, cursor, SUCCESSES_A_STEP);
      const follower = { dag, upstreams: schedule.dagIds };
      for (const success of successes) followGuarded(query, maker, follower, success, now, guard);
      const isAll = successes.length < SUCCESSES_A_STEP;
      moveSuccessCursor(query, dagId, isAll ? newest : (successes.at(-1)?.successOrder ?? newest));
    });
  }
  return isAnything;
}

function isPlace(cursor: number): boolean {
  return Number.isSafeInteger(cursor) && cursor >= 0;
}

function followGuarded(
  query: Query,
  maker: RunMaker,
  follower: Follower,
  success: Success,
  now: Date,
  guard: StepGuard,
): void {
  const { dagId } = follower.dag.row;
  const what = `${dagId} gets no run for ${nameRun(success)}, because it cannot be created`;
  guard.thing({ what, dagId, giveUp: () => undefined }, () => follow(query, maker, follower, success, now));
}

function follow(query: Query, maker: RunMaker, follower: Follower, success: Success, now: Date): void {
  const { version } = follower.dag;
  const { definition } = version;
  const found = findLogicalDate(query, maker.lakeId, follower, success);
  if (found === undefined) return;
  if ("doneBy" in found) {
    const message =
      `${nameRun(success)} has succeeded again; ${found.doneBy} of ${definition.dagId} is not run again. ` +
      "Use `dagmar tasks clear` to run it again.";
    const event = { level: "info", kind: "upstream_again", message, dagId: definition.dagId } as const;
    insertEvent(query, event, now, definition.timezone);
    return;
  }
  const date = found.logicalDate.toISOString();
  if (definition.startAt !== null && date < definition.startAt) return;
  if (definition.endAt !== null && date > definition.endAt) return;
  makeScheduledRun(query, maker, version, found.logicalDate, now);
}

type Found = { readonly logicalDate: Date } | { readonly doneBy: string };

function findLogicalDate(
  query: Query,
  lakeId: string,
  { dag: { version }, upstreams }: Follower,
  success: Success,
): Found | undefined {
  const dag = version.definition;
  const logicalDate = new Date(success.logicalDate);
  if (upstreams.length === 1) {
    const existing = findRunByDate(query, lakeId, dag.dagId, logicalDate);
    // A run of single tasks becomes a whole run.
    return existing === undefined || existing.onlyTasks !== null
      ? { logicalDate }
      : { doneBy: existing.runId };
  }
  const day = findDayOf(logicalDate, dag.timezone);
  const dates = upstreams.map((dagId) => findSuccessInRange(query, lakeId, dagId, day)?.logicalDate);
  if (dates.includes(undefined)) return undefined;
  const existing = findRunInRange(query, lakeId, dag.dagId, "scheduled", day);
  if (existing !== undefined) return { doneBy: existing.runId };
  return { logicalDate: new Date(dates.map(String).toSorted().at(-1) ?? success.logicalDate) };
}
