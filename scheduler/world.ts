/** The world as the planner sees it: runs under way with their tasks, and who holds which slots. Read, never repaired. */
import { findTask, type DagDefinition } from "../model/dag.ts";
import type { DagRun } from "../model/dag-run.ts";
import type { TaskInstance } from "../model/task-instance.ts";
import { readDagVersion, readRun } from "../state/dag-runs.ts";
import type { Query } from "../state/database.ts";
import { listRunningTasks, listTasksOfRun, type RunningTask } from "../state/task-instances.ts";

export interface RunView {
  readonly run: DagRun;
  /** The definition that the run was created with. */
  readonly dag: DagDefinition;
  readonly tasks: readonly TaskInstance[];
}

export interface World {
  readonly now: Date;
  readonly runs: readonly RunView[];
  /** Every task that holds a slot, of these and of other runs. */
  readonly holders: readonly RunningTask[];
  readonly pools: ReadonlyMap<string, number>;
  /** Nothing new is started. */
  readonly isDraining: boolean;
}

export interface WorldFacts {
  readonly now: Date;
  readonly dagRunIds: readonly number[];
  readonly pools: ReadonlyMap<string, number>;
  readonly isDraining: boolean;
}

export function readWorld(query: Query, facts: WorldFacts, definitions: Map<string, DagDefinition>): World {
  const { dagRunIds, ...rest } = facts;
  return {
    ...rest,
    holders: listRunningTasks(query),
    runs: dagRunIds.map((dagRunId) => {
      const run = readRun(query, dagRunId);
      const dag = definitions.get(run.fingerprint) ?? readDagVersion(query, run.fingerprint);
      definitions.set(run.fingerprint, dag);
      // A task that an edited Dag no longer has keeps its row as history.
      const tasks = listTasksOfRun(query, dagRunId).filter(
        (task) => findTask(dag, task.taskId) !== undefined,
      );
      return { run, dag, tasks };
    }),
  };
}
