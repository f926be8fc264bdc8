/** Turns due slots into runs and skipped slots into events, and moves each Dag's cursor past them. */
import { isDeepStrictEqual } from "node:util";
import { planSlots, type SkippedSlots, type SlotPlan } from "../../model/time/catchup.ts";
import type { Params } from "../../model/dag/dag.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { describeError } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import { formatLocal } from "../../model/time/local-time.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { findRunByDate } from "../../state/runs/dag-runs.ts";
import { moveCursor } from "../../state/runs/dags.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import { inSavepoint } from "../../state/sqlite/savepoint.ts";
import { readCursor, type WatchedDag } from "./dag-watch.ts";
import { makeRun, type RunMaker } from "./new-run.ts";
import { resumeRun, widenTasks } from "./resume-run.ts";
import type { StepGuard } from "../engine/step-guard.ts";
import { countNoun } from "../../model/text/count-noun.ts";

export interface SkippedOfDag {
  readonly dagId: string;
  readonly skipped: SkippedSlots;
}

/**
 * The most slots that one turn counts: after the clock was set ahead by months every Dag has thousands of them, and
 * the turn does nothing else meanwhile. Creating a run takes as long as counting 20.
 */
const SLOTS_A_TURN = 1_000;
const SLOTS_A_RUN = 20;

/**
 * Returns the skipped slots; `undefined` if nothing was due or written. Only due Dags cost time. Dags that do not fit
 * into this turn stay due.
 */
export function makeDueRuns(
  query: Query,
  maker: RunMaker,
  dags: readonly WatchedDag[],
  now: Date,
  guard: StepGuard,
): readonly SkippedOfDag[] | undefined {
  const skips: SkippedOfDag[] = [];
  let isAnything = false;
  let slots = 0;
  const at = now.toISOString();
  for (const dag of dags) {
    if (!isDue(dag, now, at)) continue;
    if (slots >= SLOTS_A_TURN) break;
    isAnything = true;
    const { dagId } = dag.row;
    const thing = {
      what: `${dagId} skips its slots up to now, because their runs cannot be created`,
      dagId,
      giveUp: () => moveCursor(query, dagId, now),
    };
    const plan = guard.thing(thing, () => makeDueRunsOf(query, maker, dag, now)) ?? null;
    if (plan === null) continue;
    const { due, skipped } = plan;
    slots += due.length * SLOTS_A_RUN + (skipped?.count ?? 0);
    if (skipped !== null) skips.push({ dagId, skipped });
  }
  return isAnything ? skips : undefined;
}

/** `at` is `now` as text, formatted once for all Dags. */
function isDue({ timetable, row, nextDueAt }: WatchedDag, now: Date, at: string): boolean {
  if (timetable === null) return false;
  return (nextDueAt !== null && nextDueAt <= now) || (row.cursor !== null && row.cursor > at);
}

function makeDueRunsOf(query: Query, maker: RunMaker, dag: WatchedDag, now: Date): SlotPlan | null {
  const { version, row, timetable, watchedSince } = dag;
  const { definition } = version;
  if (timetable === null) return null;
  const cursor = readCursor(row, now);
  const { catchup, catchupLimit } = definition;
  const plan = planSlots({ timetable, cursor, watchedSince, now, catchup, catchupLimit });
  if (cursor > now) {
    const message = `${row.dagId} was scheduled up to ${row.cursor}, which is in the future: the clock had jumped. Its slots count from now.`;
    insertEvent(
      query,
      { level: "warn", kind: "cursor_reset", message, dagId: row.dagId },
      now,
      definition.timezone,
    );
  }
  for (const slot of plan.due) makeScheduledRun(query, maker, version, slot, now);
  if (plan.skipped !== null) recordSkipped(query, dag, plan.skipped, now);
  failpoint("cursor.before");
  moveCursor(query, row.dagId, plan.cursor);
  failpoint("cursor.after");
  return plan;
}

/**
 * `false` if no run was created. An existing run of that date takes the slot: a run of single tasks gets the other
 * tasks, and another run that the schedule did not create is an event. A Dag that cannot run is an event too and does
 * not stop others.
 */
export function makeScheduledRun(
  query: Query,
  maker: RunMaker,
  version: WatchedDag["version"],
  logicalDate: Date,
  now: Date,
): boolean {
  const { definition } = version;
  const { dagId, params } = definition;
  const existing = findRunByDate(query, maker.lakeId, dagId, logicalDate);
  if (existing !== undefined) {
    fillSlot(query, maker, params, existing, now);
    return false;
  }
  const order = {
    version,
    runType: "scheduled",
    logicalDate,
    params,
    onlyTasks: null,
    isRefetch: false,
  } as const;
  try {
    failpoint("slot.before");
    inSavepoint(query, () => makeRun(query, maker, order, now));
    failpoint("slot.after");
    return true;
  } catch (error) {
    const message = `${dagId} could not be run for ${formatLocal(logicalDate, definition.timezone)}: ${describeError(error)}`;
    insertEvent(query, { level: "error", kind: "run_refused", message, dagId }, now, definition.timezone);
    return false;
  }
}

function fillSlot(query: Query, maker: RunMaker, params: Params, run: DagRun, now: Date): void {
  const { dagId, runId, timezone, state } = run;
  const slot = `the slot ${formatLocal(new Date(run.logicalDate), timezone)}`;
  const record = (level: "info" | "warn", kind: string, message: string): void =>
    insertEvent(query, { level, kind, message: `${dagId}: ${message}`, dagId, runId }, now, timezone);
  const hasOtherParams = !isDeepStrictEqual(run.params, params);
  if (run.onlyTasks !== null && !hasOtherParams) {
    const only = run.onlyTasks.join(", ");
    resumeRun(query, widenTasks(query, maker, run, null), now);
    record(
      "info",
      "slot_filled",
      `${slot} is ${nameRun(run)}, which had only ${only}; it gets its other tasks.`,
    );
    return;
  }
  const taken = `${slot} made no new run: ${nameRun(run)} has that date`;
  if (hasOtherParams) {
    record("warn", "slot_taken", `${taken}, with the params ${JSON.stringify(run.params)} (${state}).`);
  } else if (state === "cancelled") {
    const remedy = `\`dagmar run ${dagId} --date ${run.logicalDate}\` resumes it.`;
    record("warn", "slot_taken", `${taken} and was cancelled. ${remedy}`);
  } else if (run.runType !== "scheduled") {
    record("info", "slot_taken", `${taken} (${state}).`);
  }
}

function recordSkipped(query: Query, { row, version }: WatchedDag, skipped: SkippedSlots, now: Date): void {
  const { timezone } = version.definition;
  const { first, last, count, isMore, reason } = skipped;
  const range =
    count === 1
      ? formatLocal(first, timezone)
      : `${formatLocal(first, timezone)} to ${formatLocal(last, timezone)}`;
  const slots = `${isMore ? "more than " : ""}${countNoun(count, "slot")}`;
  insertEvent(
    query,
    {
      level: "warn",
      kind: "slots_skipped",
      message: `${row.dagId}: ${slots} skipped, ${range}: ${reason}. Use \`dagmar backfill\` to run them.`,
      dagId: row.dagId,
      data: { first: first.toISOString(), last: last.toISOString(), count, is_more: isMore, reason },
    },
    now,
    timezone,
  );
}
