/** What is to be done now, computed from the world alone: no clock, no database, no chance. Applying it is another file's. */
import { findTask, type DagDefinition, type TaskDefinition } from "../model/dag.ts";
import { isRunEnded, type DagRun } from "../model/dag-run.ts";
import { listUnmetConditions, type UnmetCondition } from "../model/readiness.ts";
import { judgeRun } from "../model/run-outcome.ts";
import type { TaskInstance, TaskState } from "../model/task-instance.ts";
import type { RunningTask } from "../state/task-instances.ts";
import type { RunView, World } from "./world.ts";

export type Action =
  | { readonly kind: "start_run"; readonly run: DagRun }
  | { readonly kind: "start_attempt"; readonly run: DagRun; readonly task: TaskInstance }
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
      readonly to: "skipped" | "upstream_failed";
      readonly reason: string;
    }
  | { readonly kind: "finish_run"; readonly run: DagRun; readonly to: "success" | "failed" | "cancelled" };

export interface Plan {
  readonly actions: readonly Action[];
  /** When a waiting task comes due, ISO UTC; `null` when nothing waits for time. */
  readonly wakeAt: string | null;
}

/** Oldest run first; within a run in the Dag's order. Slots given in this plan count at once. */
export function planStep(world: World): Plan {
  const actions: Action[] = [];
  const holders = [...world.holders];
  const wakeUps: string[] = [];
  for (const view of world.runs) {
    if (isRunEnded(view.run.state)) continue;
    if (view.run.state === "queued") {
      if (!world.isDraining) actions.push({ kind: "start_run", run: view.run });
      continue;
    }
    const outcome = judgeRun(
      view.tasks.map((task) => ({ state: task.state, allowFailure: definitionOf(view, task).allowFailure })),
    );
    if (outcome !== undefined) {
      actions.push({ kind: "finish_run", run: view.run, to: outcome });
      continue;
    }
    for (const task of inDagOrder(view)) {
      const action = planTask(world, view, task, holders, wakeUps);
      if (action === undefined) continue;
      actions.push(action);
      if (action.kind === "start_attempt") holders.push(holdSlot(view.run, task));
    }
  }
  return { actions, wakeAt: wakeUps.toSorted()[0] ?? null };
}

function planTask(
  world: World,
  view: RunView,
  task: TaskInstance,
  holders: readonly RunningTask[],
  wakeUps: string[],
): Action | undefined {
  const unmet = explainWaiting(world, view, task, holders);
  const { run } = view;
  const [first] = unmet;
  if (first === undefined) return world.isDraining ? undefined : { kind: "start_attempt", run, task };
  if (first.kind === "never")
    return { kind: "pass_over_task", run, task, to: first.becomes, reason: first.reason };
  if (first.kind === "time") wakeUps.push(first.until);
  const isSlotAlone = unmet.every((condition) => condition.kind === "pool" || condition.kind === "exclusive");
  if (isSlotAlone && task.state === "none" && !world.isDraining) {
    return {
      kind: "schedule_task",
      run,
      task,
      reason: unmet.map((condition) => condition.reason).join("; "),
    };
  }
  return undefined;
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
  // A need that is not part of the run (`--task`) stands against nothing.
  const upstream = new Map<string, TaskState>();
  for (const need of definition.needs) {
    const state = states.get(need);
    if (state !== undefined) upstream.set(need, state);
  }
  const rival = holders.find(
    (holder) => holder.exclusiveKey !== null && holder.exclusiveKey === task.exclusiveKey,
  );
  return listUnmetConditions({
    task: definition,
    instance: task,
    upstream,
    now: world.now,
    poolSlots: world.pools.get(task.pool) ?? 1,
    poolHolders: holders.filter((holder) => holder.pool === task.pool).length,
    exclusiveHolder: rival === undefined ? null : `${rival.dagId} ${rival.runId} ${rival.taskId}`,
  });
}

function inDagOrder(view: RunView): readonly TaskInstance[] {
  const byId = new Map(view.tasks.map((task) => [task.taskId, task]));
  return view.dag.tasks.flatMap((task) => byId.get(task.taskId) ?? []);
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
