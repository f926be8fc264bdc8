/** Marks the running attempts of a dead process as `lost`. Their tasks are tried again, on a separate budget. */
import { LOST_ATTEMPTS_ALLOWED } from "../../model/run/retry-policy.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import { inSavepoint } from "../../state/sqlite/savepoint.ts";
import { isDatabaseFault } from "../../state/sqlite/sqlite-errors.ts";
import {
  changeTaskState,
  finishAttempt,
  listRunningTasks,
  readTask,
  type RunningTask,
} from "../../state/runs/task-instances.ts";
import { giveUpRun } from "../engine/give-up.ts";

/** Call it right after taking the lease: no task that the database has as `running` can still run then. */
export function recoverLostAttempts(query: Query, now: Date): number {
  const lost = listRunningTasks(query).filter((holder) => {
    try {
      return inSavepoint(query, () => recoverLostAttempt(query, holder, now));
    } catch (error) {
      if (isDatabaseFault(error)) throw error;
      giveUpRun(query, holder.dagRunId, error, now);
      return true;
    }
  });
  return lost.length;
}

/** Whether there was an attempt. */
function recoverLostAttempt(query: Query, holder: RunningTask, now: Date): boolean {
  const run = readRun(query, holder.dagRunId);
  const task = readTask(query, holder.taskInstanceId);
  if (task.state === "queued") {
    changeTaskState(query, run, task, "none", now);
    return false;
  }
  const lostCount = task.lostCount + 1;
  const isSetAside = lostCount >= LOST_ATTEMPTS_ALLOWED;
  const message = isSetAside
    ? `the process died ${lostCount} times while running it; it is not tried again`
    : "the process died while running it; it is tried again";
  const end = {
    state: "lost",
    errorCode: isSetAside ? "TASK_SET_ASIDE" : "TASK_LOST",
    error: message,
  } as const;
  finishAttempt(query, run, task, task.attemptCount, end, now);
  changeTaskState(query, run, task, isSetAside ? "failed" : "up_for_retry", now, { lostCount, message });
  insertEvent(
    query,
    {
      level: "warn",
      kind: isSetAside ? "task_set_aside" : "attempt_lost",
      message: `${nameRun(run)} ${task.taskId}, attempt ${task.attemptCount}: ${message}`,
      dagId: run.dagId,
      runId: run.runId,
      taskId: task.taskId,
    },
    now,
    run.timezone,
  );
  return true;
}
