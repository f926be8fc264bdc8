/** Why the open tasks of a run are not running, in words: the planner's own conditions, read without changing anything. */
import { isRunEnded } from "../model/dag-run.ts";
import type { Query } from "../state/database.ts";
import { explainWaiting } from "./plan.ts";
import { readWorld } from "./world.ts";

export interface WaitingTask {
  readonly taskId: string;
  readonly reasons: readonly string[];
}

export function explainRun(
  query: Query,
  dagRunId: number,
  pools: ReadonlyMap<string, number>,
  now: Date,
): readonly WaitingTask[] {
  const world = readWorld(query, { now, dagRunIds: [dagRunId], pools, isDraining: false }, new Map());
  return world.runs.flatMap((view) => {
    if (isRunEnded(view.run.state)) return [];
    return view.tasks.flatMap((task) => {
      const unmet = explainWaiting(world, view, task).filter(
        ({ kind }) => kind !== "ended" && kind !== "running",
      );
      return unmet.length === 0 ? [] : [{ taskId: task.taskId, reasons: unmet.map(({ reason }) => reason) }];
    });
  });
}
