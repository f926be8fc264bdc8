/** Sets a task's state by hand, without running it. */
import type { DagRun } from "../../model/run/dag-run.ts";
import type { MarkRequest } from "../../scheduler/commands/mark-task.ts";
import type { App } from "../app.ts";
import { carryOut } from "../lease-work.ts";
import { findRunToChange } from "../runs/find-run.ts";

/** `isMarked`: false if the task was in that state already. Raises `RUN_UNKNOWN`, `TASK_UNKNOWN`, `USAGE`. */
export async function markTask(
  app: App,
  name: string,
  taskId: string,
  state: MarkRequest["state"],
  drain: AbortSignal,
): Promise<{ readonly run: DagRun; readonly isMarked: boolean; readonly isScheduler: boolean }> {
  const database = await app.openDatabase("existing");
  const run = findRunToChange(database, app.lake.id, name, app.clock.now());
  const request = { dagRunId: run.dagRunId, taskId, state };
  const { answer, isScheduler } = await carryOut(app, { kind: "mark", request }, drain);
  return { run, isMarked: answer.marked, isScheduler };
}
