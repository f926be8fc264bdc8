/** How the time that a run is given is divided: fetching, storing what was fetched, and the end of the process. */

export interface TimeBudget {
  /** Until then tasks ask for new records. */
  readonly fetchMs: number;
  /** Until then what was fetched is stored; then tasks are stopped where they are. */
  readonly storeMs: number;
  readonly totalMs: number;
}

/** The last fifth of the time is kept for storing, but not more than this. */
const LONGEST_RESERVE_MS = 60_000;
const LEAST_RESERVE_MS = 2_000;

/** Milliseconds from the beginning. */
export function divideTime(totalMs: number): TimeBudget {
  const reserve = Math.min(Math.max(totalMs / 5, LEAST_RESERVE_MS), LONGEST_RESERVE_MS, totalMs);
  const fetchMs = Math.round(totalMs - reserve);
  return { fetchMs, storeMs: Math.round(totalMs - reserve / 4), totalMs };
}
