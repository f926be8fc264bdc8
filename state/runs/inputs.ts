/** The rows of task inputs and of runs' writes to datasets. Sources are tried in the order of `INPUT_SOURCES`. */
import type { Clock } from "../../model/ports/clock.ts";
import {
  INPUT_SOURCES,
  type DatasetWrite,
  type InputNeed,
  type InputSource,
  type InputStore,
  type TaskInput,
} from "../../model/ports/input-store.ts";
import { findDayOf } from "../../model/time/local-day.ts";
import type { RunFacts } from "../../model/ports/task-type.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { readDagVersion, readRun } from "./dag-runs.ts";
import type { Database } from "../sqlite/database.ts";
import type { Query } from "../sqlite/query.ts";
import { insertEvent } from "../control/events.ts";
import { findNewestFile, findObjectById } from "../records/objects.ts";
import { sql, type Sql } from "../sqlite/statement.ts";
import { resolveMany } from "./input-lists.ts";

export function createInputStore(database: Database, clock: Clock): InputStore {
  return {
    resolve: (need, sources = INPUT_SOURCES) =>
      database.write((query) => findKept(query, need) ?? resolve(query, need, sources, clock.now())),
    resolveMany: (need, take) => database.write((query) => resolveMany(query, need, take, clock.now())),
    recordWrite: (write) => database.write((query) => insertWrite(query, write, clock.now())),
    async listWriters(run, dataset) {
      const rows = database.all<{ dag_id: string }>(
        sql`SELECT DISTINCT r.dag_id FROM dataset_writes w JOIN dag_runs r USING (dag_run_id)
            WHERE w.dataset = ${dataset}
            ORDER BY r.dag_id`,
      );
      return rows.length > 0 ? rows.map((row) => row.dag_id) : listFollowed(database, run);
    },
  };
}

interface Found {
  readonly objectId: number;
  readonly source: InputSource;
}

function findKept(query: Query, { lakeId, run, taskId, dataset }: InputNeed): TaskInput | undefined {
  const row = query.get<{ object_id: number; source: InputSource }>(
    sql`SELECT i.object_id, i.source FROM task_inputs i JOIN task_instances t USING (task_instance_id)
        WHERE t.dag_run_id = ${run.dagRunId} AND t.task_id = ${taskId} AND i.dataset = ${dataset}`,
  );
  return row === undefined
    ? undefined
    : describe(query, lakeId, { objectId: row.object_id, source: row.source });
}

function resolve(
  query: Query,
  need: InputNeed,
  sources: readonly InputSource[],
  now: Date,
): TaskInput | undefined {
  const { lakeId, run, taskId, dataset } = need;
  const found = findNearest(query, need, sources);
  const input = found === undefined ? undefined : describe(query, lakeId, found);
  if (input === undefined) return undefined;
  query.run(
    sql`INSERT INTO task_inputs (task_instance_id, dataset, object_id, source, resolved_at)
        SELECT task_instance_id, ${dataset}, ${input.object.objectId}, ${input.source}, ${now.toISOString()}
          FROM task_instances WHERE dag_run_id = ${run.dagRunId} AND task_id = ${taskId}
        ON CONFLICT (task_instance_id, dataset) DO UPDATE SET object_id = excluded.object_id,
          source = excluded.source, resolved_at = excluded.resolved_at`,
  );
  const { dagId, runId, timezone } = run;
  const by = input.writtenBy === null ? "" : `, written by ${input.writtenBy}`;
  const message = `${nameRun({ dagId, runId })} ${taskId} reads ${input.object.key} for ${dataset}${by} (${input.source}).`;
  const data = { dataset, key: input.object.key, sha256: input.object.sha256, source: input.source };
  insertEvent(
    query,
    { level: "info", kind: "input_resolved", message, dagId, runId, taskId, data },
    now,
    timezone,
  );
  return input;
}

