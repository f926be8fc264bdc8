/** One run as the planner sees it, and its cache between steps. world.ts decides which runs are read. */
import type { DagDefinition, TaskDefinition } from "../../model/dag/dag.ts";
import { judgeUpstream } from "../../model/dag/trigger-rule.ts";
import { assertWorkable } from "../../model/dag/workable.ts";
import type { TaskOutput } from "../../model/ports/task-type.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { isTaskEnded, type TaskInstance, type TaskState } from "../../model/run/task-instance.ts";
import { findPastTask, readDagVersion, readRun } from "../../state/runs/dag-runs.ts";
import { listTasksOfRun, readOutputs, readTask } from "../../state/runs/task-instances.ts";
import type { Query } from "../../state/sqlite/query.ts";

export interface PastTask {
  readonly dagRunId: number;
  readonly runId: string;
  readonly state: TaskState;
}

/** A run as it was read. */
export interface RunRead {
  readonly run: DagRun;
  /** The definition that the run was created with. */
  readonly dag: DagDefinition;
  readonly tasks: readonly TaskInstance[];
  /** By task id; read only where a task's `when` asks for them. */
  readonly outputs: Readonly<Record<string, TaskOutput>>;
  /** The outcome of `depends_on_past` tasks in the previous run, by task id. */
  readonly pasts: ReadonlyMap<string, PastTask>;
}

/** With values derived from the rows alone: valid as long as the rows are. */
export interface RunView extends RunRead {
  /** By task id. */
  readonly definitions: ReadonlyMap<string, TaskDefinition>;
  /** By task id. */
  readonly tasksById: ReadonlyMap<string, TaskInstance>;
  /**
   * In the Dag's order, the tasks that have not ended, do not run and do not wait for upstream tasks. The others can
   * start only after a change of their own run's tasks.
   */
  readonly openTasks: readonly OpenTask[];
}

export interface OpenTask {
  readonly task: TaskInstance;
  readonly definition: TaskDefinition;
}

export interface DagRead {
  readonly dag: DagDefinition;
  /** By task id. */
  readonly definitions: ReadonlyMap<string, TaskDefinition>;
  /** By task id, the tasks whose outputs it gets: those that it needs, and those that its options name. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
}

/**
 * Runs and definitions that were read before. A run's view is valid until the run is written to: only the lease's
 * holder does that, and it then calls `forgetRun` or `forgetTask`.
 */
export interface WorldCache {
  readonly dags: Map<string, DagRead>;
  readonly views: Map<number, RunView>;
  /** Of runs with a view: tasks that were written to since it was read, by run. */
  readonly written: Map<number, Set<number>>;
}

export function createWorldCache(): WorldCache {
  return { dags: new Map(), views: new Map(), written: new Map() };
}

/** The run was written to, or unknown tasks of it. */
export function forgetRun(cache: WorldCache, dagRunId: number): void {
  cache.views.delete(dagRunId);
  cache.written.delete(dagRunId);
}

/** Only this task of the run was written to: a run of many tasks is not read again for each of them. */
export function forgetTask(cache: WorldCache, { dagRunId, taskInstanceId }: TaskInstance): void {
  if (!cache.views.has(dagRunId)) return;
  const written = cache.written.get(dagRunId) ?? new Set();
  cache.written.set(dagRunId, written.add(taskInstanceId));
}

/** Anything may have been written or undone. */
export function forgetAll(cache: WorldCache): void {
  cache.views.clear();
  cache.written.clear();
}

/** Of a run in any state. */
export function readView(query: Query, dagRunId: number, cache: WorldCache): RunView {
  const known = cache.views.get(dagRunId);
  const written = cache.written.get(dagRunId);
  const view =
    known === undefined
      ? readFreshView(query, dagRunId, cache)
      : written === undefined
        ? known
        : readWritten(query, known, written);
  cache.views.set(dagRunId, view);
  cache.written.delete(dagRunId);
  // Pasts change with another run, which does not forget this run's view.
  return { ...view, pasts: readPasts(query, view) };
}

function readFreshView(query: Query, dagRunId: number, cache: WorldCache): RunView {
  const run = readRun(query, dagRunId);
  const { dag, definitions } = readDag(query, run.fingerprint, cache);
  // A task that an edited Dag no longer has keeps its row as history.
  const tasks = listTasksOfRun(query, dagRunId).filter(({ taskId }) => definitions.has(taskId));
  const outputs = readAskedOutputs(query, dag, dagRunId);
  return viewRun({ run, dag, tasks, outputs, pasts: NO_PASTS }, definitions);
}

export function viewRun(read: RunRead, definitions = indexTasks(read.dag)): RunView {
  const tasksById = new Map(read.tasks.map((task) => [task.taskId, task]));
  return { ...read, definitions, tasksById, openTasks: listOpenTasks(read.dag, tasksById) };
}

function indexTasks(dag: DagDefinition): RunView["definitions"] {
  return new Map(dag.tasks.map((definition) => [definition.taskId, definition]));
}

function listSources({ needs, with: options }: TaskDefinition): readonly string[] {
  const named = JSON.stringify(options).matchAll(/\boutputs\.([a-z0-9_]+)\./g);
  return [...needs, ...Array.from(named, ([, taskId = ""]) => taskId)];
}

function listOpenTasks(dag: DagDefinition, tasksById: RunView["tasksById"]): readonly OpenTask[] {
  return dag.tasks.flatMap((definition) => {
    const task = tasksById.get(definition.taskId);
    if (task === undefined || isTaskEnded(task.state) || task.state === "running") return [];
    const upstream = definition.needs.flatMap((need) => tasksById.get(need)?.state ?? []);
    return judgeUpstream(definition.triggerRule, upstream) === "wait" ? [] : [{ task, definition }];
  });
}

function readWritten(query: Query, view: RunView, written: ReadonlySet<number>): RunView {
  const { run, dag } = view;
  const tasks = view.tasks.map((task) =>
    written.has(task.taskInstanceId) ? readTask(query, task.taskInstanceId) : task,
  );
  return viewRun({ ...view, tasks, outputs: readAskedOutputs(query, dag, run.dagRunId) }, view.definitions);
}

function readAskedOutputs(query: Query, dag: DagDefinition, dagRunId: number): RunView["outputs"] {
  return dag.tasks.some((task) => task.when !== null) ? readOutputs(query, dagRunId) : {};
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

/**
 * Cached by fingerprint: a version never changes. Raises if its row is damaged in a way that would let the run wait
 * for ever.
 */
export function readDag(query: Query, fingerprint: string, cache: WorldCache): DagRead {
  const known = cache.dags.get(fingerprint);
  if (known !== undefined) return known;
  const dag = readDagVersion(query, fingerprint);
  assertWorkable(dag);
  const sources = new Map(dag.tasks.map((task) => [task.taskId, listSources(task)]));
  const read = { dag, definitions: indexTasks(dag), sources };
  cache.dags.set(fingerprint, read);
  return read;
}
