/** Finds the log of one attempt of a task, and whether it may still grow. Reads files and database; changes neither. */
import { CommandRefused } from "../../model/errors.ts";
import type { TaskInstance } from "../../model/run/task-instance.ts";
import { locateAttemptLog } from "../../logs/attempt-log-location.ts";
import { createAttemptLogReader, type AttemptLogReader } from "../../logs/attempt-log-reader.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { countNoun } from "../../model/text/count-noun.ts";
import { reportAttempt, reportTasks, type AttemptReport } from "../../state/reports.ts";
import { listTasksOfRun } from "../../state/runs/task-instances.ts";
import type { Row } from "../../state/sqlite/row.ts";
import type { App } from "../app.ts";
import { findRun } from "../runs/find-run.ts";

export interface AttemptFailure {
  readonly state: string;
  readonly code: string | null;
  readonly error: string;
}

export interface TaskLog {
  /** `dag/run id`. */
  readonly runName: string;
  readonly task: TaskInstance;
  /** `null` while there is no attempt at all. */
  readonly attempt: {
    readonly number: number;
    readonly file: string;
    readonly reader: AttemptLogReader;
    /** Ask before each read: an attempt writes its last line before its end is recorded. */
    readonly isRunning: () => boolean;
    /** The recorded error of the attempt: its log may be gone, or end before the error. */
    readonly readFailure: () => AttemptFailure | null;
  } | null;
}

/** `asked`: the attempt's number; the newest without it. Raises `RUN_UNKNOWN`, `TASK_UNKNOWN`, `USAGE`. */
export async function openTaskLog(
  app: App,
  name: string,
  taskId: string,
  asked: number | undefined,
): Promise<TaskLog> {
  const database = await app.openDatabase("read");
  const run = findRun(database, app.lake.id, name, app.clock.now());
  const { dagId, runId, dagRunId } = run;
  const runName = nameRun(run);
  const readTask = (): TaskInstance => findTask(listTasksOfRun(database, dagRunId), taskId, runName);
  const task = readTask();
  const number = chooseAttempt(task, asked, runName);
  if (number === undefined) return { runName, task, attempt: null };
  const file = locateAttemptLog(app.settings.logsFolder, { dagId, runId, taskId, attempt: number });
  if (file === undefined) throw new CommandRefused("INTERNAL", `${runName} has no place for its logs.`);
  const isRunning = (): boolean => {
    const { state, attemptCount } = readTask();
    return state === "running" && attemptCount === number;
  };
  const readFailure = (): AttemptFailure | null =>
    judgeFailure(reportAttempt(database, task.taskInstanceId, number));
  const reader = createAttemptLogReader(file);
  return { runName, task, attempt: { number, file, reader, isRunning, readFailure } };
}

/** The tasks of a run. Raises `RUN_UNKNOWN`, `USAGE`. */
export async function listLoggedTasks(
  app: App,
  name: string,
): Promise<{ readonly runName: string; readonly tasks: readonly Row[] }> {
  const database = await app.openDatabase("read");
  const run = findRun(database, app.lake.id, name, app.clock.now());
  return { runName: nameRun(run), tasks: reportTasks(database, run.dagRunId) };
}

/** `null` for an attempt that is running, has succeeded, or was stopped without a reason. */
function judgeFailure(row: AttemptReport | undefined): AttemptFailure | null {
  if (row === undefined || row.state === "running" || row.state === "success") return null;
  const { state, error_code: code, error } = row;
  if (error === null && code === null && state === "cancelled") return null;
  return { state, code, error: error ?? code ?? "no reason was recorded" };
}

function findTask(tasks: readonly TaskInstance[], taskId: string, run: string): TaskInstance {
  const task = tasks.find((one) => one.taskId === taskId);
  if (task !== undefined) return task;
  throw new CommandRefused("TASK_UNKNOWN", `${run} has no task ${taskId}.`, {
    hint: `It has ${tasks.map((one) => one.taskId).join(", ")}.`,
  });
}

/** `undefined` while there is no attempt at all. */
function chooseAttempt(task: TaskInstance, asked: number | undefined, run: string): number | undefined {
  const { attemptCount, taskId } = task;
  if (attemptCount === 0 || asked === undefined) return attemptCount === 0 ? undefined : attemptCount;
  if (asked <= attemptCount) return asked;
  throw new CommandRefused(
    "USAGE",
    `${taskId} of ${run} has had ${countNoun(attemptCount, "attempt")}: there is no attempt ${asked}.`,
  );
}
