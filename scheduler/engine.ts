/**
 * Drives DagRuns to their end: reads the world, plans, applies, starts attempts, and takes their results in. When to look
 * again is decided by results and by waiting tasks; which runs exist is decided elsewhere.
 */
import { findTask, type DagDefinition } from "../model/dag.ts";
import { isRunEnded, type DagRun } from "../model/dag-run.ts";
import type { TaskInstance, TaskState } from "../model/task-instance.ts";
import type { Progress, TaskOutput } from "../model/task-type.ts";
import { changeRunState, readRun } from "../state/dag-runs.ts";
import type { Database, Query } from "../state/database.ts";
import { changeTaskState, readOutputs, startAttempt } from "../state/task-instances.ts";
import { runAttempt, type AttemptRequest, type AttemptTools } from "./attempt-runner.ts";
import { planStep, type Action } from "./plan.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import { settleAttempt, type Completion, type Settled } from "./settle.ts";
import { readWorld } from "./world.ts";

/** Told after the transaction that made it true. */
export interface EngineObserver {
  taskStarted?(run: DagRun, taskId: string, attempt: number): void;
  taskProgressed?(run: DagRun, taskId: string, progress: Progress): void;
  taskSettled?(run: DagRun, taskId: string, end: TaskEnd): void;
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
  readonly pools: ReadonlyMap<string, number>;
  readonly random: () => number;
  readonly observer: EngineObserver;
}

interface Started {
  readonly request: AttemptRequest;
  readonly dag: DagDefinition;
}

interface StepResult {
  readonly started: readonly Started[];
  readonly settled: readonly Settled[];
  readonly passedOver: readonly {
    readonly run: DagRun;
    readonly task: TaskInstance;
    readonly to: TaskState;
    readonly reason: string;
  }[];
  readonly ended: readonly DagRun[];
  readonly wakeAt: string | null;
}

/** Resolves when every run has ended, or, once `drain` is aborted, when everything under way has stopped. */
export async function driveRuns(
  tools: EngineTools,
  dagRunIds: readonly number[],
  drain: AbortSignal,
): Promise<readonly DagRun[]> {
  const { database, clock, observer } = tools;
  const definitions = new Map<string, DagDefinition>();
  const completions: Completion[] = [];
  let underWay = 0;
  let ring: () => void = () => undefined;

  function begin(started: Started): void {
    const { request, dag } = started;
    const { run, task, number } = request;
    underWay += 1;
    observer.taskStarted?.(run, task.taskId, number);
    const show = (progress: Progress): void => observer.taskProgressed?.(run, task.taskId, progress);
    void runAttempt(tools, request, drain, show).then((result) => {
      underWay -= 1;
      completions.push({
        run,
        dag,
        task: { ...task, state: "running" },
        number,
        result,
        random: tools.random(),
      });
      ring();
    });
  }

  for (;;) {
    const done = completions.splice(0);
    const facts = { now: clock.now(), dagRunIds, pools: tools.pools, isDraining: drain.aborted };
    const step = await database.write((query) => takeStep(query, tools, done, facts, definitions));
    announce(observer, step);
    for (const started of step.started) begin(started);
    if (completions.length > 0) continue;
    const runs = dagRunIds.map((dagRunId) => readRun(database, dagRunId));
    if (underWay === 0 && (drain.aborted || runs.every((run) => isRunEnded(run.state)))) return runs;
    await waitForRing(step.wakeAt);
  }

  /** Until an attempt ends, a waiting task comes due, or the drain begins. */
  async function waitForRing(wakeAt: string | null): Promise<void> {
    const over = new AbortController();
    const rung = new Promise<void>((resolve) => {
      ring = resolve;
      if (!drain.aborted)
        drain.addEventListener("abort", () => resolve(), { once: true, signal: over.signal });
    });
    const waits: Promise<unknown>[] = [rung];
    if (wakeAt !== null && !drain.aborted) {
      const delayMs = Math.max(0, Date.parse(wakeAt) - clock.now().getTime());
      waits.push(clock.sleep(Math.min(delayMs, 30_000), over.signal).catch(() => undefined));
    }
    await Promise.race(waits);
    over.abort();
  }
}

/** Finishes what ended and starts what may start now, in one transaction. */
function takeStep(
  query: Query,
  tools: EngineTools,
  completions: readonly Completion[],
  facts: {
    readonly now: Date;
    readonly dagRunIds: readonly number[];
    readonly pools: ReadonlyMap<string, number>;
    readonly isDraining: boolean;
  },
  definitions: Map<string, DagDefinition>,
): StepResult {
  const settled = completions.flatMap((completion) => settleAttempt(query, completion, facts.now) ?? []);
  const started: Started[] = [];
  const ended: DagRun[] = [];
  const passedOver: StepResult["passedOver"][number][] = [];
  for (;;) {
    const world = readWorld(query, facts, definitions);
    const plan = planStep(world);
    if (plan.actions.length === 0) return { started, settled, passedOver, ended, wakeAt: plan.wakeAt };
    for (const action of plan.actions) {
      applyAction(action);
    }
  }

  function applyAction(action: Action): void {
    const { run } = action;
    switch (action.kind) {
      case "start_run":
        changeRunState(query, run, "running", facts.now);
        return;
      case "finish_run":
        changeRunState(query, run, action.to, facts.now);
        ended.push(readRun(query, run.dagRunId));
        return;
      case "schedule_task":
        changeTaskState(query, run, action.task, "scheduled", facts.now, { message: action.reason });
        return;
      case "pass_over_task":
        changeTaskState(query, run, action.task, action.to, facts.now, { message: action.reason });
        passedOver.push({ run, task: action.task, to: action.to, reason: action.reason });
        return;
      case "start_attempt": {
        const { identity, leaseEpoch } = tools;
        const holder = { pid: identity.pid, host: identity.host, leaseEpoch };
        const number = startAttempt(query, run, action.task, holder, facts.now);
        const dag = definitions.get(run.fingerprint);
        const definition = dag === undefined ? undefined : findTask(dag, action.task.taskId);
        if (number === undefined || dag === undefined || definition === undefined) return;
        const outputs = readOutputs(query, run.dagRunId);
        started.push({ dag, request: { run, definition, task: action.task, number, outputs } });
      }
    }
  }
}

function announce(observer: EngineObserver, step: StepResult): void {
  for (const { completion, state, message, nextAttemptAt } of step.settled) {
    const output = completion.result.outcome === "success" ? completion.result.output : null;
    observer.taskSettled?.(completion.run, completion.task.taskId, { state, message, nextAttemptAt, output });
  }
  for (const { run, task, to, reason } of step.passedOver) {
    observer.taskSettled?.(run, task.taskId, {
      state: to,
      message: reason,
      nextAttemptAt: null,
      output: null,
    });
  }
  for (const run of step.ended) observer.runEnded?.(run);
}
