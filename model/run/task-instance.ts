/** The states of a TaskInstance and of its attempts, and the legal steps between them. */
import type { TransitionTable } from "./transitions.ts";

export const TASK_STATES = [
  "none",
  "scheduled",
  "queued",
  "running",
  "up_for_retry",
  "up_for_reschedule",
  "success",
  "failed",
  "upstream_failed",
  "skipped",
  "cancelled",
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/**
 * `scheduled` waits for a slot, `queued` for its executor; a task that meets neither wait goes from `none` to `running`.
 * What ended goes back to `none` when it is cleared; from there a person may mark it as `success` or `failed`.
 */
export const TASK_TRANSITIONS = {
  none: ["scheduled", "queued", "running", "upstream_failed", "skipped", "cancelled", "success", "failed"],
  scheduled: ["none", "queued", "running", "upstream_failed", "skipped", "cancelled"],
  queued: ["none", "running", "cancelled"],
  running: ["success", "failed", "skipped", "up_for_retry", "up_for_reschedule", "cancelled"],
  up_for_retry: [
    "none",
    "scheduled",
    "queued",
    "running",
    "upstream_failed",
    "skipped",
    "failed",
    "cancelled",
  ],
  up_for_reschedule: [
    "none",
    "scheduled",
    "queued",
    "running",
    "upstream_failed",
    "skipped",
    "failed",
    "cancelled",
  ],
  success: ["none"],
  failed: ["none"],
  upstream_failed: ["none"],
  skipped: ["none"],
  cancelled: ["none"],
} as const satisfies TransitionTable<TaskState>;

export const ATTEMPT_STATES = ["running", "success", "failed", "timed_out", "cancelled", "lost"] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

/** One task of one run, as its row holds it. Instants are ISO UTC. */
export interface TaskInstance {
  readonly taskInstanceId: number;
  readonly dagRunId: number;
  readonly taskId: string;
  readonly type: string;
  readonly state: TaskState;
  /** Attempts started so far; the running one has this number. */
  readonly attemptCount: number;
  /** Failed attempts charged to `retries`. */
  readonly failureCount: number;
  /** Attempts whose process died, charged to a budget of their own. */
  readonly lostCount: number;
  /** When the task first asked to be looked at again later; `null` when it never did. */
  readonly waitingSince: string | null;
  readonly nextAttemptAt: string | null;
  readonly pool: string;
  readonly exclusiveKey: string | null;
  readonly message: string | null;
  /** Its `when` was judged, and holds; until it is cleared it is not judged again. */
  readonly whenHeld: boolean;
}

const STATES: ReadonlySet<string> = new Set(TASK_STATES);

/** Whether the word is a state: a row may have been written by a newer version, or by hand. */
export function isTaskState(state: string): state is TaskState {
  return STATES.has(state);
}

const ENDED: ReadonlySet<TaskState> = new Set([
  "success",
  "failed",
  "upstream_failed",
  "skipped",
  "cancelled",
]);

export function isTaskEnded(state: TaskState): boolean {
  return ENDED.has(state);
}
