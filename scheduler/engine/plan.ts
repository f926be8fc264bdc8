/**
 * Decides what to do now, from the world alone: no clock, no database, no randomness, no memory. plan-queue.ts
 * decides which queued runs start, waiting.ts why a task waits; apply.ts applies the plan.
 */
import type { TaskDefinition } from "../../model/dag/dag.ts";
import type { DagRun, StopReason } from "../../model/run/dag-run.ts";
import { judgeRun } from "../../model/run/run-outcome.ts";
import { isTaskEnded, type TaskInstance } from "../../model/run/task-instance.ts";
import { addSeconds } from "../../model/time/instant.ts";
import type { RunningTask } from "../../state/runs/task-instances.ts";
import { planQueued, type QueueAction } from "./plan-queue.ts";
import type { RunView } from "./run-view.ts";
import { NO_GUARD, type StepGuard } from "./step-guard.ts";
import { definitionOf, explainWaiting, isAnySlotFree } from "./waiting.ts";
import type { World } from "./world.ts";

export type Action =
  | QueueAction
  | { readonly kind: "start_attempt"; readonly run: DagRun; readonly task: TaskInstance }
  /** Its `when` holds and is not judged again. */
  | { readonly kind: "keep_condition"; readonly run: DagRun; readonly task: TaskInstance }
  /** It only waits for a slot. */
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
  /** Tasks whose running attempt must stop, with their run. Repeated in each plan until it has ended. */
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
 * Runs keep the world's order; tasks go by priority, then run, then the Dag's order. Slots given in this plan count
 * at once.
 */
export function planStep(world: World, guard: StepGuard = NO_GUARD): Plan {
  const actions: Action[] = [...planQueued(world, guard)];
  const aborts: Plan["aborts"][number][] = [];
  const wakeUps: Date[] = [];
  const candidates: Candidate[] = [];
  const planRun = (view: RunView): void => {
    const { run, tasks } = view;
    const outcome = view.openTasks.length > 0 ? undefined : judgeView(view);
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
      candidates.push(...view.openTasks.map(({ task, definition }) => ({ view, task, definition })));
    }
  };
  for (const view of world.runs) guard.run(view.run.dagRunId, () => planRun(view));
  planTasks(world, candidates, actions, wakeUps, guard);
  return { actions, aborts, wakeAt: findEarliest(wakeUps) };
}

function judgeView(view: RunView): ReturnType<typeof judgeRun> {
  const ends = view.tasks.map((task) => ({
    state: task.state,
    allowFailure: definitionOf(view, task).allowFailure,
  }));
  return judgeRun(ends, view.run.stopReason);
}

function findEarliest(instants: readonly Date[]): string | null {
  let earliest: Date | undefined;
  for (const instant of instants) if (earliest === undefined || instant < earliest) earliest = instant;
  return earliest?.toISOString() ?? null;
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
    // It was ready before: without a free slot nothing else matters.
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

function holdSlot(run: DagRun, task: TaskInstance): RunningTask {
  const { taskInstanceId, taskId, pool, exclusiveKey } = task;
  const { dagRunId, dagId, runId } = run;
  return { taskInstanceId, dagRunId, dagId, runId, taskId, state: "running", pool, exclusiveKey };
}
