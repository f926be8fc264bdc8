/** The attempt whose log a path names. Its file is found by what the database has, never by what the request has. */
import { z } from "zod";
import { CommandRefused } from "../../model/errors.ts";
import type { AttemptKey } from "../../model/ports/attempt-logs.ts";
import { findTryEntry } from "../../state/pages/task-page.ts";
import type { Query } from "../../state/sqlite/query.ts";
import type { ReadTools } from "./route.ts";
import { pickRun, pickTask, taskParams } from "./v2/known-run.ts";

export const attemptParams = { ...taskParams, try_number: z.coerce.number().int().min(1) } as const;

export interface LoggedAttempt {
  readonly key: AttemptKey;
  readonly taskInstanceId: number;
  readonly state: string;
  readonly isEnded: boolean;
}

interface AttemptPath {
  readonly dag_id: string;
  readonly dag_run_id: string;
  readonly task_id: string;
  readonly try_number: number;
}

/** Raises `DAG_UNKNOWN`, `RUN_UNKNOWN`, `TASK_UNKNOWN`. */
export function pickAttempt(tools: ReadTools, params: AttemptPath): LoggedAttempt {
  const run = pickRun(tools, params.dag_id, params.dag_run_id);
  const { taskId, taskInstanceId } = pickTask(tools, run, params.task_id);
  const state = readTryState(tools.query, taskInstanceId, params.try_number);
  if (state === undefined) {
    throw new CommandRefused("TASK_UNKNOWN", `${taskId} has had no attempt ${params.try_number}.`);
  }
  const key = { dagId: run.dagId, runId: run.runId, taskId, attempt: params.try_number };
  return { key, taskInstanceId, state, isEnded: state !== "running" };
}

/** `undefined` if there is no such attempt. */
export function readTryState(query: Query, taskInstanceId: number, number: number): string | undefined {
  return findTryEntry(query, taskInstanceId, number)?.state;
}
