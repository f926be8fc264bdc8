/**
 * One step of the scheduler as a transaction: settles ended attempts, then plans and applies. If one thing throws,
 * the step runs again with guards and only that thing is given up.
 */
import { failpoint } from "../../model/failpoint.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { applyPlans, type Applied, type ApplyTools } from "./apply.ts";
import { giveUpRun, logFault, noteFault, recordGivenUp, tryAlone } from "./give-up.ts";
import { forgetAll, forgetRun, forgetTask, type WorldCache } from "./run-view.ts";
import { settleAttempt, settleCarefully, type Completion, type Settled } from "./settle.ts";
import { createCarefulGuard, mayBeOneThing, NO_GUARD, type StepGuard } from "./step-guard.ts";
import type { WorldFacts } from "./world.ts";

export interface StepTools extends ApplyTools {
  readonly database: Database;
  readonly log: Logger;
}

/** What is kept from one step to the next. */
export interface StepMemory {
  readonly cache: WorldCache;
  /** Faults that were reported. */
  readonly told: Set<string>;
}

export type BeforePlan = (query: Query, now: Date, guard: StepGuard) => boolean;

interface StepRequest {
  readonly facts: WorldFacts;
  readonly done: readonly Completion[];
  readonly before: BeforePlan | undefined;
  /** Whether this process runs an attempt of the task instance. */
  readonly isUnderWay: (taskInstanceId: number) => boolean;
}

export interface Taken {
  readonly settled: readonly Settled[];
  readonly applied: Applied;
  readonly isCareful: boolean;
  /** Tasks of given-up runs whose attempts are still running. */
  readonly toStop: readonly number[];
}

/** Runs the step without guards; then with them, if one thing in it may have thrown. */
export async function takeStep(
  tools: StepTools,
  { cache, told }: StepMemory,
  { facts, done, before, isUnderWay }: StepRequest,
): Promise<Taken> {
  const { database, log } = tools;
  try {
    return await database
      .write((query) => take(query, NO_GUARD))
      .catch((error: unknown) => {
        forgetAll(cache);
        if (!mayBeOneThing(error)) throw error;
        return database.write(takeCarefully);
      });
  } catch (error) {
    forgetAll(cache);
    throw error;
  }

  function take(query: Query, guard: StepGuard): Taken {
    const settled = done.flatMap((completion) => {
      forgetTask(cache, completion.task);
      failpoint("settle.before");
      const end = guard.isCareful
        ? settleCarefully(query, completion, facts.now, guard)
        : settleAttempt(query, completion, facts.now);
      failpoint("settle.after");
      return end ?? [];
    });
    // It does not tell which runs it wrote to.
    if (before?.(query, facts.now, guard) === true) forgetAll(cache);
    const applied = applyPlans(query, facts, cache, guard, tools);
    return { settled, applied, isCareful: false, toStop: [] };
  }

  function takeCarefully(query: Query): Taken {
    const { now } = facts;
    const toStop: number[] = [];
    const ended: DagRun[] = [];
    const over = new Set(done.map(({ task }) => task.taskInstanceId));
    const isLiving = (id: number): boolean => isUnderWay(id) && !over.has(id);
    const guard = createCarefulGuard(query, {
      run(dagRunId, error) {
        forgetRun(cache, dagRunId);
        const underWay = tryAlone(query, () => giveUpRun(query, dagRunId, error, now, isLiving));
        toStop.push(...(underWay ?? []));
        const message = `Run ${dagRunId} can neither continue nor fail`;
        if (underWay === undefined) noteFault(query, { message }, error, { now, log, told });
        else logFault(log, `Run ${dagRunId} cannot continue`, error);
        const end = recordGivenUp(query, dagRunId, (run) => tools.noteRunEnd?.(query, run, now));
        if (end !== undefined) ended.push(end);
      },
      thing({ what, dagId, giveUp }, error) {
        tryAlone(query, giveUp);
        noteFault(query, { message: what, dagId }, error, { now, log, told });
      },
    });
    const { settled, applied } = take(query, guard);
    const started = applied.started.filter(({ run }) => !guard.isGivenUp(run.dagRunId));
    const all = { ...applied, started, ended: [...applied.ended, ...ended] };
    return { settled, applied: all, isCareful: true, toStop };
  }
}
