/** The rows of DagRuns and of their Dag versions. The scheduler decides which run is created or resumed. */
import { formatLocal, formatPartition, formatRunStamp } from "../../model/time/local-time.ts";
import type { DagDefinition, Params, TaskDefinition } from "../../model/dag/dag.ts";
import {
  DAG_RUN_TRANSITIONS,
  formatRunId,
  type DagRun,
  type DagRunState,
  type RunType,
  type StopReason,
} from "../../model/run/dag-run.ts";
import type { TaskState } from "../../model/run/task-instance.ts";
import { assertTransition } from "../../model/run/transitions.ts";
import type { Query } from "../sqlite/query.ts";
import { json, mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql, type Sql } from "../sqlite/statement.ts";

/** The columns of a `DagRun`. */
export const RUN_COLUMNS = sql`dag_run_id, dag_id, run_id, run_type, state, logical_date, timezone, partition, run_stamp,
  interval_start, interval_end, params, fingerprint, only_tasks, refetch_generation, stop_reason,
  success_order, lake, backfill_id, created_at, started_at, running_since, finished_at`;

export interface DagVersion {
  readonly definition: DagDefinition;
  readonly fingerprint: string;
}

export interface NewRun {
  readonly lakeId: string;
  readonly version: DagVersion;
  readonly runType: RunType;
  readonly logicalDate: Date;
  readonly interval: { readonly start: Date; readonly end: Date } | null;
  readonly params: Params;
  readonly onlyTasks: readonly string[] | null;
  readonly isRefetch: boolean;
  readonly backfillId?: number;
  readonly now: Date;
}

/** A task's row as a new run gets it. */
export interface NewTask {
  readonly taskId: string;
  readonly type: string;
  readonly pool: string;
  readonly exclusiveKey: string | null;
}

/** Stores the definition under its fingerprint; runs refer to it permanently. */
export function saveDagVersion(query: Query, version: DagVersion, now: Date): void {
  const at = now.toISOString();
  const { definition, fingerprint } = version;
  const known = sql`SELECT 1 FROM dags WHERE dag_id = ${definition.dagId} AND fingerprint = ${fingerprint}`;
  if (query.get(known) !== undefined) return;
  query.run(
    sql`INSERT INTO dag_versions (fingerprint, dag_id, definition, created_at) VALUES (${fingerprint},
        ${definition.dagId}, ${JSON.stringify(definition)}, ${at})
        ON CONFLICT (fingerprint) DO NOTHING`,
  );
  query.run(
    sql`INSERT INTO dags (dag_id, fingerprint, seen_at) VALUES (${definition.dagId}, ${fingerprint}, ${at})
        ON CONFLICT (dag_id) DO UPDATE SET fingerprint = excluded.fingerprint, seen_at = excluded.seen_at`,
  );
}

export function readDagVersion(query: Query, fingerprint: string): DagDefinition {
  const row = query.get<{ definition: string }>(
    sql`SELECT definition FROM dag_versions WHERE fingerprint = ${fingerprint}`,
  );
  if (row === undefined) throw new Error(`dag version ${fingerprint} is missing`);
  return completeDefinition(JSON.parse(row.definition) as StoredDefinition);
}

/** Every stored version of the Dag, oldest first. */
export function listDagVersions(
  query: Query,
  dagId: string,
): readonly { readonly definition: DagDefinition; readonly createdAt: string }[] {
  return query
    .all<{ definition: string; created_at: string }>(
      sql`SELECT definition, created_at FROM dag_versions WHERE dag_id = ${dagId} ORDER BY created_at`,
    )
    .map((row) => ({
      definition: completeDefinition(JSON.parse(row.definition) as StoredDefinition),
      createdAt: row.created_at,
    }));
}

type StoredDefinition = Partial<DagDefinition> & {
  readonly tasks: readonly Partial<TaskDefinition>[];
};

/** Adds the fields that a definition of an earlier version does not have. */
function completeDefinition(stored: StoredDefinition): DagDefinition {
  const tasks = stored.tasks.map((task) => ({
    ...task,
    priority: task.priority ?? 0,
    dependsOnPast: task.dependsOnPast ?? false,
    when: task.when ?? null,
  }));
  return { maxActiveTasks: null, timeoutSeconds: null, ...stored, tasks } as DagDefinition;
}

/** Inserts the run's row. `(dag, logical date, lake)` is unique: a second one is a constraint error. */
export function createRun(query: Query, run: NewRun): DagRun {
  const { definition, fingerprint } = run.version;
  const runStamp = formatRunStamp(run.logicalDate);
  const row = {
    dag_id: definition.dagId,
    run_id: nameRun(query, run),
    run_type: run.runType,
    state: "queued",
    logical_date: run.logicalDate.toISOString(),
    logical_date_local: formatLocal(run.logicalDate, definition.timezone),
    timezone: definition.timezone,
    partition: formatPartition(run.logicalDate, definition.timezone),
    run_stamp: runStamp,
    interval_start: run.interval?.start.toISOString(),
    interval_end: run.interval?.end.toISOString(),
    params: JSON.stringify(run.params),
    fingerprint,
    only_tasks: run.onlyTasks === null ? null : JSON.stringify(run.onlyTasks),
    refetch_count: run.isRefetch,
    refetch_generation: run.isRefetch ? runStamp : null,
    backfill_id: run.backfillId,
    created_at: run.now.toISOString(),
    lake: run.lakeId,
  };
  const { lastId } = query.run(insertInto("dag_runs", row));
  return readRun(query, lastId);
}

