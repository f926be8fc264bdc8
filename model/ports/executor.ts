/**
 * The Executor port: runs attempts for the engine. Everything that crosses the port is plain JSON, so that an attempt
 * may run in another process.
 */
import type { JsonValue } from "../dag/dag.ts";
import type { ErrorCode } from "../errors.ts";
import type { StopReason } from "../run/dag-run.ts";
import type { AttemptKey } from "./attempt-logs.ts";
import type { Progress, RunFacts, TaskOutput } from "./task-type.ts";

/** The run, with the values that a task's templates may name. Instants are ISO UTC. */
export interface AttemptRun extends RunFacts {
  readonly intervalStart: string | null;
  readonly intervalEnd: string | null;
}

export interface AttemptRequest {
  readonly key: AttemptKey;
  readonly run: AttemptRun;
  /** The task type's name. */
  readonly type: string;
  /** As the Dag file has them, templates unresolved. */
  readonly options: Readonly<Record<string, JsonValue>>;
  readonly needs: readonly string[];
  /** By task id: outputs of the tasks that it needs or that its options name. */
  readonly outputs: Readonly<Record<string, TaskOutput>>;
  readonly timeoutSeconds: number;
  /** The mark of the attempt's processes: see `makeAttemptCookie`. */
  readonly cookie: string;
  /** When the task was first rescheduled, ISO UTC; `null` if never. */
  readonly waitingSince: string | null;
}

export type AttemptResult =
  | {
      readonly outcome: "success";
      readonly output: TaskOutput;
      /** A short text; `null` if the task type gives none. */
      readonly message: string | null;
    }
  | AttemptFailure
  | {
      readonly outcome: "reschedule";
      readonly code: ErrorCode;
      readonly message: string;
      readonly afterSeconds: number;
    }
  /** The process is stopping; the task reached a safe point or the grace time ended. */
  | { readonly outcome: "drained" }
  /** Its run is being stopped. */
  | { readonly outcome: "cancelled"; readonly code: "RUN_CANCELLED" | "RUN_TIMED_OUT" };

export interface AttemptFailure {
  readonly outcome: "failed";
  readonly code: ErrorCode;
  /** What happened and what to do. */
  readonly message: string;
  readonly retryable: boolean;
  /** The next attempt waits at least this long; `null` if the task gives no time. */
  readonly retryAfterSeconds: number | null;
  /** Only a person can fix it: a run in the foreground does not retry it. */
  readonly isForPerson?: boolean;
}

/** Why an attempt must stop: its process drains, or its run is being stopped. */
export type CancelReason = "drained" | StopReason;

export interface Executor {
  /** Starts the attempt; resolves with its result. Rejects only if it could not be started. */
  submit(request: AttemptRequest, onProgress: (progress: Progress) => void): Promise<AttemptResult>;
  /** Stops the attempt at its next safe point; `submit` then resolves. Does nothing if no such attempt is running. */
  cancel(key: AttemptKey, reason: CancelReason): void;
  /**
   * The time of the attempt's run is nearly over: the task asks for nothing new, stores what it has, and ends. `cancel`
   * follows if it does not.
   */
  wrapUp(key: AttemptKey): void;
}
