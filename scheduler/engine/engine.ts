/**
 * Keeps the attempts that are under way: has them begun and stopped by what each step committed, and takes their ends into
 * the next one. When to take a step is decided elsewhere; what happens in its transaction, by step.ts.
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
  /** Runs of other lakes are left alone. */
  readonly lakeId: string;
  readonly limits: Limits;
  readonly random: () => number;
  readonly observer: EngineObserver;
  /** A person waits for these runs in the foreground: what only a person mends is not tried again. */
  readonly isAttended?: boolean;
}

export interface Engine {
  /**
   * One transaction, in which `before` may make, clear or stop runs, and says whether it wrote anything; then attempts
   * begin. Rejects when it could not be committed: then nothing has happened, and what had ended is taken in by the next
   * step. Where one thing in it threw, the step is taken again, and that thing alone is given up.
   */
  step(scope: Scope, before?: BeforePlan): Promise<StepOutcome>;
  /** Attempts that were begun and whose end is not committed yet. */
  readonly underWay: number;
}

export interface StepOutcome {
  /** When something that waits comes due, ISO UTC; `null` when nothing waits for time. */
  readonly wakeAt: string | null;
  /** Something was given up: what it made room for, and whether it throws again, the next step shows. */
  readonly isCareful: boolean;
}

/** Raises `wakeSignal` whenever an attempt ends. `drain` stops attempts and lets no other begin. */
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

  function begin({ run, dag, task, request }: StartedAttempt): void {
    const { key } = request;
    attempts.set(task.taskInstanceId, key);
    observer.taskStarted?.(run, task, key.attempt);
    const show = (progress: Progress): void => observer.taskProgressed?.(run, task.taskId, progress);
    const result = drain.aborted ? DRAINED : executor.submit(request, show).catch(judgeFault);
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
      const facts = { now: clock.now(), lakeId, scope, limits, isDraining: drain.aborted };
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

/** What began in the moment in which the process was told to drain. */
const DRAINED: Promise<AttemptResult> = Promise.resolve({ outcome: "drained" });

/** An attempt gives a result whatever happens: one that could not even be begun has failed. */
function judgeFault(error: unknown): AttemptResult {
  return {
    outcome: "failed",
    code: "INTERNAL",
    message: describeError(error),
    retryable: true,
    retryAfterSeconds: null,
  };
}
