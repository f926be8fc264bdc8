/** What is to be done now, computed from the world alone: no clock, no database, no chance. Applying it is another file's. */
import {
  describeUnmet,
  judgeCondition,
  listNamedTasks,
  resolveCondition,
} from "../../model/dag/condition.ts";
import { findTask, type DagDefinition, type TaskDefinition } from "../../model/dag/dag.ts";
import type { DagRun, StopReason } from "../../model/run/dag-run.ts";
import { addSeconds } from "../../model/time/instant.ts";
import {
  listUnmetConditions,
  type SlotLimit,
  type UnmetCondition,
  type WhenVerdict,
} from "../../model/run/readiness.ts";
import { judgeRun } from "../../model/run/run-outcome.ts";
import { isTaskEnded, type TaskInstance, type TaskState } from "../../model/run/task-instance.ts";
import { judgeUpstream } from "../../model/dag/trigger-rule.ts";
import type { RunningTask } from "../../state/runs/task-instances.ts";
import { makeLookUp } from "../attempts/render-options.ts";
import { NO_GUARD, type StepGuard } from "./step-guard.ts";
import type { Limits, QueuedRun, RunView, World } from "./world.ts";

export type Action =
  | { readonly kind: "start_run"; readonly run: DagRun }
  /** It can only wait for an earlier run, and another one needs its place. */
  | { readonly kind: "requeue_run"; readonly run: DagRun }
  | { readonly kind: "start_attempt"; readonly run: DagRun; readonly task: TaskInstance }
  /** Its `when` holds, which is not asked again. */
  | { readonly kind: "keep_condition"; readonly run: DagRun; readonly task: TaskInstance }
  /** It could start, but for a slot. */
  | {
      readonly kind: "schedule_task";
      readonly run: DagRun;
      readonly task: TaskInstance;
      readonly reason: string;
    }
  | {
      readonly kind: "pass_over_task";
      readonly run: DagRun;
      readonly task: TaskInstance;
      readonly to: "skipped" | "upstream_failed" | "cancelled";
      readonly reason: string;
    }
  | { readonly kind: "stop_run"; readonly run: DagRun; readonly reason: StopReason }
  | { readonly kind: "finish_run"; readonly run: DagRun; readonly to: "success" | "failed" | "cancelled" };

export interface Plan {
  readonly actions: readonly Action[];
  /** Tasks whose running attempt is to be stopped, with their run. Said anew in each plan until it has ended. */
  readonly aborts: readonly { readonly run: DagRun; readonly task: TaskInstance }[];
  /** When something that waits comes due, ISO UTC; `null` when nothing waits for time. */
  readonly wakeAt: string | null;
}

interface Candidate {
  readonly view: RunView;
  readonly task: TaskInstance;
  readonly definition: TaskDefinition;
}

/**
 * Runs in the world's order; tasks by priority, then by their run, then by the Dag's order. Slots given in this plan count
 * at once.
 */
export function planStep(world: World, guard: StepGuard = NO_GUARD): Plan {
  const actions: Action[] = [];
  const aborts: Plan["aborts"][number][] = [];
  const wakeUps: Date[] = [];
  const candidates: Candidate[] = [];
  planQueued(world, actions, guard);
  const planRun = (view: RunView): void => {
    const { run, tasks } = view;
    const outcome = judgeRun(
      tasks.map((task) => ({ state: task.state, allowFailure: definitionOf(view, task).allowFailure })),
      run.stopReason,
    );
    if (outcome !== undefined) {
      actions.push({ kind: "finish_run", run, to: outcome });
    } else if (run.stopReason !== null) {
      for (const task of tasks) planStop(run, run.stopReason, task, actions, aborts);
    } else {
      const endsAt = findTimeOut(view);
      if (endsAt !== undefined && endsAt <= world.now) {
        actions.push({ kind: "stop_run", run, reason: "timed_out" });
        return;
      }
      if (endsAt !== undefined) wakeUps.push(endsAt);
      candidates.push(...listCandidates(view));
    }
  };
  for (const view of world.runs) guard.run(view.run.dagRunId, () => planRun(view));
  planTasks(world, candidates, actions, wakeUps, guard);
  return { actions, aborts, wakeAt: findEarliest(wakeUps) };
}

function findEarliest(instants: readonly Date[]): string | null {
  let earliest: Date | undefined;
  for (const instant of instants) if (earliest === undefined || instant < earliest) earliest = instant;
  return earliest?.toISOString() ?? null;
}

/**
 * Of each Dag as many as there are places, those that can do something first. Where one of these finds no place, no run
 * that could only wait for an earlier one gets any; and of those that hold one though their date is later, the latest
 * gives it up: it is queued again.
 */
