/** What a dead process left running: its attempts become `lost`, and their tasks are tried again on a budget of their own. */
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

/** To be called by whoever has just taken the lease: nothing that is `running` in the books can still be so. */
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
    ? `its process died ${lostCount} times under it; it is set aside`
    : "its process died; the attempt is lost and is made again";
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
