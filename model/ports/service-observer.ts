/**
 * The ServiceObserver port: what a long-running scheduler tells of itself as it happens. What is counted, and under which
 * names, is decided by who listens; nothing that is told here is ever read back to decide something.
 */
import type { IdOutcome } from "../records/ask-policy.ts";
import type { DagRunState } from "../run/dag-run.ts";
import type { TaskState } from "../run/task-instance.ts";

/**
 * What became of one object that was put: stored; found there already, with the same bytes; found there with others, and
 * left alone; or not stored.
 */
export const PUT_OUTCOMES = ["created", "exists", "conflict", "error"] as const;
export type PutOutcome = (typeof PUT_OUTCOMES)[number];

/** No method throws, whatever it is told: a duration below 0 (a clock was set back) counts as 0. */
export interface ServiceObserver {
  /** The loop has turned once: read, planned, applied. */
  tick(durationSeconds: number): void;
  /** `queuedSeconds`: since the task could have started but for a free slot. */
  taskStarted(dagId: string, taskType: string, queuedSeconds: number): void;
  /** `state` is what the attempt left its task in: `up_for_retry` where it failed and is tried again. */
  taskEnded(dagId: string, taskType: string, state: TaskState, durationSeconds: number): void;
  /** The loop's step was written, or what kept it from being written. */
  stepEnded(fault: string | null): void;
  /** An attempt was found whose process is gone. */
  taskLost(dagId: string): void;
  /** `durationSeconds`: since the run's last start. */
  runEnded(dagId: string, state: DagRunState, durationSeconds: number): void;
  /** From the instant at which a scheduled run was due to the start of its first task. */
  scheduleDelay(dagId: string, seconds: number): void;
  /** Slots that became no run. `reason` is one of a few fixed words, never a sentence. */
  slotsSkipped(dagId: string, count: number, reason: string): void;
  objectPut(outcome: PutOutcome): void;
  /** `count` ids of a dataset ended in `outcome`. */
  idsDecided(dataset: string, outcome: IdOutcome, count: number): void;
  /** How many Dag files are broken now. */
  importErrors(count: number): void;
  /** `epoch` is `null` where it is not this process's to know. */
  leaseChanged(isHeld: boolean, epoch: number | null): void;
  /** The wall clock moved against the monotonic one; below 0 when it was set back. */
  clockJump(seconds: number): void;
  /** The event loop did not turn for this long. */
  loopStall(seconds: number): void;
  /** A write failed because the disk is full. */
  diskFull(): void;
  /** Something could not be written to `stdout` or `stderr`, and is lost. */
  outputLost(stream: "stdout" | "stderr"): void;
  noticeSent(isDelivered: boolean): void;
}

/** For who runs without anybody listening. */
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
