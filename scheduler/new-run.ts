/** Makes a DagRun with everything that is pinned at its creation: interval, params, inputs, tasks. */
import { findTask, type DagDefinition, type Params } from "../model/dag.ts";
import type { DagRun, RunType } from "../model/dag-run.ts";
import { findTimetables } from "../model/dag-timetable.ts";
import { CommandRefused } from "../model/errors.ts";
import type { AnyTaskType, TaskOutput } from "../model/task-type.ts";
import {
  addTasks,
  createRun,
  findSuccessfulRun,
  readDagVersion,
  saveDagVersion,
  type DagVersion,
  type NewTask,
} from "../state/dag-runs.ts";
import type { Query } from "../state/database.ts";
import { findNewestFile } from "../state/objects.ts";
import { readOutputs } from "../state/task-instances.ts";
import { renderOptions } from "./render-options.ts";

export interface RunOrder {
  readonly version: DagVersion;
  readonly runType: RunType;
  readonly logicalDate: Date;
  readonly params: Params;
  readonly onlyTasks: readonly string[] | null;
  readonly isRefetch: boolean;
  readonly backfillId?: number;
}

export interface RunMaker {
  readonly registry: ReadonlyMap<string, AnyTaskType>;
  readonly lakeId: string;
}

export function makeRun(query: Query, maker: RunMaker, order: RunOrder, now: Date): DagRun {
  const { version, logicalDate } = order;
  saveDagVersion(query, version, now);
  const run = createRun(query, {
    ...order,
    interval: findInterval(query, version.definition, logicalDate),
    pinnedInputs: pinInputs(query, maker, version.definition, logicalDate),
    now,
  });
  assertOptionsValid(maker, version.definition, run);
  addTasks(query, run, describeTasks(maker, version.definition, run));
  return run;
}

/**
 * A param of the wrong kind is told before the run exists (raises `PARAM_INVALID`, which undoes the transaction). Options
 * that wait for an upstream's output are checked when they have it.
 */
function assertOptionsValid(maker: RunMaker, dag: DagDefinition, run: DagRun): void {
  const faults = dag.tasks.flatMap((task) => {
    if (JSON.stringify(task.with).includes("${outputs.")) return [];
    const parsed = maker.registry.get(task.type)?.options.safeParse(renderOptions(task.with, run, {}));
    return (parsed?.error?.issues ?? []).map(
      ({ path, message }) => `${task.taskId}.${path.join(".")}: ${message}`,
    );
  });
  if (faults.length === 0) return;
  throw new CommandRefused(
    "PARAM_INVALID",
    `With these params ${dag.dagId} cannot run: ${faults.join("; ")}.`,
    {
      hint: `Its defaults are ${JSON.stringify(dag.params)}.`,
    },
  );
}

/** The rows that a run of this definition has, in the Dag's order. */
export function describeTasks(maker: RunMaker, dag: DagDefinition, run: DagRun): readonly NewTask[] {
  return dag.tasks
    .filter((task) => run.onlyTasks === null || run.onlyTasks.includes(task.taskId))
    .map((task) => ({
      taskId: task.taskId,
      type: task.type,
      pool: task.pool,
      exclusiveKey: maker.registry.get(task.type)?.exclusiveKey(renderOptions(task.with, run, {})) ?? null,
    }));
}

/** Cron: `[previous slot, logical date)`; after a Dag: that run's; manual: empty. */
function findInterval(
  query: Query,
  dag: DagDefinition,
  logicalDate: Date,
): { readonly start: Date; readonly end: Date } {
  const empty = { start: logicalDate, end: logicalDate };
  switch (dag.schedule.kind) {
    case "manual":
      return empty;
    case "cron": {
      const start = findTimetables(dag)?.unbounded.previous(logicalDate);
      return { start: start ?? logicalDate, end: logicalDate };
    }
    case "after": {
      const upstream = dag.schedule.dagIds
        .map((dagId) => findSuccessfulRun(query, dagId, logicalDate))
        .find(Boolean);
      if (
        upstream?.intervalStart === undefined ||
        upstream.intervalStart === null ||
        upstream.intervalEnd === null
      ) {
        return empty;
      }
      return { start: new Date(upstream.intervalStart), end: new Date(upstream.intervalEnd) };
    }
  }
}

/** The object that the upstream run of the same logical date resolved to, else the newest one now. */
function pinInputs(
  query: Query,
  maker: RunMaker,
  dag: DagDefinition,
  logicalDate: Date,
): Readonly<Record<string, number>> {
  const datasets = dag.tasks.flatMap((task) => maker.registry.get(task.type)?.reads(task.with) ?? []);
  const resolved =
    dag.schedule.kind === "after" ? listResolved(query, maker, dag.schedule.dagIds, logicalDate) : {};
  const pinned: Record<string, number> = {};
  for (const dataset of new Set(datasets)) {
    const objectId = resolved[dataset] ?? findNewestFile(query, maker.lakeId, dataset)?.objectId;
    if (objectId !== undefined) pinned[dataset] = objectId;
  }
  return pinned;
}

function listResolved(
  query: Query,
  maker: RunMaker,
  dagIds: readonly string[],
  logicalDate: Date,
): Readonly<Record<string, number>> {
  const resolved: Record<string, number> = {};
  for (const dagId of dagIds) {
    const run = findSuccessfulRun(query, dagId, logicalDate);
    if (run === undefined) continue;
    const dag = readDagVersion(query, run.fingerprint);
    const outputs: Readonly<Record<string, TaskOutput>> = readOutputs(query, run.dagRunId);
    for (const [taskId, output] of Object.entries(outputs)) {
      const task = findTask(dag, taskId);
      const dataset =
        task === undefined ? undefined : maker.registry.get(task.type)?.writes(task.with)?.dataset;
      const objectId = output["object_id"];
      if (dataset !== undefined && typeof objectId === "number") resolved[dataset] = objectId;
    }
  }
  return resolved;
}
