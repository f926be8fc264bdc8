/**
 * The ServiceObserver port: a scheduler reports what it does as it happens. The implementation decides what to count
 * and under which names. No decision depends on these reports.
 */
import type { IdOutcome } from "../records/ask-policy.ts";
import type { DagRunState } from "../run/dag-run.ts";
import type { TaskState } from "../run/task-instance.ts";

/**
 * The outcome of a put: stored; already there with the same bytes; there with other bytes and not changed; or not
 * stored.
 */
export const PUT_OUTCOMES = ["created", "exists", "conflict", "error"] as const;
export type PutOutcome = (typeof PUT_OUTCOMES)[number];

/** No method throws. A duration below 0 (a clock was set back) counts as 0. */
export interface ServiceObserver {
  /** The loop has turned once: read, planned, applied. */
  tick(durationSeconds: number): void;
  /** `queuedSeconds`: how long the task waited for a slot. */
  taskStarted(dagId: string, taskType: string, queuedSeconds: number): void;
  /** `state` is the task's state after the attempt: `up_for_retry` if it failed and is tried again. */
  taskEnded(dagId: string, taskType: string, state: TaskState, durationSeconds: number): void;
  /** The loop's step was committed, or `fault` says why not. */
  stepEnded(fault: string | null): void;
  /** An attempt was found whose process died. */
  taskLost(dagId: string): void;
  /** `durationSeconds`: since the run's last start. */
  runEnded(dagId: string, state: DagRunState, durationSeconds: number): void;
  /** From the instant at which a scheduled run was due to the start of its first task. */
  scheduleDelay(dagId: string, seconds: number): void;
  /** Skipped slots. `reason` is one of a few fixed words, never a sentence. */
  slotsSkipped(dagId: string, count: number, reason: string): void;
  objectPut(outcome: PutOutcome): void;
  /** `count` ids of a dataset ended in `outcome`. */
  idsDecided(dataset: string, outcome: IdOutcome, count: number): void;
  /** How many Dag files are broken now. */
  importErrors(count: number): void;
  /** `epoch` is `null` if this process does not know it. */
  leaseChanged(isHeld: boolean, epoch: number | null): void;
  /** The wall clock moved against the monotonic one; below 0 when it was set back. */
  clockJump(seconds: number): void;
  /** The event loop stalled for this long. */
  loopStall(seconds: number): void;
  /** A write failed because the disk is full. */
  diskFull(): void;
  /** Output to `stdout` or `stderr` was lost. */
  outputLost(stream: "stdout" | "stderr"): void;
  noticeSent(isDelivered: boolean): void;
}

/** For runs without an observer. */
export const silentObserver: ServiceObserver = Object.freeze({
  tick: () => undefined,
  stepEnded: () => undefined,
  taskStarted: () => undefined,
  taskEnded: () => undefined,
  taskLost: () => undefined,
  runEnded: () => undefined,
  scheduleDelay: () => undefined,
  slotsSkipped: () => undefined,
  objectPut: () => undefined,
  idsDecided: () => undefined,
  importErrors: () => undefined,
  leaseChanged: () => undefined,
  clockJump: () => undefined,
  loopStall: () => undefined,
  diskFull: () => undefined,
  outputLost: () => undefined,
  noticeSent: () => undefined,
});
