/** Why a task is not running: what it waits for, and which slots are taken. */
import {
  describeUnmet,
  judgeCondition,
  listNamedTasks,
  resolveCondition,
} from "../../model/dag/condition.ts";
import type { DagDefinition, TaskDefinition } from "../../model/dag/dag.ts";
import {
  listUnmetConditions,
  type ReadinessFacts,
  type SlotLimit,
  type UnmetCondition,
  type WhenVerdict,
} from "../../model/run/readiness.ts";
import { isTaskEnded, type TaskInstance, type TaskState } from "../../model/run/task-instance.ts";
import { nameRun } from "../../model/run/run-name.ts";
import type { RunningTask } from "../../state/runs/task-instances.ts";
import { makeLookUp } from "../attempts/render-options.ts";
import type { RunView } from "./run-view.ts";
import type { Limits, World } from "./world.ts";

/** What a task's turn depends on, apart from its own run. */
export type SlotFacts = Pick<World, "now" | "limits" | "holders">;

/** Why this task is not running. Pages, commands and the planner share this answer. */
export function explainWaiting(
  world: SlotFacts,
  view: RunView,
  task: TaskInstance,
  holders: readonly RunningTask[] = world.holders,
): readonly UnmetCondition[] {
  const definition = definitionOf(view, task);
  const rival = holders.find(
    (holder) => holder.exclusiveKey !== null && holder.exclusiveKey === task.exclusiveKey,
  );
  return listUnmetConditions({
    task: definition,
    instance: task,
    upstream: listUpstream(view, definition),
    past: namePast(view, task.taskId),
    when: judgeWhen(view, definition, task),
    now: world.now,
    timezone: view.run.timezone,
    limits: listLimits(world, view.dag, task, holders),
    exclusiveHolder: rival === undefined ? null : `${nameRun(rival)} ${rival.taskId}`,
  });
}

function namePast({ run, pasts }: RunView, taskId: string): ReadinessFacts["past"] {
  const past = pasts.get(taskId);
  return past === undefined
    ? null
    : { runName: nameRun({ dagId: run.dagId, runId: past.runId }), state: past.state };
}

/** A need that is not part of the run (`--task`) is ignored. */
function listUpstream({ tasksById }: RunView, { needs }: TaskDefinition): ReadonlyMap<string, TaskState> {
  return new Map(
    needs.flatMap((need) => {
      const task = tasksById.get(need);
      return task === undefined ? [] : [[need, task.state] as const];
    }),
  );
}

/** Judged once, when all tasks that it names have ended. That it holds is stored with the task. */
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
  world: SlotFacts,
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

export function isAnySlotFree(
  { limits }: World,
  { pool }: TaskInstance,
  holders: readonly RunningTask[],
): boolean {
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

export function definitionOf({ dag, definitions }: RunView, { taskId }: TaskInstance): TaskDefinition {
  const definition = definitions.get(taskId);
  if (definition === undefined) throw new Error(`${dag.dagId} has no task ${taskId}`);
  return definition;
}
