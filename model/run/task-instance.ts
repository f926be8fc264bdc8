/** The states of a TaskInstance and of its attempts, and the legal transitions between them. */
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
 * `scheduled` waits for a slot, `queued` for its executor; without a wait a task goes from `none` to `running`. A
 * cleared task goes back to `none`; from there a person may mark it as `success` or `failed`.
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

/** One task of one run, as in its row. Instants are ISO UTC. */
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
  /** Attempts whose process died, counted against a separate limit. */
  readonly lostCount: number;
  /** When the task was first rescheduled; `null` if never. */
  readonly waitingSince: string | null;
  readonly nextAttemptAt: string | null;
  readonly pool: string;
  readonly exclusiveKey: string | null;
  readonly message: string | null;
  /** Its `when` was judged and holds; it is not judged again until the task is cleared. */
  readonly whenHeld: boolean;
}

const STATES: ReadonlySet<string> = new Set(TASK_STATES);

/** Whether the text is a state: a row may have been written by a newer version or by hand. */
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