function planQueued(world: World, actions: Action[], guard: StepGuard): void {
  if (world.isDraining) return;
  const active = new Map(world.activeRuns);
  /** By Dag, the earliest date of a run that can do something and finds no place. */
  const crowded = new Map<string, string>();
  const start = ({ run, limit }: QueuedRun): boolean => {
    const count = active.get(run.dagId) ?? 0;
    if (count >= limit) return false;
    active.set(run.dagId, count + 1);
    actions.push({ kind: "start_run", run });
    return true;
  };
  const isIdle = world.queued.map(
    ({ run, view }) => view !== null && guard.run(run.dagRunId, () => isWaitingForPast(world, view)) === true,
  );
  for (const [index, queued] of world.queued.entries()) {
    if (isIdle[index] === true || start(queued)) continue;
    const { dagId, logicalDate } = queued.run;
    const earliest = crowded.get(dagId);
    if (earliest === undefined || logicalDate < earliest) crowded.set(dagId, logicalDate);
  }
  for (const [index, queued] of world.queued.entries()) {
    if (isIdle[index] === true && !crowded.has(queued.run.dagId)) start(queued);
  }
  for (const [dagId, date] of crowded) {
    const run = findLatestWaiting(world, guard, dagId, date);
    if (run !== undefined) actions.push({ kind: "requeue_run", run });
  }
}

/** Of the Dag's runs under way after that date that can only wait for an earlier one, the one with the latest date. */
function findLatestWaiting(world: World, guard: StepGuard, dagId: string, date: string): DagRun | undefined {
  const waiting = world.runs.filter(
    (view) =>
      view.run.dagId === dagId &&
      view.run.logicalDate > date &&
      view.run.stopReason === null &&
      guard.run(view.run.dagRunId, () => isWaitingForPast(world, view)) === true,
  );
  return waiting.map(({ run }) => run).toSorted((a, b) => (a.logicalDate < b.logicalDate ? 1 : -1))[0];
}

/** Every task of it that upstream tasks do not hold back is held back by the Dag's run before it, and none is running. */
function isWaitingForPast(world: World, view: RunView): boolean {
  if (view.pasts.size === 0 || view.tasks.some((task) => task.state === "running")) return false;
  const open = listOpenTasks(view);
  return (
    open.length > 0 &&
    open.every(({ task }) => explainWaiting(world, view, task).some(({ kind }) => kind === "past"))
  );
}

function planStop(
  run: DagRun,
  reason: StopReason,
  task: TaskInstance,
  actions: Action[],
  aborts: Plan["aborts"][number][],
): void {
  if (isTaskEnded(task.state)) return;
  if (task.state === "running") {
    aborts.push({ run, task });
  } else {
    const message = reason === "cancelled" ? "its run was cancelled" : "its run took longer than its timeout";
    actions.push({ kind: "pass_over_task", run, task, to: "cancelled", reason: message });
  }
}

function findTimeOut({ run, dag }: RunView): Date | undefined {
  if (dag.timeoutSeconds === null || run.runningSince === null) return undefined;
  return addSeconds(new Date(run.runningSince), dag.timeoutSeconds);
}

interface OpenTask {
  readonly task: TaskInstance;
  readonly definition: TaskDefinition;
}

/** What was found of a run's tasks holds for as long as they stand as they were read: with many runs most of them do. */
const FOUND = new WeakMap<readonly TaskInstance[], readonly OpenTask[]>();

/**
 * Its open tasks in the Dag's order, save those that wait for upstream tasks: nothing but a change of their own run's tasks
 * lets them start.
 */
function listCandidates(view: RunView): readonly Candidate[] {
  const found = FOUND.get(view.tasks) ?? listOpenTasks(view);
  FOUND.set(view.tasks, found);
  return found.map(({ task, definition }) => ({ view, task, definition }));
}

function listOpenTasks(view: RunView): readonly OpenTask[] {
  const byId = new Map(view.tasks.map((task) => [task.taskId, task]));
  const states = new Map(view.tasks.map((task) => [task.taskId, task.state]));
  return view.dag.tasks.flatMap((definition) => {
    const task = byId.get(definition.taskId);
    if (task === undefined || isTaskEnded(task.state) || task.state === "running") return [];
    const upstream = definition.needs.flatMap((need) => states.get(need) ?? []);
    return judgeUpstream(definition.triggerRule, upstream) === "wait" ? [] : [{ task, definition }];
  });
}

/** A need that is not part of the run (`--task`) stands against nothing. */
function listUpstream(
  states: ReadonlyMap<string, TaskState>,
  definition: TaskDefinition,
): ReadonlyMap<string, TaskState> {
  return new Map(
    definition.needs.flatMap((need) => {
      const state = states.get(need);
      return state === undefined ? [] : [[need, state] as const];
    }),
  );
}

