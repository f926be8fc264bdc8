/**
 * The Executor port: where attempts run. The engine says what is to be done and takes in what came of it; everything that
 * crosses the port is plain JSON, so that an attempt may run in another process.
 */
import type { JsonValue } from "../dag/dag.ts";
import type { ErrorCode } from "../errors.ts";
import type { StopReason } from "../run/dag-run.ts";
import type { AttemptKey } from "./attempt-logs.ts";
import type { Progress, RunFacts, TaskOutput } from "./task-type.ts";

/** The run, with what the templates of a task may name. Instants are ISO UTC. */
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
  /** By task id: of the tasks that it needs, and of those that its options name. */
  readonly outputs: Readonly<Record<string, TaskOutput>>;
  readonly timeoutSeconds: number;
  /** The mark of the attempt's processes: see `makeAttemptCookie`. */
  readonly cookie: string;
  /** Since when it asks to be looked at again later, ISO UTC; `null` when it never did. */
  readonly waitingSince: string | null;
}

export type AttemptResult =
  | {
      readonly outcome: "success";
      readonly output: TaskOutput;
      /** In a few words; `null` where the task type says nothing. */
      readonly message: string | null;
    }
  | AttemptFailure
  | {
      readonly outcome: "reschedule";
      readonly code: ErrorCode;
      readonly message: string;
      readonly afterSeconds: number;
    }
  /** The process is stopping; the task reached a safe point, or was left after the grace time. */
  | { readonly outcome: "drained" }
  /** Its run is being stopped. */
  | { readonly outcome: "cancelled"; readonly code: "RUN_CANCELLED" | "RUN_TIMED_OUT" };

export interface AttemptFailure {
  readonly outcome: "failed";
  readonly code: ErrorCode;
  /** What happened, and what to do about it. */
  readonly message: string;
  readonly retryable: boolean;
  /** The next attempt waits at least this long; `null` where the task says nothing. */
  readonly retryAfterSeconds: number | null;
  /** Only a person's act mends it: a run in the foreground does not try it again. */
  readonly isForPerson?: boolean;
}

/** Why an attempt is to stop: its process drains, or its run is being stopped. */
export type CancelReason = "drained" | StopReason;

export interface Executor {
  /** Begins the attempt; resolves with its result when it has ended. Rejects only where it could not be begun. */
  submit(request: AttemptRequest, onProgress: (progress: Progress) => void): Promise<AttemptResult>;
  /** Stops the attempt at its next safe point; `submit` gives its result. Does nothing where no such attempt is under way. */
  cancel(key: AttemptKey, reason: CancelReason): void;
}