/** Its run id, with a number if another lake has a run of that name. */
function nameRun(query: Query, { version, runType, logicalDate }: NewRun): string {
  const rows = query.all<{ run_id: string }>(
    sql`SELECT run_id FROM dag_runs WHERE dag_id = ${version.definition.dagId}
        AND logical_date = ${logicalDate.toISOString()}`,
  );
  const name = formatRunId(runType, logicalDate);
  const taken = new Set(rows.map((row) => row.run_id));
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name}__${number}`)) number += 1;
  return `${name}__${number}`;
}

/** Assigns runs of an older version without a lake to this lake; returns how many. Needs the lease. */
export function claimRuns(query: Query, lakeId: string): number {
  query.run(sql`UPDATE backfills SET lake = ${lakeId} WHERE lake IS NULL`);
  return query.run(sql`UPDATE dag_runs SET lake = ${lakeId} WHERE lake IS NULL`).changes;
}

/** Adds the run's missing task rows. */
export function addTasks(query: Query, run: DagRun, tasks: readonly NewTask[]): void {
  for (const task of tasks) {
    query.run(
      sql`INSERT INTO task_instances (dag_run_id, task_id, type, pool, exclusive_key) VALUES (${run.dagRunId},
          ${task.taskId}, ${task.type}, ${task.pool}, ${task.exclusiveKey})
          ON CONFLICT (dag_run_id, task_id) DO NOTHING`,
    );
  }
}

/** Ends the refetch: stored ids are not asked again. A later refetch still gets a new generation. */
export function endRefetch(query: Query, run: DagRun): void {
  query.run(sql`UPDATE dag_runs SET refetch_generation = NULL WHERE dag_run_id = ${run.dagRunId}`);
}

/**
 * Gives the run another definition, only when it restarts from the beginning. It keeps params that the definition
 * still has, and takes the defaults of new ones.
 */
export function saveVersionOfRun(query: Query, run: DagRun, version: DagVersion, now: Date): void {
  saveDagVersion(query, version, now);
  const declared = version.definition.params;
  const kept = Object.entries(run.params).filter(([name]) => Object.hasOwn(declared, name));
  const params = { ...declared, ...Object.fromEntries(kept) };
  query.run(
    sql`UPDATE dag_runs SET fingerprint = ${version.fingerprint}, params = ${JSON.stringify(params)}
        WHERE dag_run_id = ${run.dagRunId}`,
  );
}

/** Adds tasks to a run of single tasks; `null` makes it a whole run. */
export function widenRun(query: Query, run: DagRun, onlyTasks: readonly string[] | null): void {
  const text = onlyTasks === null ? null : JSON.stringify(onlyTasks);
  query.run(sql`UPDATE dag_runs SET only_tasks = ${text} WHERE dag_run_id = ${run.dagRunId}`);
}

export function readRun(query: Query, dagRunId: number): DagRun {
  const row = query.get<Row>(sql`SELECT ${RUN_COLUMNS} FROM dag_runs WHERE dag_run_id = ${dagRunId}`);
  if (row === undefined) throw new Error(`dag run ${dagRunId} is missing`);
  return mapRun(row);
}

/** The Dag's run of that date in that lake. */
export function findRunByDate(
  query: Query,
  lakeId: string,
  dagId: string,
  logicalDate: Date,
): DagRun | undefined {
  const row = query.get<Row>(
    sql`SELECT ${RUN_COLUMNS} FROM dag_runs WHERE dag_id = ${dagId} AND logical_date = ${logicalDate.toISOString()}
        AND lake = ${lakeId}`,
  );
  return row === undefined ? undefined : mapRun(row);
}

/** The lakes that the Dag has runs in. */
export function listRunLakes(query: Query, dagId: string): readonly string[] {
  return query
    .all<{ lake: string }>(
      sql`SELECT DISTINCT lake FROM dag_runs WHERE dag_id = ${dagId} AND lake IS NOT NULL ORDER BY lake`,
    )
    .map((row) => row.lake);
}

/**
 * The Dag's runs in that lake from one logical date to another, ISO UTC, both included; oldest first, and not more than
 * `most`, if it is given.
 */
export function listRunsInRange(
  query: Query,
  lakeId: string,
  dagId: string,
  from: string,
  to: string,
  most?: number,
): readonly DagRun[] {
  return query
    .all<Row>(
      sql`SELECT ${RUN_COLUMNS} FROM dag_runs WHERE dag_id = ${dagId} AND logical_date >= ${from} AND logical_date <= ${to}
          AND lake = ${lakeId}
          ORDER BY logical_date LIMIT ${most ?? -1}`,
    )
    .map(mapRun);
}

/** Newest first; none after `now`, ISO UTC. */
export function listUnfinishedManualRuns(
  query: Query,
  lakeId: string,
  dagId: string,
  now: string,
): readonly DagRun[] {
  return query
    .all<Row>(
      sql`SELECT ${RUN_COLUMNS} FROM dag_runs WHERE dag_id = ${dagId} AND run_type = 'manual' AND state <> 'success'
          AND lake = ${lakeId}
          AND logical_date <= ${now} ORDER BY logical_date DESC`,
    )
    .map(mapRun);
}

/** The successful whole run of that Dag at exactly that logical date, in that lake. */
export function findSuccessfulRun(
  query: Query,
  lakeId: string,
  dagId: string,
  logicalDate: Date,
): DagRun | undefined {
  const run = findRunByDate(query, lakeId, dagId, logicalDate);
  return run?.state === "success" && run.onlyTasks === null ? run : undefined;
}

/**
 * Compare-and-set on the state as read; `false` if it was changed meanwhile. A whole run that succeeds gets a
 * position in the order of successes; a run that is queued again loses it, and its stop reason.
 */
export function changeRunState(query: Query, run: DagRun, to: DagRunState, now: Date): boolean {
  assertTransition("DagRun", DAG_RUN_TRANSITIONS, run.state, to);
  const { changes } = query.run(bindRunChange(run, to, now));
  return changes === 1;
}

/** 2^53 - 1 and more are damage and would be read as another number: such a position is ignored. */
export const IS_PLACE = sql`success_order < 9007199254740991`;

/** Written out for speed: it runs for every run. */
function bindRunChange(run: DagRun, to: DagRunState, now: Date): Sql {
  const at = now.toISOString();
  const local = formatLocal(now, run.timezone);
  const { dagRunId, state } = run;
  switch (to) {
    case "running":
      return sql`UPDATE dag_runs SET state = 'running', started_at = coalesce(started_at, ${at}),
          started_at_local = coalesce(started_at_local, ${local}), running_since = ${at}
          WHERE dag_run_id = ${dagRunId} AND state = ${state}`;
    case "queued":
      return sql`UPDATE dag_runs SET state = 'queued', finished_at = NULL, finished_at_local = NULL,
          stop_reason = NULL,
          running_since = NULL, success_order = NULL WHERE dag_run_id = ${dagRunId} AND state = ${state}`;
    case "success":
      return sql`UPDATE dag_runs SET state = 'success', finished_at = ${at}, finished_at_local = ${local},
          success_order =
          CASE WHEN only_tasks IS NULL THEN 1 + max(
            (SELECT coalesce(max(success_order), 0) FROM dag_runs
              WHERE success_order < 9007199254740991),
            (SELECT coalesce(max(success_cursor), 0) FROM dags WHERE success_cursor < 9007199254740991)) END
          WHERE dag_run_id = ${dagRunId} AND state = ${state}`;
    case "failed":
    case "cancelled":
      return sql`UPDATE dag_runs SET state = ${to}, finished_at = ${at}, finished_at_local = ${local}
          WHERE dag_run_id = ${dagRunId} AND state = ${state}`;
  }
}

/** Makes the run part of that backfill. */
export function joinBackfill(query: Query, run: DagRun, backfillId: number): void {
  query.run(sql`UPDATE dag_runs SET backfill_id = ${backfillId} WHERE dag_run_id = ${run.dagRunId}`);
}

/** Marks the run as being stopped. */
export function stopRun(query: Query, run: DagRun, reason: StopReason): void {
  query.run(
    sql`UPDATE dag_runs SET stop_reason = ${reason} WHERE dag_run_id = ${run.dagRunId} AND stop_reason IS NULL`,
  );
}

/** The state of a task in the Dag's newest run of any type before that logical date in the same lake. */
export function findPastTask(
  query: Query,
  run: DagRun,
  taskId: string,
): { readonly dagRunId: number; readonly runId: string; readonly state: TaskState } | undefined {
  const row = query.get<Row>(
    sql`SELECT r.dag_run_id, r.run_id, t.state FROM dag_runs r JOIN task_instances t USING (dag_run_id)
        WHERE r.dag_id = ${run.dagId} AND r.logical_date < ${run.logicalDate} AND r.lake IS ${run.lake}
          AND t.task_id = ${taskId}
        ORDER BY r.logical_date DESC LIMIT 1`,
  );
  return row === undefined ? undefined : mapRow(row);
}

/** Gives the run a new generation, in which everything is asked. */
export function startRefetch(query: Query, run: DagRun): void {
  query.run(
    sql`UPDATE dag_runs SET refetch_count = refetch_count + 1,
        refetch_generation = run_stamp || CASE refetch_count WHEN 0 THEN '' ELSE printf('-%04d',
        refetch_count + 1) END
        WHERE dag_run_id = ${run.dagRunId}`,
  );
}

/** A row of `dag_runs` with all its columns. */
export function mapRun(row: Row): DagRun {
  return mapRow<DagRun>(row, { params: json, onlyTasks: json });
}