function planTasks(
  world: World,
  candidates: readonly Candidate[],
  actions: Action[],
  wakeUps: Date[],
  guard: StepGuard,
): void {
  const holders = [...world.holders];
  const sorted = candidates.toSorted((a, b) => b.definition.priority - a.definition.priority);
  for (const candidate of sorted) guard.run(candidate.view.run.dagRunId, () => planTask(candidate));

  function planTask({ view, task, definition }: Candidate): void {
    const { run } = view;
    // It was found ready before: without a slot for it nothing else about it matters.
    if (task.state === "scheduled" && !isAnySlotFree(world, task, holders)) return;
    const unmet = explainWaiting(world, view, task, holders);
    const [first] = unmet;
    const isJudged = definition.when !== null && !task.whenHeld && first?.kind !== "never";
    if (isJudged && !unmet.some(({ kind }) => kind === "upstream")) {
      actions.push({ kind: "keep_condition", run, task });
    }
    if (first === undefined) {
      if (world.isDraining) return;
      actions.push({ kind: "start_attempt", run, task });
      holders.push(holdSlot(run, task));
      return;
    }
    if (first.kind === "never") {
      actions.push({ kind: "pass_over_task", run, task, to: first.becomes, reason: first.reason });
      return;
    }
    const time = unmet.find((condition) => condition.kind === "time");
    if (time !== undefined) wakeUps.push(addSeconds(new Date(time.until), 0));
    const isSlotAlone = unmet.every((condition) => condition.kind === "slot");
    if (isSlotAlone && task.state === "none" && !world.isDraining) {
      const reason = unmet.map((condition) => condition.reason).join("; ");
      actions.push({ kind: "schedule_task", run, task, reason });
    }
  }
}

function isAnySlotFree({ limits }: World, { pool }: TaskInstance, holders: readonly RunningTask[]): boolean {
  if (holders.length >= limits.maxActiveTasks) return false;
  return countHolders(holders, pool) < slotsOf(limits, pool);
}

function slotsOf({ pools }: Limits, pool: string): number {
  return pools.get(pool) ?? 1;
}

function countHolders(holders: readonly RunningTask[], pool: string): number {
  let count = 0;
  for (const holder of holders) if (holder.pool === pool) count += 1;
  return count;
}

/** Why this task is not running: the one answer that pages, commands and the planner share. */
export function explainWaiting(
  world: World,
  view: RunView,
  task: TaskInstance,
  holders: readonly RunningTask[] = world.holders,
): readonly UnmetCondition[] {
  const definition = definitionOf(view, task);
  const states = new Map(view.tasks.map((other) => [other.taskId, other.state]));
  const rival = holders.find(
    (holder) => holder.exclusiveKey !== null && holder.exclusiveKey === task.exclusiveKey,
  );
  return listUnmetConditions({
    task: definition,
    instance: task,
    upstream: listUpstream(states, definition),
    past: view.pasts.get(task.taskId) ?? null,
    when: judgeWhen(view, definition, task),
    now: world.now,
    limits: listLimits(world, view.dag, task, holders),
    exclusiveHolder: rival === undefined ? null : `${rival.dagId} ${rival.runId} ${rival.taskId}`,
  });
}

/** Judged once, when all that it names has ended; that it holds is kept with the task. */
function judgeWhen(
  { run, tasks, outputs }: RunView,
  { when }: TaskDefinition,
  task: TaskInstance,
): WhenVerdict {
  if (when === null || task.whenHeld) return { kind: "holds" };
  const named = listNamedTasks(when);
  const open = tasks.find((other) => named.includes(other.taskId) && !isTaskEnded(other.state));
  if (open !== undefined) {
    return { kind: "open", reason: `when waits for ${open.taskId}, which is ${open.state}` };
  }
  const value = resolveCondition(when, makeLookUp(run, outputs));
  return judgeCondition(when, value)
    ? { kind: "holds" }
    : { kind: "unmet", reason: describeUnmet(when, value) };
}

function listLimits(
  world: World,
  dag: DagDefinition,
  task: TaskInstance,
  holders: readonly RunningTask[],
): readonly SlotLimit[] {
  const { maxActiveTasks } = world.limits;
  const limits: SlotLimit[] = [
    {
      name: `pool ${task.pool}`,
      slots: slotsOf(world.limits, task.pool),
      taken: countHolders(holders, task.pool),
    },
    { name: "the scheduler (DAGMAR_MAX_ACTIVE_TASKS)", slots: maxActiveTasks, taken: holders.length },
  ];
  if (dag.maxActiveTasks !== null) {
    const taken = holders.filter((holder) => holder.dagId === dag.dagId).length;
    limits.push({ name: `${dag.dagId} (max_active_tasks)`, slots: dag.maxActiveTasks, taken });
  }
  return limits;
}

function definitionOf(view: { readonly dag: DagDefinition }, task: TaskInstance): TaskDefinition {
  const definition = findTask(view.dag, task.taskId);
  if (definition === undefined) throw new Error(`${view.dag.dagId} has no task ${task.taskId}`);
  return definition;
}

function holdSlot(run: DagRun, task: TaskInstance): RunningTask {
  const { taskInstanceId, taskId, pool, exclusiveKey } = task;
  const { dagRunId, dagId, runId } = run;
  return { taskInstanceId, dagRunId, dagId, runId, taskId, state: "running", pool, exclusiveKey };
}
