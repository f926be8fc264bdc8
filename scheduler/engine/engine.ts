/**
 * One step of the scheduler at a time: takes in what ended, plans, applies in one transaction, then starts and stops
 * attempts. When to take a step, and which runs exist, is decided elsewhere.
 */
import { findTask, type DagDefinition, type TaskDefinition } from "../../model/dag/dag.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { describeError, TaskFailure } from "../../model/errors.ts";
import { addSeconds } from "../../model/time/instant.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { TaskInstance, TaskState } from "../../model/run/task-instance.ts";
import type { Progress, TaskOutput } from "../../model/ports/task-type.ts";
import { changeRunState, readRun, stopRun } from "../../state/runs/dag-runs.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { Query } from "../../state/sqlite/query.ts";
import {
  changeTaskState,
  keepCondition,
  readOutputsOf,
  startAttempt,
} from "../../state/runs/task-instances.ts";
import {
  RunStopped,
  runAttempt,
  type AttemptRequest,
  type AttemptResult,
  type AttemptTools,
} from "../attempts/attempt-runner.ts";
import type { Bell } from "../waking/wake-signal.ts";
import { planStep, type Action, type Plan } from "./plan.ts";
import type { ProcessIdentity } from "../lease/process-identity.ts";
import { settleAttempt, settleCarefully, type Completion, type Settled } from "./settle.ts";
import { giveUpRun, logFault, tellFault, tellGivenUp, tryAlone } from "./give-up.ts";
import { createCarefulGuard, mayBeOneThing, NO_GUARD, type StepGuard } from "./step-guard.ts";
import {
  createWorldCache,
  forgetAll,
  forgetRun,
  forgetTask,
  readWorld,
  type Limits,
  type Scope,
  type WorldFacts,
} from "./world.ts";

/** Told after the transaction that made it true. */
export interface EngineObserver {
  taskStarted?(run: DagRun, task: TaskInstance, attempt: number): void;
  taskProgressed?(run: DagRun, taskId: string, progress: Progress): void;
  /** It could start, but for a slot. */
  taskScheduled?(run: DagRun, task: TaskInstance): void;
  taskSettled?(run: DagRun, task: TaskInstance, end: TaskEnd): void;
  runEnded?(run: DagRun): void;
}

export interface TaskEnd {
  readonly state: TaskState;
  readonly message: string | null;
  readonly nextAttemptAt: string | null;
  readonly output: TaskOutput | null;
}

export interface EngineTools extends AttemptTools {
  readonly database: Database;
  readonly identity: ProcessIdentity;
  readonly leaseEpoch: number;
  readonly limits: Limits;
  readonly random: () => number;
  readonly observer: EngineObserver;
  /** In the transaction in which the run ends. */
  readonly noteRunEnd?: (query: Query, run: DagRun, now: Date) => void;
}

export interface Engine {
  /**
   * One transaction, in which `before` may make, clear or stop runs, and says whether it wrote anything; then attempts
   * begin. Rejects when it could not be committed: then nothing has happened, and what had ended is taken in by the next
   * step. Where one thing in it threw, the step is taken again, and that thing alone is given up.
   */
  step(scope: Scope, before?: (query: Query, now: Date, guard: StepGuard) => boolean): Promise<StepOutcome>;
  /** Attempts that were begun and whose end is not committed yet. */
  readonly underWay: number;
}

export interface StepOutcome {
  /** When something that waits comes due, ISO UTC; `null` when nothing waits for time. */
  readonly wakeAt: string | null;
  /** Something was given up: what it made room for, and whether it throws again, the next step shows. */
  readonly isCareful: boolean;
}

/** Nothing else of a plan follows from these. */
const LAST: ReadonlySet<Action["kind"]> = new Set(["keep_condition", "schedule_task", "start_attempt"]);

interface Started {
  readonly request: AttemptRequest;
  readonly dag: DagDefinition;
}

interface PassedOver {
  readonly run: DagRun;
  readonly task: TaskInstance;
  readonly to: TaskState;
  readonly reason: string;
}

interface Applied {
  readonly started: readonly Started[];
  readonly settled: readonly Settled[];
  readonly passedOver: readonly PassedOver[];
  readonly scheduled: readonly Extract<Action, { kind: "schedule_task" }>[];
  readonly ended: readonly DagRun[];
  /** Tasks of runs that were given up, whose attempts are still under way. */
  readonly toStop: readonly number[];
  readonly isCareful: boolean;
  readonly plan: Plan;
}

