/**
 * What people ask of the books, as data: applied by whoever holds the lease, be it the process that was asked or a
 * scheduler that finds it among the requests. Plain JSON, so that it can lie in the database.
 */
import type { JsonValue } from "../../model/dag.ts";
import type { Query } from "../../state/database.ts";
import type { RunMaker } from "../new-run.ts";
import { cancelBackfill, startBackfill, type BackfillRequest } from "./backfill.ts";
import { cancelRun } from "./cancel-run.ts";
import { clearTasks, type ClearRequest } from "./clear-tasks.ts";
import { markTask, type MarkRequest } from "./mark-task.ts";
import { pauseDag, type PauseRequest } from "./pause-dag.ts";
import { prepareRun, type RunRequest } from "./prepare-run.ts";

export type SchedulerCommand =
  | { readonly kind: "run"; readonly request: RunRequest }
  | { readonly kind: "backfill"; readonly request: BackfillRequest }
  | { readonly kind: "cancel_backfill"; readonly dagId: string }
  | { readonly kind: "cancel_run"; readonly dagRunId: number }
  | { readonly kind: "clear"; readonly request: ClearRequest }
  | { readonly kind: "mark"; readonly request: MarkRequest }
  | { readonly kind: "pause"; readonly request: PauseRequest };

/** Inside a transaction. The answer is what the command's own function gives; what it refuses is raised. */
export function applyCommand(query: Query, maker: RunMaker, command: SchedulerCommand, now: Date): JsonValue {
  switch (command.kind) {
    case "run": {
      assertConfigured(maker, command.request);
      const { run, how, isOutdated } = prepareRun(query, maker, command.request, now);
      return { dagRunId: run.dagRunId, how, isOutdated };
    }
    case "backfill":
      return { ...startBackfill(query, maker, command.request, now) };
    case "cancel_backfill":
      return { cancelled: cancelBackfill(query, command.dagId, now) };
    case "cancel_run":
      return { cancelled: cancelRun(query, command.dagRunId, now) };
    case "clear":
      return { cleared: [...clearTasks(query, command.request, now)] };
    case "mark":
      return { marked: markTask(query, command.request, now) };
    case "pause":
      return { changed: pauseDag(query, command.request, now) };
  }
}

/** Raises `SECRET_MISSING` before a run is made that could only fail. */
function assertConfigured(maker: RunMaker, { version, onlyTasks }: RunRequest): void {
  for (const task of version.definition.tasks) {
    const isWanted = onlyTasks === null || onlyTasks.includes(task.taskId);
    if (isWanted) maker.registry.get(task.type)?.assertConfigured?.();
  }
}
