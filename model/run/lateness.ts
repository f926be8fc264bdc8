/**
 * When a Dag is late: a slot that the scheduler would make a run of has none, a run of the schedule has not started, or a
 * run takes far longer than usual. Slots count as the scheduler counts them. Reads no clock.
 */
import type { DagDefinition } from "../dag/dag.ts";
import { findTimetables } from "../dag/dag-timetable.ts";
import { findFirstDue } from "../time/catchup.ts";

/** As long as the alert `DagmarScheduleDelay` allows. */
const LATE_MS = 120_000;
const LONG_FACTOR = 3;
/** A Dag that usually takes a moment is not late after another one. */
const LONG_SECONDS = 60;

export interface ScheduledDag {
  readonly definition: DagDefinition;
  readonly isPaused: boolean;
  readonly isActive: boolean;
  /** ISO UTC; `null` if no scheduler has read the Dag yet. */
  readonly cursor: string | null;
}

/** `isWatched`: a scheduler is running, so no slot counts as missed. `undefined` if the Dag is not late. */
export function findLateSlot(
  { definition, isPaused, isActive, cursor }: ScheduledDag,
  { now, isWatched }: { readonly now: Date; readonly isWatched: boolean },
): Date | undefined {
  const timetable = findTimetables(definition)?.bounded;
  const handled = new Date(cursor ?? Number.NaN);
  if (timetable === undefined || isPaused || !isActive || Number.isNaN(handled.getTime())) return undefined;
  const { catchup, catchupLimit } = definition;
  const watchedSince = isWatched ? handled : now;
  const slot = findFirstDue({ timetable, cursor: handled, watchedSince, now, catchup, catchupLimit });
  return slot !== undefined && now.getTime() - slot.getTime() > LATE_MS ? slot : undefined;
}

/**
 * Whether a queued run of the schedule should have started. A run of a cron line is due at its slot; one that was made long
 * after it is a missed slot's, which `catchup` lets wait. A run that follows others is due when it is made.
 */
export function isStartLate(
  { logicalDate, createdAt }: { readonly logicalDate: string; readonly createdAt: string },
  hasTimetable: boolean,
  now: Date,
): boolean {
  const createdMs = Date.parse(createdAt);
  const dueMs = hasTimetable ? Date.parse(logicalDate) : createdMs;
  return createdMs - dueMs <= LATE_MS && now.getTime() - dueMs > LATE_MS;
}

/** `usual`: in seconds, `null` if it is unknown. */
export function isLong(runningSince: string, usual: number | null, now: Date): boolean {
  const seconds = (now.getTime() - Date.parse(runningSince)) / 1000;
  return usual !== null && seconds > Math.max(LONG_SECONDS, LONG_FACTOR * usual);
}