function findNearest(query: Query, need: InputNeed, sources: readonly InputSource[]): Found | undefined {
  const find: Readonly<Record<InputSource, () => number | undefined>> = {
    same_run: () => findWrite(query, need, sql`w.dag_run_id = ${need.run.dagRunId}`),
    followed_run: () => findWrite(query, need, describeFollowed(query, need.run)),
    same_day: () => findWrite(query, need, isOfDay(need.run)) ?? findDated(query, need),
    newest: () => findNewestFile(query, need.lakeId, need.dataset)?.objectId,
  };
  for (const source of INPUT_SOURCES) {
    const objectId = sources.includes(source) ? find[source]() : undefined;
    if (objectId !== undefined) return { objectId, source };
  }
  return undefined;
}

/** `runs`: the condition on `r` and `w` that chooses the writes. */
function findWrite(query: Query, { lakeId, dataset }: InputNeed, runs: Sql): number | undefined {
  return query.get<{ object_id: number }>(
    sql`SELECT w.object_id FROM dataset_writes w JOIN dag_runs r USING (dag_run_id) JOIN objects o USING (object_id)
        WHERE w.dataset = ${dataset} AND w.lake = ${lakeId} AND o.kind = 'file' AND o.is_committed = 1 AND ${runs}
        ORDER BY w.dataset_write_id DESC LIMIT 1`,
  )?.object_id;
}

/** An object of the day whose run this database does not have, because it is pruned, lost or another database's. */
function findDated(query: Query, { lakeId, dataset, run }: InputNeed): number | undefined {
  const { from, until } = findDayOf(new Date(run.logicalDate), run.timezone);
  return query.get<{ object_id: number }>(
    sql`SELECT object_id FROM objects WHERE lake = ${lakeId} AND dataset = ${dataset} AND kind = 'file'
        AND is_committed = 1 AND logical_date >= ${from.toISOString()} AND logical_date < ${until.toISOString()}
        ORDER BY commit_order DESC LIMIT 1`,
  )?.object_id;
}

function isOfDay(run: RunFacts): Sql {
  const { from, until } = findDayOf(new Date(run.logicalDate), run.timezone);
  return sql`r.logical_date >= ${from.toISOString()} AND r.logical_date < ${until.toISOString()}`;
}

function describeFollowed(query: Query, run: RunFacts): Sql {
  const followed = listFollowed(query, run);
  return followed.length === 1
    ? sql`r.dag_id = ${followed[0]} AND r.logical_date = ${run.logicalDate}`
    : sql`r.dag_id IN (SELECT value FROM json_each(${JSON.stringify(followed)})) AND ${isOfDay(run)}`;
}

/**
 * The Dags that the run's Dag follows. If it follows one Dag, their runs have the same dates; otherwise the day
 * counts.
 */
function listFollowed(query: Query, run: RunFacts): readonly string[] {
  const { schedule } = readDagVersion(query, readRun(query, run.dagRunId).fingerprint);
  return schedule.kind === "after" ? schedule.dagIds : [];
}

function describe(query: Query, lakeId: string, { objectId, source }: Found): TaskInput | undefined {
  const object = findObjectById(query, lakeId, objectId);
  if (object === undefined) return undefined;
  const writer = query.get<{ name: string }>(
    sql`SELECT r.dag_id || '/' || r.run_id AS name FROM dataset_writes w JOIN dag_runs r USING (dag_run_id)
        WHERE w.object_id = ${objectId} ORDER BY w.dataset_write_id DESC LIMIT 1`,
  );
  const { logical_date: logicalDate } = query.one<{ logical_date: string | null }>(
    sql`SELECT logical_date FROM objects WHERE object_id = ${objectId}`,
  );
  return { object, logicalDate, source, writtenBy: writer?.name ?? null };
}

/** Replaces the run's write to the dataset and makes it the newest of all, with a new number. */
function insertWrite(query: Query, write: DatasetWrite, now: Date): void {
  const { lakeId, dataset, run, taskId, objectId } = write;
  query.run(
    sql`DELETE FROM dataset_writes WHERE dag_run_id = ${run.dagRunId} AND task_id = ${taskId}
        AND dataset = ${dataset}`,
  );
  query.run(
    sql`INSERT INTO dataset_writes (lake, dataset, dag_run_id, task_id, object_id, written_at)
        VALUES (${lakeId}, ${dataset}, ${run.dagRunId}, ${taskId}, ${objectId}, ${now.toISOString()})`,
  );
}
