/** Writes a plan to the database, in the step's transaction. Effects outside the database start after the commit. */
import type { DagDefinition, TaskDefinition } from "../../model/dag/dag.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { AttemptRequest } from "../../model/ports/executor.ts";
import { makeAttemptCookie } from "../../model/run/attempt-cookie.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import type { TaskInstance } from "../../model/run/task-instance.ts";
import { changeRunState, readRun, stopRun } from "../../state/runs/dag-runs.ts";
import {
  changeTaskState,
  keepCondition,
  readOutputsOf,
  startAttempt,
} from "../../state/runs/task-instances.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { readRunFacts } from "../attempts/render-options.ts";
import type { ProcessIdentity } from "../lease/process-identity.ts";
import { planStep, type Action, type Plan } from "./plan.ts";
import { forgetRun, forgetTask, readDag, type WorldCache } from "./run-view.ts";
import type { StepGuard } from "./step-guard.ts";
import { readWorld, type WorldFacts } from "./world.ts";

export interface ApplyTools {
  readonly identity: ProcessIdentity;
  readonly leaseEpoch: number;
  /** See `makeAttemptCookie`. */
  readonly databaseId: string;
  /** In the transaction in which the run ends. */
  readonly noteRunEnd?: (query: Query, run: DagRun, now: Date) => void;
}

/** An attempt that is in the database; an executor gets it after the commit. */
export interface StartedAttempt {
  readonly run: DagRun;
  readonly dag: DagDefinition;
  readonly task: TaskInstance;
  readonly request: AttemptRequest;
}

export interface Applied {
  readonly started: readonly StartedAttempt[];
  readonly passedOver: readonly Extract<Action, { kind: "pass_over_task" }>[];
  readonly scheduled: readonly Extract<Action, { kind: "schedule_task" }>[];
  readonly ended: readonly DagRun[];
  /** The last plan. It has the attempts to stop and the time of the next look. */
  readonly plan: Plan;
}

/** No other action follows from these. */
const LAST: ReadonlySet<Action["kind"]> = new Set(["keep_condition", "schedule_task", "start_attempt"]);

/**
 * Plans and applies until a plan has no action that leads to further ones. Only that last plan gives out slots:
 * earlier, a task of low priority could take the slot of a higher one that is about to become ready.
 */
export function applyPlans(
  query: Query,
  facts: WorldFacts,
  cache: WorldCache,
  guard: StepGuard,
  tools: ApplyTools,
): Applied {
  const { now } = facts;
  const started: StartedAttempt[] = [];
  const ended: DagRun[] = [];
  const passedOver: Applied["passedOver"][number][] = [];
  const scheduled: Applied["scheduled"][number][] = [];
  for (;;) {
    const plan = planStep(readWorld(query, facts, cache, guard), guard);
    const actions = plan.actions.filter(({ run }) => !guard.isGivenUp(run.dagRunId));
    const leading = actions.filter(({ kind }) => !LAST.has(kind));
    for (const action of leading.length === 0 ? actions : leading) {
      if ("task" in action) forgetTask(cache, action.task);
      else forgetRun(cache, action.run.dagRunId);
      failpoint("state.before");
      guard.run(action.run.dagRunId, () => apply(action));
      failpoint("state.after");
    }
    if (leading.length === 0) return { started, passedOver, scheduled, ended, plan };
  }

  function apply(action: Action): void {
    const { run } = action;
    switch (action.kind) {
      case "start_run":
        changeRunState(query, run, "running", now);
        return;
      case "requeue_run":
        changeRunState(query, run, "queued", now);
        return;
      case "stop_run":
        stopRun(query, run, action.reason);
        return;
      case "finish_run": {
        changeRunState(query, run, action.to, now);
        const end = readRun(query, run.dagRunId);
        tools.noteRunEnd?.(query, end, now);
        ended.push(end);
        return;
      }
      case "keep_condition":
        keepCondition(query, action.task);
        return;
      case "schedule_task":
        changeTaskState(query, run, action.task, "scheduled", now, { message: action.reason });
        scheduled.push(action);
        return;
      case "pass_over_task":
        changeTaskState(query, run, action.task, action.to, now, { message: action.reason });
        passedOver.push(action);
        return;
      case "start_attempt":
        start(run, action.task);
    }
  }

  function start(run: DagRun, task: TaskInstance): void {
    const { identity, leaseEpoch } = tools;
    const holder = { pid: identity.pid, host: identity.host, leaseEpoch };
    failpoint("attempt.before");
    const attempt = startAttempt(query, run, task, holder, now);
    failpoint("attempt.after");
    const { dag, definitions, sources } = readDag(query, run.fingerprint, cache);
    const definition = definitions.get(task.taskId);
    if (attempt === undefined || definition === undefined) return;
    const outputs = readOutputsOf(query, run.dagRunId, sources.get(task.taskId) ?? []);
    const request = makeRequest(run, definition, task, attempt, outputs, tools.databaseId);
    started.push({ run, dag, task, request });
  }
}

function makeRequest(
  run: DagRun,
  definition: TaskDefinition,
  task: TaskInstance,
  attempt: number,
  outputs: AttemptRequest["outputs"],
  databaseId: string,
): AttemptRequest {
  const { dagId, runId, intervalStart, intervalEnd } = run;
  const { taskId, type, with: options, needs, timeoutSeconds } = definition;
  const key = { dagId, runId, taskId, attempt };
  return {
    key,
    run: { ...readRunFacts(run), intervalStart, intervalEnd },
    type,
    options,
    needs,
    outputs,
    timeoutSeconds,
    cookie: makeAttemptCookie(key, databaseId),
    waitingSince: task.waitingSince,
  };
}
