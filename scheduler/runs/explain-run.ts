/** Why the open tasks of runs are not running, as text, and whether only a person can change it. Only reads. */
import { nameRun } from "../../model/run/run-name.ts";
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import { isTaskEnded, type TaskInstance } from "../../model/run/task-instance.ts";
import { judgeUpstream } from "../../model/dag/trigger-rule.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { listRunningRuns } from "../../state/runs/run-queue.ts";
import { listRunningTasks } from "../../state/runs/task-instances.ts";
import { explainWaiting } from "../engine/waiting.ts";
import { createWorldCache, readView, type RunView } from "../engine/run-view.ts";
import type { Limits } from "../engine/world.ts";

export interface WaitingTask {
  readonly taskId: string;
  readonly reasons: readonly string[];
  /** Of each reason: `upstream`, `past`, `time`, `slot`, `never`. */
  readonly kinds: readonly string[];
}

/** The planner's own conditions. */
export function explainRun(
  query: Query,
  dagRunId: number,
  limits: Limits,
  now: Date,
): readonly WaitingTask[] {
  const view = readView(query, dagRunId, createWorldCache());
  return isRunEnded(view.run.state) ? [] : explainTasks(query, view, limits, now, () => true);
}

function explainTasks(
  query: Query,
  view: RunView,
  limits: Limits,
  now: Date,
  isWanted: (kind: string) => boolean,
): readonly WaitingTask[] {
  const facts = { now, limits, holders: listRunningTasks(query) };
  return view.tasks.flatMap((task) => {
    const unmet = explainWaiting(facts, view, task).filter(
      ({ kind }) => kind !== "ended" && kind !== "running",
    );
    if (!unmet.some(({ kind }) => isWanted(kind))) return [];
    const reasons = unmet.map(({ reason }) => reason);
    return [{ taskId: task.taskId, reasons, kinds: unmet.map(({ kind }) => kind) }];
  });
}

/**
 * Why a queued run has not started while other runs of its Dag are running; `null` if none is, or the run has
 * started.
 */
export function explainTurn(query: Query, run: DagRun): string | null {
  if (run.state !== "queued") return null;
  const others = listRunningRuns(query, { lakeId: run.lake ?? "", backfillId: null })
    .map((dagRunId) => readRun(query, dagRunId))
    .filter((other) => other.dagId === run.dagId);
  if (others.length === 0) return null;
  const names = others.slice(0, 3).map(nameRun);
  return `it is queued; running: ${names.join(", ")}${others.length > names.length ? ", …" : ""}`;
}

/** Why an open run does not progress. */
export interface RunWait {
  readonly run: DagRun;
  /** See `explainTurn`. */
  readonly turn: string | null;
  /** Tasks that wait for something other than their own run's tasks. */
  readonly tasks: readonly WaitingTask[];
  /** Nothing that is running or comes due lets it continue: a person has to act. */
  readonly isStuck: boolean;
  /** The ended runs that block it, also through runs that wait for them (`depends_on_past`). */
  readonly heldBy: readonly DagRun[];
}

/** For the open ones of these runs, oldest first, without runs that have a running task. */
export function explainWaits(
  query: Query,
  runs: readonly DagRun[],
  limits: Limits,
  now: Date,
): readonly RunWait[] {
  const judge = createJudge(query);
  return runs.flatMap((run) => {
    const view = readView(query, run.dagRunId, judge.cache);
    if (isRunEnded(view.run.state) || view.tasks.some((task) => task.state === "running")) return [];
    const tasks = explainTasks(query, view, limits, now, (kind) => kind !== "upstream");
    const turn = explainTurn(query, view.run);
    return [{ run: view.run, turn, tasks, isStuck: judge.isStuck(view), heldBy: judge.listHolders(view) }];
  });
}

/** Whether a person has to act before any of these runs can continue; `false` if none is open. */
export function areAllStuck(query: Query, runs: readonly DagRun[]): boolean {
  const { cache, isStuck } = createJudge(query);
  const open = runs.filter((run) => !isRunEnded(run.state));
  return open.length > 0 && open.every((run) => isStuck(readView(query, run.dagRunId, cache)));
}

/** A longer chain of waiting runs is not followed: its runs count as able to continue. */
const LONGEST_CHAIN = 200;

function createJudge(query: Query) {
  const cache = createWorldCache();
  const known = new Map<number, boolean>();

  function isStuck(view: RunView, depth = 0): boolean {
    const { run, tasks } = view;
    const answer = known.get(run.dagRunId);
    if (answer !== undefined) return answer;
    const open = tasks.filter((task) => !isTaskEnded(task.state));
    const isHeld =
      open.length > 0 &&
      run.stopReason === null &&
      depth < LONGEST_CHAIN &&
      open.every((task) => !mayMove(view, task, depth));
    known.set(run.dagRunId, isHeld);
    return isHeld;
  }

  /** A task that waits for its own run's tasks continues only when one of them does. */
  function mayMove(view: RunView, task: TaskInstance, depth: number): boolean {
    if (task.state === "running") return true;
    const definition = view.definitions.get(task.taskId);
    if (definition === undefined) return false;
    const states = new Map(view.tasks.map((other) => [other.taskId, other.state]));
    const upstream = definition.needs.flatMap((need) => states.get(need) ?? []);
    const verdict = judgeUpstream(definition.triggerRule, upstream);
    if (verdict === "wait") return false;
    const past = view.pasts.get(task.taskId);
    if (verdict !== "run" || past === undefined || past.state === "success" || past.state === "skipped") {
      return true;
    }
    if (isTaskEnded(past.state)) return false;
    return !isStuck(readView(query, past.dagRunId, cache), depth + 1);
  }

  /** A run that waits for a blocked run is blocked by that run's blockers. */
  function listHolders(view: RunView): readonly DagRun[] {
    const holders = new Map<number, DagRun>();
    const seen = new Set<number>();
    const visit = ({ run, pasts }: RunView): void => {
      if (seen.has(run.dagRunId) || seen.size >= LONGEST_CHAIN) return;
      seen.add(run.dagRunId);
      for (const { state, dagRunId } of pasts.values()) {
        if (state === "success" || state === "skipped") continue;
        if (isTaskEnded(state)) holders.set(dagRunId, readRun(query, dagRunId));
        else visit(readView(query, dagRunId, cache));
      }
    };
    visit(view);
    return [...holders.values()];
  }

  return { cache, isStuck, listHolders };
}
