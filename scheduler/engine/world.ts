/** The world as the planner sees it: running and queued runs, and the tasks that hold slots. Reads only. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { readBackfillLimit } from "../../state/runs/backfills.ts";
import { listQueuedRunIds } from "../../state/runs/broken-runs.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import {
  countRunningRuns,
  findQueuedBackfillRun,
  listQueuedRuns,
  listRunningRuns,
  listWaitingDags,
  type QueueScope,
} from "../../state/runs/run-queue.ts";
import { listRunningTasks, type RunningTask } from "../../state/runs/task-instances.ts";
import { readDag, readView, type DagRead, type RunView, type WorldCache } from "./run-view.ts";
import { NO_GUARD, type StepGuard } from "./step-guard.ts";

export interface QueuedRun {
  readonly run: DagRun;
  /** Runs of its Dag at the same time. */
  readonly limit: number;
  /** Its tasks, if the Dag has `depends_on_past`: they decide whether it could make progress. */
  readonly view: RunView | null;
}

/** How much may run at the same time. */
export interface Limits {
  readonly pools: ReadonlyMap<string, number>;
  /** Over all Dags. */
  readonly maxActiveTasks: number;
}

export interface World {
  readonly now: Date;
  /** Running, in the order in which they are served. */
  readonly runs: readonly RunView[];
  /**
   * Of each Dag, in the order in which they start. Left out if no place is free; not for a Dag with
   * `depends_on_past`, where a run that only waits for an earlier one gives up its place.
   */
  readonly queued: readonly QueuedRun[];
  /** Number of running runs, by Dag. */
  readonly activeRuns: ReadonlyMap<string, number>;
  /** Every task that holds a slot, of these and of other runs. */
  readonly holders: readonly RunningTask[];
  readonly limits: Limits;
  /** Nothing new is started. */
  readonly isDraining: boolean;
}

/** Certain runs, without a limit per Dag; those of a backfill; or all, within their limits. */
export type Scope = { readonly dagRunIds: readonly number[] } | { readonly backfillId: number } | "all";

export interface WorldFacts {
  readonly now: Date;
  /** Runs of other lakes are ignored. */
  readonly lakeId: string;
  readonly scope: Scope;
  readonly limits: Limits;
  readonly isDraining: boolean;
}

export function readWorld(
  query: Query,
  facts: WorldFacts,
  cache: WorldCache,
  guard: StepGuard = NO_GUARD,
): World {
  const { scope, lakeId, ...rest } = facts;
  return { ...rest, holders: listRunningTasks(query), ...readRuns(query, lakeId, scope, cache, guard) };
}

/** Of one Dag, in one step. */
const MOST_QUEUED_READ = 100;

function readRuns(
  query: Query,
  lakeId: string,
  scope: Scope,
  cache: WorldCache,
  guard: StepGuard,
): Pick<World, "runs" | "queued" | "activeRuns"> {
  if (scope !== "all" && "dagRunIds" in scope) {
    const views = readViews(query, scope.dagRunIds, cache, guard);
    return {
      runs: views.filter(({ run }) => run.state === "running"),
      queued: views.flatMap(({ run }) =>
        run.state === "queued" ? [{ run, limit: Infinity, view: null }] : [],
      ),
      activeRuns: new Map(),
    };
  }
  const queueScope = { lakeId, backfillId: scope === "all" ? null : scope.backfillId };
  const activeRuns = countRunningRuns(query, queueScope);
  return {
    activeRuns,
    runs: readViews(query, listRunningRuns(query, queueScope), cache, guard),
    queued: listWaitingDags(query, lakeId).flatMap((dagId) => {
      if (guard.isCareful) sortOutQueued(query, lakeId, dagId, cache, guard);
      return readQueued(query, dagId, queueScope, activeRuns.get(dagId) ?? 0, cache);
    }),
  };
}

function readViews(
  query: Query,
  dagRunIds: readonly number[],
  cache: WorldCache,
  guard: StepGuard,
): readonly RunView[] {
  return dagRunIds.flatMap((dagRunId) => guard.run(dagRunId, () => readView(query, dagRunId, cache)) ?? []);
}

/** Queued runs of a Dag are read together: first give up those that cannot be read. */
function sortOutQueued(
  query: Query,
  lakeId: string,
  dagId: string,
  cache: WorldCache,
  guard: StepGuard,
): void {
  for (const dagRunId of listQueuedRunIds(query, lakeId, dagId, MOST_QUEUED_READ)) {
    guard.run(dagRunId, () => {
      const run = readRun(query, dagRunId);
      if (hasPast(readDag(query, run.fingerprint, cache))) readView(query, dagRunId, cache);
      readLimit(query, run, cache);
    });
  }
}

function readQueued(
  query: Query,
  dagId: string,
  scope: QueueScope,
  active: number,
  cache: WorldCache,
): readonly QueuedRun[] {
  const describe = (run: DagRun): QueuedRun => ({
    run,
    limit: readLimit(query, run, cache),
    view: hasPast(readDag(query, run.fingerprint, cache)) ? readView(query, run.dagRunId, cache) : null,
  });
  const [first] = listQueuedRuns(query, dagId, scope, 1);
  if (first === undefined) return [];
  const room = Math.min(readLimit(query, first, cache) - active, MOST_QUEUED_READ);
  if (!hasPast(readDag(query, first.fingerprint, cache))) {
    // If the first one has no place, none behind it has: runs do not overtake.
    if (room <= 0) return [];
    return (room === 1 ? [first] : listQueuedRuns(query, dagId, scope, room)).map(describe);
  }
  // Also read the oldest backfill run: runs before it in the queue may wait for it.
  const next = listQueuedRuns(query, dagId, scope, Math.max(room, 1));
  const ofBackfill = findQueuedBackfillRun(query, dagId, scope);
  const isKnown = next.some((run) => run.dagRunId === ofBackfill?.dagRunId);
  return [...next, ...(ofBackfill === undefined || isKnown ? [] : [ofBackfill])].map(describe);
}

/**
 * The limit of simultaneous runs that applies to this run. Raises if it is not a number: the run would wait for ever.
 */
function readLimit(query: Query, run: DagRun, cache: WorldCache): number {
  if (run.stopReason !== null) return Infinity;
  const limit =
    run.backfillId === null
      ? readDag(query, run.fingerprint, cache).dag.maxActiveRuns
      : readBackfillLimit(query, run.backfillId);
  if (limit >= 1) return limit;
  throw new RangeError(`${String(limit)} is not a number of runs at the same time`);
}

function hasPast({ dag }: DagRead): boolean {
  return dag.tasks.some((task) => task.dependsOnPast);
}
