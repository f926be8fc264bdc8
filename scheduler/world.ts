/** The world as the planner sees it: runs under way and waiting, and who holds which slots. Read, never repaired. */
import { findTask, type DagDefinition } from "../model/dag.ts";
import type { DagRun } from "../model/dag-run.ts";
import type { TaskInstance, TaskState } from "../model/task-instance.ts";
import { isTaskEnded } from "../model/task-instance.ts";
import type { TaskOutput } from "../model/task-type.ts";
import { readBackfillLimit } from "../state/backfills.ts";
import { findPastTask, readDagVersion, readRun } from "../state/dag-runs.ts";
import type { Query } from "../state/database.ts";
import { countRunningRuns, listQueuedRuns, listRunningRuns, listWaitingDags } from "../state/run-queue.ts";
import { listRunningTasks, listTasksOfRun, readOutputs, type RunningTask } from "../state/task-instances.ts";

export interface PastTask {
  readonly runId: string;
  readonly state: TaskState;
}

export interface RunView {
  readonly run: DagRun;
  /** The definition that the run was created with. */
  readonly dag: DagDefinition;
  readonly tasks: readonly TaskInstance[];
  /** By task id; read only where a task's `when` asks for them. */
  readonly outputs: Readonly<Record<string, TaskOutput>>;
  /** What became of `depends_on_past` tasks in the run before, by task id. */
  readonly pasts: ReadonlyMap<string, PastTask>;
}

export interface QueuedRun {
  readonly run: DagRun;
  /** Runs of its Dag at the same time. */
  readonly limit: number;
}

/** How much may run at the same time. */
export interface Limits {
  readonly pools: ReadonlyMap<string, number>;
  /** Over all Dags. */
  readonly maxActiveTasks: number;
}

export interface World {
  readonly now: Date;
  /** Under way, in the order in which they are served. */
  readonly runs: readonly RunView[];
  /** Of each Dag in the order in which they are to start; those that certainly may not yet are left out. */
  readonly queued: readonly QueuedRun[];
  /** Runs under way by Dag. */
  readonly activeRuns: ReadonlyMap<string, number>;
  /** Every task that holds a slot, of these and of other runs. */
  readonly holders: readonly RunningTask[];
  readonly limits: Limits;
  /** Nothing new is started. */
  readonly isDraining: boolean;
}

/** Certain runs, however many of their Dags are under way; those of a backfill; or whatever there is, within its limits. */
export type Scope = { readonly dagRunIds: readonly number[] } | { readonly backfillId: number } | "all";

export interface WorldFacts {
  readonly now: Date;
  readonly scope: Scope;
  readonly limits: Limits;
  readonly isDraining: boolean;
}

/**
 * What was read of runs and definitions before. A run's view holds until something writes to the run: only the lease's
 * holder does, and it forgets the view then.
 */
export interface WorldCache {
  readonly definitions: Map<string, DagDefinition>;
  readonly views: Map<number, RunView>;
}

export function createWorldCache(): WorldCache {
  return { definitions: new Map(), views: new Map() };
}

export function readWorld(query: Query, facts: WorldFacts, cache: WorldCache): World {
  const { scope, ...rest } = facts;
  return { ...rest, holders: listRunningTasks(query), ...readRuns(query, scope, cache) };
}

function readRuns(
  query: Query,
  scope: Scope,
  cache: WorldCache,
): Pick<World, "runs" | "queued" | "activeRuns"> {
  if (scope !== "all" && "dagRunIds" in scope) {
    const views = scope.dagRunIds.map((dagRunId) => readView(query, dagRunId, cache));
    return {
      runs: views.filter(({ run }) => run.state === "running"),
      queued: views.flatMap(({ run }) => (run.state === "queued" ? [{ run, limit: Infinity }] : [])),
      activeRuns: new Map(),
    };
  }
  const backfillId = scope === "all" ? null : scope.backfillId;
  const activeRuns = countRunningRuns(query, backfillId);
  return {
    activeRuns,
    runs: listRunningRuns(query, backfillId).map((dagRunId) => readView(query, dagRunId, cache)),
    queued: listWaitingDags(query).flatMap((dagId) =>
      readQueued(query, dagId, backfillId, activeRuns.get(dagId) ?? 0, cache),
    ),
  };
}

/** The first one stands for all behind it: nothing overtakes. */
function readQueued(
  query: Query,
  dagId: string,
  backfillId: number | null,
  active: number,
  cache: WorldCache,
): readonly QueuedRun[] {
  const limitOf = (run: DagRun): number =>
    run.stopReason !== null
      ? Infinity
      : run.backfillId === null
        ? readDefinition(query, run.fingerprint, cache).maxActiveRuns
        : readBackfillLimit(query, run.backfillId);
  const [first] = listQueuedRuns(query, dagId, backfillId, 1);
  const room = first === undefined ? 0 : Math.min(limitOf(first) - active, 100);
  if (room <= 0) return [];
  return listQueuedRuns(query, dagId, backfillId, room).map((run) => ({ run, limit: limitOf(run) }));
}

function readView(query: Query, dagRunId: number, cache: WorldCache): RunView {
  const known = cache.views.get(dagRunId);
  const view = known ?? readFreshView(query, dagRunId, cache);
  cache.views.set(dagRunId, view);
  // Another run's doing, which forgets no view of this one.
  return { ...view, pasts: readPasts(query, view) };
}

function readFreshView(query: Query, dagRunId: number, cache: WorldCache): RunView {
  const run = readRun(query, dagRunId);
  const dag = readDefinition(query, run.fingerprint, cache);
  // A task that an edited Dag no longer has keeps its row as history.
  const tasks = listTasksOfRun(query, dagRunId).filter((task) => findTask(dag, task.taskId) !== undefined);
  const outputs = dag.tasks.some((task) => task.when !== null) ? readOutputs(query, dagRunId) : {};
  return { run, dag, tasks, outputs, pasts: NO_PASTS };
}

const NO_PASTS: ReadonlyMap<string, PastTask> = new Map();

function readPasts(query: Query, { run, dag, tasks }: RunView): ReadonlyMap<string, PastTask> {
  const dependent = dag.tasks.filter((task) => task.dependsOnPast);
  if (dependent.length === 0) return NO_PASTS;
  const open = new Set(tasks.filter((task) => !isTaskEnded(task.state)).map((task) => task.taskId));
  return new Map(
    dependent.flatMap(({ taskId }) => {
      const past = open.has(taskId) ? findPastTask(query, run, taskId) : undefined;
      return past === undefined ? [] : [[taskId, past] as const];
    }),
  );
}

function readDefinition(query: Query, fingerprint: string, cache: WorldCache): DagDefinition {
  const dag = cache.definitions.get(fingerprint) ?? readDagVersion(query, fingerprint);
  cache.definitions.set(fingerprint, dag);
  return dag;
}
