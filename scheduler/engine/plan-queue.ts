/** Which queued runs start, and which run gives up its place for another. */
import type { DagRun } from "../../model/run/dag-run.ts";
import type { RunView } from "./run-view.ts";
import type { StepGuard } from "./step-guard.ts";
import { explainWaiting } from "./waiting.ts";
import type { QueuedRun, World } from "./world.ts";

export type QueueAction =
  | { readonly kind: "start_run"; readonly run: DagRun }
  /** It can only wait for an earlier run, and another run needs its place. */
  | { readonly kind: "requeue_run"; readonly run: DagRun };

/**
 * Starts as many runs of each Dag as it has places, first those that can make progress. If one of these finds no
 * place, no run that only waits for an earlier one gets a place; and of such runs with a later date that hold a
 * place, the latest is queued again.
 */
export function planQueued(world: World, guard: StepGuard): readonly QueueAction[] {
  if (world.isDraining) return [];
  const actions: QueueAction[] = [];
  const active = new Map(world.activeRuns);
  /** By Dag, the earliest date of a run that can make progress and finds no place. */
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
  return actions;
}

/** Of the Dag's running runs after that date that only wait for an earlier run, the latest. */
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

/** No task is running, and every task whose upstream is done waits for the Dag's previous run. */
function isWaitingForPast(world: World, view: RunView): boolean {
  if (view.pasts.size === 0 || view.tasks.some((task) => task.state === "running")) return false;
  const { openTasks } = view;
  return (
    openTasks.length > 0 &&
    openTasks.every(({ task }) => explainWaiting(world, view, task).some(({ kind }) => kind === "past"))
  );
}
