/** Why the open tasks of a run are not running, in words: the planner's own conditions, read without changing anything. */
import type { Query } from "../state/database.ts";
import { explainWaiting } from "./plan.ts";
import { createWorldCache, readWorld, type Limits } from "./world.ts";

export interface WaitingTask {
  readonly taskId: string;
  readonly reasons: readonly string[];
}

export function explainRun(
  query: Query,
  dagRunId: number,
  limits: Limits,
  now: Date,
): readonly WaitingTask[] {
  const facts = { now, scope: { dagRunIds: [dagRunId] }, limits, isDraining: false };
  const world = readWorld(query, facts, createWorldCache());
  return world.runs.flatMap((view) => {
    return view.tasks.flatMap((task) => {
      const unmet = explainWaiting(world, view, task).filter(
        ({ kind }) => kind !== "ended" && kind !== "running",
      );
      return unmet.length === 0 ? [] : [{ taskId: task.taskId, reasons: unmet.map(({ reason }) => reason) }];
    });
  });
}
