/** Creates a DagRun with everything that is fixed at its creation: lake, interval, params, tasks. */
import type { DagDefinition, Params } from "../../model/dag/dag.ts";
import type { DagRun, RunType } from "../../model/run/dag-run.ts";
import { findTimetables } from "../../model/dag/dag-timetable.ts";
import { CommandRefused } from "../../model/errors.ts";
import type { AnyTaskType } from "../../model/ports/task-type.ts";
import {
  addTasks,
  createRun,
  findSuccessfulRun,
  saveDagVersion,
  type DagVersion,
  type NewTask,
} from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { renderOptions } from "../attempts/render-options.ts";

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
    lakeId: maker.lakeId,
    interval: findInterval(query, maker.lakeId, version.definition, logicalDate),
    now,
  });
  assertOptionsValid(maker, version.definition, run);
  addTasks(query, run, describeTasks(maker, version.definition, run));
  return run;
}

/**
 * Refuses params of the wrong type before the run exists (`PARAM_INVALID` undoes the transaction). Options that need
 * an upstream task's output are checked when it is there.
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
    `${dag.dagId} cannot run with these params: ${faults.join("; ")}.`,
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
  lakeId: string,
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
        .map((dagId) => findSuccessfulRun(query, lakeId, dagId, logicalDate))
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
