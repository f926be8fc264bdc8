/**
 * Keeps the running attempts: starts and stops them as each step has committed, and hands their ends to the next
 * step. Its caller decides when to take a step; step.ts, what happens in its transaction.
 */
import { describeError } from "../../model/errors.ts";
import type { AttemptKey } from "../../model/ports/attempt-logs.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { AttemptResult, CancelReason, Executor } from "../../model/ports/executor.ts";
import type { Progress } from "../../model/ports/task-type.ts";
import { addSeconds } from "../../model/time/instant.ts";
import { shieldListener } from "../shield-listener.ts";
import type { WakeSignal } from "../waking/wake-signal.ts";
import type { StartedAttempt } from "./apply.ts";
import { reportStep, type EngineObserver } from "./engine-observer.ts";
import { createWorldCache } from "./run-view.ts";
import type { Completion } from "./settle.ts";
import { takeStep, type BeforePlan, type StepTools } from "./step.ts";
import type { Limits, Scope } from "./world.ts";

export interface EngineTools extends StepTools {
  readonly clock: Clock;
  readonly executor: Executor;
  /** Runs of other lakes are ignored. */
  readonly lakeId: string;
  readonly limits: Limits;
  readonly random: () => number;
  readonly observer: EngineObserver;
  /** A person waits for these runs in the foreground: a failure that only a person can fix is not retried. */
  readonly isAttended?: boolean;
  /** Aborted when the time given to this process is nearly over: nothing new starts, and attempts store what they have. */
  readonly wrapUp?: AbortSignal;
}

export interface Engine {
  /**
   * One transaction. `before` may create, clear or stop runs in it, and returns whether it wrote anything; then
   * attempts start. Rejects if the commit failed: then nothing has happened, and the next step handles the ended
   * attempts. If one thing threw, the step is repeated and only that thing is given up.
   */
  step(scope: Scope, before?: BeforePlan): Promise<StepOutcome>;
  /** Attempts that were started and whose end is not committed yet. */
  readonly underWay: number;
}

export interface StepOutcome {
  /** When something that waits comes due, ISO UTC; `null` when nothing waits for time. */
  readonly wakeAt: string | null;
  /** Something was given up; the next step shows what can run now and whether it throws again. */
  readonly isCareful: boolean;
}

/** Raises `wakeSignal` when an attempt ends. `drain` stops all attempts and starts no new ones. */
export function createEngine(tools: EngineTools, wakeSignal: WakeSignal, drain: AbortSignal): Engine {
  const { clock, executor } = tools;
  const observer = shieldListener(tools.observer, tools.log);
  const completions: Completion[] = [];
  /** By task instance. */
  const attempts = new Map<number, AttemptKey>();
  const memory = { cache: createWorldCache(), told: new Set<string>() };
  drain.addEventListener(
    "abort",
    () => {
      for (const key of attempts.values()) executor.cancel(key, "drained");
    },
    { once: true },
  );

  const isWrappingUp = (): boolean => tools.wrapUp?.aborted === true;
  tools.wrapUp?.addEventListener(
    "abort",
    () => {
      for (const key of attempts.values()) executor.wrapUp(key);
      wakeSignal.raise();
    },
    { once: true },
  );

  function begin({ run, dag, task, request }: StartedAttempt): void {
    const { key } = request;
    attempts.set(task.taskInstanceId, key);
    observer.taskStarted?.(run, task, key.attempt);
    const show = (progress: Progress): void => observer.taskProgressed?.(run, task.taskId, progress);
    const result =
      drain.aborted || isWrappingUp() ? DRAINED : executor.submit(request, show).catch(judgeFault);
    void result.then((end) => {
      const random = tools.random();
      const running = { ...task, state: "running" } as const;
      const isAttended = tools.isAttended === true;
      completions.push({ run, dag, task: running, number: key.attempt, result: end, random, isAttended });
      wakeSignal.raise();
    });
  }

  function cancel(taskInstanceId: number, reason: CancelReason): void {
    const key = attempts.get(taskInstanceId);
    if (key !== undefined) executor.cancel(key, reason);
  }

  return {
    async step(scope, before) {
      const done = [...completions];
      const { lakeId, limits } = tools;
      const facts = { now: clock.now(), lakeId, scope, limits, isDraining: drain.aborted || isWrappingUp() };
      const taken = await takeStep(tools, memory, {
        facts,
        done,
        before,
        isUnderWay: (id) => attempts.has(id),
      });
      const { applied, isCareful } = taken;
      completions.splice(0, done.length);
      for (const { task } of done) attempts.delete(task.taskInstanceId);
      reportStep(observer, taken.settled, applied);
      for (const started of applied.started) begin(started);
      for (const { run, task } of applied.plan.aborts) {
        cancel(task.taskInstanceId, run.stopReason ?? "cancelled");
      }
      for (const taskInstanceId of taken.toStop) cancel(taskInstanceId, "cancelled");
      const wakeAt = isCareful ? addSeconds(facts.now, 1).toISOString() : applied.plan.wakeAt;
      return { wakeAt, isCareful };
    },
    get underWay() {
      return attempts.size;
    },
  };
}

/** For an attempt that started when the drain began. */
const DRAINED: Promise<AttemptResult> = Promise.resolve({ outcome: "drained" });

/** Every attempt has a result: one that could not be started has failed. */
function judgeFault(error: unknown): AttemptResult {
  return {
    outcome: "failed",
    code: "INTERNAL",
    message: describeError(error),
    retryable: true,
    retryAfterSeconds: null,
  };
}