/** Rings `bell` whenever an attempt ends. `drain` stops attempts and lets no other begin. */
export function createEngine(tools: EngineTools, bell: Bell, drain: AbortSignal): Engine {
  const { database, clock, log, observer } = tools;
  const cache = createWorldCache();
  const completions: Completion[] = [];
  const attempts = new Map<number, AbortController>();
  const told = new Set<string>();
  // One listener for all attempts: of signals that were joined with `AbortSignal.any` Node keeps something for as long as
  // the longest-lived of them lives, and that is the process.
  drain.addEventListener(
    "abort",
    () => {
      for (const stopping of attempts.values()) stopping.abort(drain.reason);
    },
    { once: true },
  );

  function begin({ request, dag }: Started): void {
    const { run, task, number } = request;
    const stopping = new AbortController();
    attempts.set(task.taskInstanceId, stopping);
    if (drain.aborted) stopping.abort(drain.reason);
    observer.taskStarted?.(run, task, number);
    const show = (progress: Progress): void => observer.taskProgressed?.(run, task.taskId, progress);
    void runAttempt(tools, request, stopping.signal, show)
      .catch(judgeFault)
      .then((result) => {
        const random = tools.random();
        completions.push({ run, dag, task: { ...task, state: "running" }, number, result, random });
        bell.ring();
      });
  }

  return {
    async step(scope, before) {
      const now = clock.now();
      const done = [...completions];
      const facts = { now, lakeId: tools.lake.id, scope, limits: tools.limits, isDraining: drain.aborted };
      let applied;
      try {
        applied = await database
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
      completions.splice(0, done.length);
      for (const { task } of done) attempts.delete(task.taskInstanceId);
      announce(observer, applied);
      for (const started of applied.started) begin(started);
      for (const { run, task } of applied.plan.aborts) {
        attempts.get(task.taskInstanceId)?.abort(new RunStopped(run.stopReason ?? "cancelled"));
      }
      for (const taskInstanceId of applied.toStop) {
        attempts.get(taskInstanceId)?.abort(new RunStopped("cancelled"));
      }
      const { isCareful, plan } = applied;
      return { wakeAt: isCareful ? addSeconds(now, 1).toISOString() : plan.wakeAt, isCareful };

      function take(query: Query, guard: StepGuard): Applied {
        const settled = done.flatMap((completion) => {
          forgetTask(cache, completion.task);
          failpoint("settle.before");
          const end = guard.isCareful
            ? settleCarefully(query, completion, now, guard)
            : settleAttempt(query, completion, now);
          failpoint("settle.after");
          return end ?? [];
        });
        // It does not say which runs it wrote to.
        if (before?.(query, now, guard) === true) forgetAll(cache);
        return applyPlans(query, facts, settled, guard);
      }

      function takeCarefully(query: Query): Applied {
        const toStop: number[] = [];
        const ended: DagRun[] = [];
        const over = new Set(done.map(({ task }) => task.taskInstanceId));
        const isLiving = (id: number): boolean => attempts.has(id) && !over.has(id);
        const guard = createCarefulGuard(query, {
          run(dagRunId, error) {
            forgetRun(cache, dagRunId);
            const underWay = tryAlone(query, () => giveUpRun(query, dagRunId, error, now, isLiving));
            toStop.push(...(underWay ?? []));
            const message = `Run ${dagRunId} can be neither worked on nor failed`;
            if (underWay === undefined) tellFault(query, { message }, error, { now, log, told });
            else logFault(log, `Run ${dagRunId} cannot be worked on`, error);
            const end = tellGivenUp(query, dagRunId, (run) => tools.noteRunEnd?.(query, run, now));
            if (end !== undefined) ended.push(end);
          },
          thing({ what, dagId, giveUp }, error) {
            tryAlone(query, giveUp);
            tellFault(query, { message: what, dagId }, error, { now, log, told });
          },
        });
        const taken = take(query, guard);
        const started = taken.started.filter(({ request }) => !guard.isGivenUp(request.run.dagRunId));
        return { ...taken, started, toStop, isCareful: true, ended: [...taken.ended, ...ended] };
      }
    },
    get underWay() {
      return attempts.size;
    },
  };

  /**
   * Plans and applies until a plan has nothing in it that another one could follow from; slots are given by that last one
   * alone. Given earlier, one could go to a task of low priority before a higher one that is about to become ready.
   */
  function applyPlans(
    query: Query,
    facts: WorldFacts,
    settled: readonly Settled[],
    guard: StepGuard,
  ): Applied {
    const started: Started[] = [];
    const ended: DagRun[] = [];
    const passedOver: PassedOver[] = [];
    const scheduled: Applied["scheduled"][number][] = [];
    for (;;) {
      const plan = planStep(readWorld(query, facts, cache, guard), guard);
      const actions = plan.actions.filter(({ run }) => !guard.isGivenUp(run.dagRunId));
      const leading = actions.filter(({ kind }) => !LAST.has(kind));
      for (const action of leading.length === 0 ? actions : leading) {
        if ("task" in action) forgetTask(cache, action.task);
        else forgetRun(cache, action.run.dagRunId);
        failpoint("state.before");
        guard.run(action.run.dagRunId, () => apply(action));
        failpoint("state.after");
      }
      if (leading.length === 0)
        return { started, settled, passedOver, scheduled, ended, toStop: [], isCareful: false, plan };
    }

    function apply(action: Action): void {
      const { run } = action;
      const { now } = facts;
      switch (action.kind) {
        case "start_run":
          changeRunState(query, run, "running", now);
          return;
        case "requeue_run":
          changeRunState(query, run, "queued", now);
          return;
        case "stop_run":
          stopRun(query, run, action.reason);
          return;
        case "finish_run": {
          changeRunState(query, run, action.to, now);
          const end = readRun(query, run.dagRunId);
          tools.noteRunEnd?.(query, end, now);
          ended.push(end);
          return;
        }
        case "keep_condition":
          keepCondition(query, action.task);
          return;
        case "schedule_task":
          changeTaskState(query, run, action.task, "scheduled", now, { message: action.reason });
          scheduled.push(action);
          return;
        case "pass_over_task":
          changeTaskState(query, run, action.task, action.to, now, { message: action.reason });
          passedOver.push({ run, task: action.task, to: action.to, reason: action.reason });
          return;
        case "start_attempt":
          start(action.run, action.task);
      }
    }

    function start(run: DagRun, task: TaskInstance): void {
      const { identity, leaseEpoch } = tools;
      const holder = { pid: identity.pid, host: identity.host, leaseEpoch };
      failpoint("attempt.before");
      const number = startAttempt(query, run, task, holder, facts.now);
      failpoint("attempt.after");
      const dag = cache.definitions.get(run.fingerprint);
      const definition = dag === undefined ? undefined : findTask(dag, task.taskId);
      if (number === undefined || dag === undefined || definition === undefined) return;
      const outputs = readOutputsOf(query, run.dagRunId, listAskedTasks(definition));
      started.push({ dag, request: { run, definition, task, number, outputs } });
    }
  }
}

/** Whose outputs an attempt may use: its needs get to it whole, and its options may name those of any task upstream. */
function listAskedTasks({ needs, with: options }: TaskDefinition): readonly string[] {
  const named = JSON.stringify(options).matchAll(/\boutputs\.([a-z0-9_]+)\./g);
  return [...needs, ...Array.from(named, ([, taskId = ""]) => taskId)];
}

/** An attempt gives a result whatever happens: one that could not even be begun has failed. */
function judgeFault(error: unknown): AttemptResult {
  return {
    outcome: "failed",
    failure: new TaskFailure("INTERNAL", describeError(error), true, { cause: error }),
  };
}

function announce(observer: EngineObserver, applied: Applied): void {
  for (const { completion, state, message, nextAttemptAt } of applied.settled) {
    const output = completion.result.outcome === "success" ? completion.result.output : null;
    observer.taskSettled?.(completion.run, completion.task, { state, message, nextAttemptAt, output });
  }
  for (const { run, task, to, reason } of applied.passedOver) {
    observer.taskSettled?.(run, task, {
      state: to,
      message: reason,
      nextAttemptAt: null,
      output: null,
    });
  }
  for (const { run, task } of applied.scheduled) observer.taskScheduled?.(run, task);
  for (const run of applied.ended) observer.runEnded?.(run);
}
