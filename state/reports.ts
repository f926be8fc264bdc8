/** Reports for people, from the public views. Reads only; repairs nothing. */
import type { RunName } from "../model/run/run-name.ts";
import type { JudgedSum, Reconciliation } from "../model/records/reconciliation.ts";
import { reconcile } from "./records/asks.ts";
import { IS_REMOVED } from "./records/missing-objects.ts";
import { hasRunId } from "./runs/run-id.ts";
import type { Query } from "./sqlite/query.ts";
import { flag, mapRow, type Row } from "./sqlite/row.ts";
import { sql, type Sql } from "./sqlite/statement.ts";

export interface RunRowFilter {
  readonly dagId?: string;
  /** None: whatever the state. */
  readonly states?: readonly string[];
}

/** Rows of `v_runs`, newest first. */
export function reportRuns(query: Query, filter: RunRowFilter & { readonly limit: number }): readonly Row[] {
  return query.all<Row>(
    sql`SELECT * FROM v_runs WHERE ${isAsked(filter)} ORDER BY logical_date DESC LIMIT ${filter.limit}`,
  );
}

export function countRuns(query: Query, filter: RunRowFilter): number {
  return query.one<{ total: number }>(sql`SELECT count(*) AS total FROM dag_runs WHERE ${isAsked(filter)}`)
    .total;
}

const isAsked = ({ dagId, states = [] }: RunRowFilter): Sql => {
  const isOfDag = dagId === undefined ? sql`TRUE` : sql`dag_id = ${dagId}`;
  if (states.length === 0) return isOfDag;
  return sql`${isOfDag} AND state IN (SELECT value FROM json_each(${JSON.stringify(states)}))`;
};

/**
 * The run of that name: a Dag's and a run's id, or one word. The word is a unique run id, or a Dag's id for its
 * newest run in that lake up to `now` (ISO UTC), or its first run if all are later. `undefined` if none or several
 * match.
 */
export function findRunId(
  query: Query,
  lakeId: string,
  given: Exclude<RunName, { kind: "date" }>,
  now: string,
): number | undefined {
  if (given.kind === "id") {
    const { dagId, runId } = given;
    return query.get<{ id: number }>(
      sql`SELECT dag_run_id AS id FROM dag_runs WHERE dag_id = ${dagId} AND ${hasRunId(runId)}`,
    )?.id;
  }
  const name = given.word;
  const candidates = [
    sql`SELECT dag_run_id AS id FROM dag_runs WHERE ${hasRunId(name)}`,
    sql`SELECT dag_run_id AS id FROM dag_runs WHERE dag_id = ${name} AND lake = ${lakeId} AND logical_date <= ${now}
        ORDER BY logical_date DESC LIMIT 1`,
    sql`SELECT dag_run_id AS id FROM dag_runs WHERE dag_id = ${name} AND lake = ${lakeId} ORDER BY logical_date
        LIMIT 1`,
    sql`SELECT dag_run_id AS id FROM dag_runs WHERE dag_id = ${name}
        ORDER BY logical_date <= ${now} DESC, CASE WHEN logical_date <= ${now} THEN logical_date END DESC,
        logical_date LIMIT 1`,
  ];
  for (const candidate of candidates) {
    const rows = query.all<{ id: number }>(candidate);
    if (rows.length === 1) return rows[0]?.id;
  }
  return undefined;
}

/** The run's row, unchanged. */
export function readRunRow(query: Query, dagRunId: number): Row {
  const row = query.get<Row>(sql`SELECT * FROM dag_runs WHERE dag_run_id = ${dagRunId}`);
  if (row === undefined) throw new Error(`dag run ${dagRunId} is missing`);
  return row;
}

/** With the date, an index leads from the run to its rows of a view. */
const IS_OF_RUN = sql`r.dag_id = v.dag_id AND r.logical_date = v.logical_date AND r.run_id = v.run_id`;

export function reportTasks(query: Query, dagRunId: number): readonly Row[] {
  return query.all<Row>(
    sql`SELECT v.* FROM v_tasks v JOIN dag_runs r ON ${IS_OF_RUN}
        JOIN task_instances t ON t.dag_run_id = r.dag_run_id AND t.task_id = v.task_id
        WHERE r.dag_run_id = ${dagRunId} ORDER BY t.task_instance_id`,
  );
}

/** Rows of `v_inputs`: what the run's tasks read. */
export function reportInputs(query: Query, dagId: string, runId: string): readonly Row[] {
  return query.all<Row>(
    sql`SELECT * FROM v_inputs WHERE dag_id = ${dagId} AND run_id = ${runId} ORDER BY resolved_at, task_id`,
  );
}

export function reportAttempts(query: Query, dagRunId: number): readonly Row[] {
  return query.all<Row>(
    sql`SELECT v.* FROM v_attempts v JOIN dag_runs r ON ${IS_OF_RUN}
        WHERE r.dag_run_id = ${dagRunId} ORDER BY v.started_at, v.task_id`,
  );
}

export function reportAttempt(
  query: Query,
  taskInstanceId: number,
  number: number,
): AttemptReport | undefined {
  return query.get<AttemptReport>(
    sql`SELECT state, error_code, error FROM attempts
        WHERE task_instance_id = ${taskInstanceId} AND number = ${number}`,
  );
}

export interface AttemptReport {
  readonly state: string;
  readonly error_code: string | null;
  readonly error: string | null;
}

export function reportRunEvents(query: Query, dagId: string, runId: string): readonly Row[] {
  return query.all<Row>(
    sql`SELECT * FROM v_events WHERE dag_id = ${dagId} AND run_id = ${runId} ORDER BY at`,
  );
}

/** The run's warnings since then: its events above `info`. */
export function reportRunWarnings(
  query: Query,
  run: { readonly dagId: string; readonly runId: string },
  since: string,
): readonly Row[] {
  return query.all<Row>(
    sql`SELECT task_id, level, kind, message FROM v_events
        WHERE dag_id = ${run.dagId} AND run_id = ${run.runId} AND level <> 'info' AND at >= ${since} ORDER BY at`,
  );
}

export interface ObjectFilter {
  readonly lakeId: string;
  readonly prefix: string;
  readonly dataset?: string;
  /** -1: all. */
  readonly limit: number;
}

const isChosen = ({ lakeId, prefix, dataset }: Omit<ObjectFilter, "limit">): Sql =>
  sql`lake = ${lakeId} AND substr(key, 1, ${prefix.length}) = ${prefix} AND (${dataset} IS NULL
      OR dataset = ${dataset})`;

/** Rows of `v_objects` by key, without removed objects. */
export function reportObjects(query: Query, filter: ObjectFilter): readonly Row[] {
  return query.all<Row>(
    sql`SELECT * FROM v_objects WHERE ${isChosen(filter)} AND state <> 'removed' ORDER BY key LIMIT ${filter.limit}`,
  );
}

export function countObjects(query: Query, filter: Omit<ObjectFilter, "limit">): number {
  return query.one<{ total: number }>(
    sql`SELECT count(*) AS total FROM objects o WHERE ${isChosen(filter)} AND NOT ${IS_REMOVED}`,
  ).total;
}

/** Rows of `v_removals`, newest first. */
export function reportRemovals(query: Query, filter: ObjectFilter): readonly Row[] {
  return query.all<Row>(
    sql`SELECT * FROM v_removals WHERE ${isChosen(filter)} ORDER BY requested_at DESC, key LIMIT ${filter.limit}`,
  );
}

export function countRemovals(query: Query, filter: Omit<ObjectFilter, "limit">): number {
  return query.one<{ total: number }>(sql`SELECT count(*) AS total FROM removals WHERE ${isChosen(filter)}`)
    .total;
}

export interface MissingFilter {
  readonly lakeId: string;
  readonly dataset?: string;
  readonly outcome?: string;
  readonly limit: number;
}

/** Rows of `v_missing`. */
export function reportMissing(query: Query, filter: MissingFilter): readonly Row[] {
  return [...eachMissing(query, filter)];
}

/** The same, one after the other: there may be millions. */
export function* eachMissing(query: Query, filter: MissingFilter): Generator<Row> {
  const rows = query.each<Row>(sql`SELECT * FROM v_missing ${isWanted(filter)} LIMIT ${filter.limit}`);
  // The filter names the lake, so the rows omit it.
  for (const { lake: _lake, ...row } of rows) yield row;
}

/** Whether any id was ever asked in this lake. */
export function hasAsked(query: Query, lakeId: string): boolean {
  return (
    query.get(sql`SELECT 1 FROM asks JOIN questions USING (question_id) WHERE lake = ${lakeId} LIMIT 1`) !==
    undefined
  );
}

/** How many ids `reportMissing` would list without a limit, by dataset and outcome. */
export function countMissing(query: Query, filter: Omit<MissingFilter, "limit">): readonly Row[] {
  return query.all<Row>(
    sql`SELECT dataset, outcome, coalesce(reason, '') AS reason, count(*) AS ids FROM v_missing ${isWanted(filter)}
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 4 DESC`,
  );
}

const isWanted = ({ lakeId, dataset, outcome }: Omit<MissingFilter, "limit">): Sql =>
  sql`WHERE lake = ${lakeId} AND (${dataset} IS NULL OR dataset = ${dataset}) AND (${outcome} IS NULL OR outcome = ${outcome})`;

export interface RecordedObject {
  readonly key: string;
  readonly kind: string;
  readonly sha256: string | null;
  readonly size_bytes: number;
}

/**
 * Content that a run found missing and that was not replaced since: no new answer for the id, no other object with
 * the file.
 */
const STILL_MISSING = sql`o.missing_since IS NOT NULL AND CASE o.kind
  WHEN 'records' THEN o.object_id IN (SELECT object_id FROM processed_ids WHERE reason = 'object_missing')
  WHEN 'file' THEN NOT EXISTS (SELECT 1 FROM objects x WHERE x.lake = o.lake AND x.dataset = o.dataset
    AND x.sha256 = o.sha256 AND x.kind = 'file' AND x.is_committed = 1)
  ELSE NOT EXISTS (SELECT 1 FROM batches b WHERE b.lake = o.lake AND b.key = o.key) END`;

/** Every object that should be in a lake, by key; `kind` marks the foreign ones. */
export function listRecordedObjects(query: Query, lakeId: string, prefix: string): readonly RecordedObject[] {
  return query.all<RecordedObject>(
    sql`SELECT key, kind, sha256, size_bytes FROM objects o
        WHERE lake = ${lakeId} AND substr(key, 1, ${prefix.length}) = ${prefix}
          AND (is_committed = 1 OR (${STILL_MISSING})) ORDER BY key`,
  );
}

export interface DatasetObject {
  readonly key: string;
  readonly kind: "file" | "records";
  readonly sha256: string;
  readonly size_bytes: number;
  readonly logical_date: string | null;
  /** 1 for a derived table. */
  readonly is_table: number;
}

/** The objects that a reader of the dataset may choose from, in the order in which they were committed. */
export function listDatasetObjects(query: Query, lakeId: string, dataset: string): readonly DatasetObject[] {
  return query.all<DatasetObject>(
    sql`SELECT o.key, o.kind, o.sha256, o.size_bytes, o.logical_date,
          EXISTS (SELECT 1 FROM table_contents c WHERE c.lake = o.lake AND c.key = o.key AND c.state = 'standing') AS is_table
        FROM objects o
        WHERE o.lake = ${lakeId} AND o.dataset = ${dataset} AND o.kind IN ('file', 'records')
          AND o.is_committed = 1 AND o.sha256 IS NOT NULL
        ORDER BY o.commit_order`,
  );
}

/** The datasets that have such objects, by name. */
export function listDatasets(query: Query, lakeId: string): readonly string[] {
  return query
    .all<{ dataset: string }>(
      sql`SELECT DISTINCT dataset FROM objects
          WHERE lake = ${lakeId} AND kind IN ('file', 'records') AND is_committed = 1 AND dataset IS NOT NULL
          ORDER BY dataset`,
    )
    .map(({ dataset }) => dataset);
}

/** The lakes with recorded objects. */
export function listLakes(query: Query): readonly string[] {
  return query
    .all<{ lake: string }>(sql`SELECT DISTINCT lake FROM objects ORDER BY lake`)
    .map(({ lake }) => lake);
}

/** Rows of `v_doubles` with at least one of the two keys below the prefix. */
export function listDoubles(query: Query, lakeId: string, prefix: string): readonly Row[] {
  return query.all<Row>(
    sql`SELECT dataset, asked_id, generation, key, other_key FROM v_doubles
        WHERE lake = ${lakeId} AND ${prefix} IN (substr(key, 1, ${prefix.length}), substr(other_key, 1,
          ${prefix.length})) ORDER BY key, other_key, asked_id`,
  );
}

/** Objects that runs of this database wrote since then: data and manifests. */
export function measureWrites(query: Query, since: string): Writes {
  const row = query.get<Writes>(
    sql`SELECT count(*) FILTER (WHERE kind <> 'manifest') AS objects,
        count(*) FILTER (WHERE kind = 'manifest') AS manifests,
          coalesce(sum(size_bytes), 0) AS bytes
        FROM objects WHERE committed_at >= ${since} AND is_adopted = 0 AND dag_run_id IS NOT NULL`,
  );
  return row ?? { objects: 0, manifests: 0, bytes: 0 };
}

export interface Writes {
  readonly objects: number;
  readonly manifests: number;
  /** Of both. */
  readonly bytes: number;
}

/** The sums of a run's asks, or of one task's: final ones if closed, else the present ones. */
export function listRunSums(query: Query, dagRunId: number, taskId: string | null = null): readonly RunSum[] {
  const rows = query.all<Row>(
    sql`SELECT max(a.ask_id) AS ask_id, a.task_id, a.limit_ids IS NOT NULL AS has_limit,
          r.state IN ('queued', 'running') AS is_open, CASE WHEN a.closed_at IS NULL THEN NULL ELSE a.reconciliation END AS closed
        FROM asks a JOIN dag_runs r USING (dag_run_id)
        WHERE a.dag_run_id = ${dagRunId} AND (${taskId} IS NULL OR a.task_id = ${taskId})
        GROUP BY a.task_id ORDER BY min(a.ask_id)`,
  );
  return rows.map((row) => {
    const { askId, closed, ...rest } = mapRow<SumRow>(row, { hasLimit: flag, isOpen: flag });
    return {
      ...rest,
      sum: closed === null ? reconcile(query, askId) : (JSON.parse(closed) as Reconciliation),
      kept: closed === null ? countKept(query, askId) : 0,
    };
  });
}

interface SumRow extends Omit<RunSum, "sum" | "kept"> {
  readonly askId: number;
  readonly closed: string | null;
}

export interface RunSum extends JudgedSum {
  readonly taskId: string;
  /** Part of `remaining`: answers that are in the database but not yet in an object. */
  readonly kept: number;
}

function countKept(query: Query, askId: number): number {
  return query.one<{ kept: number }>(
    sql`SELECT count(DISTINCT asked_id) AS kept FROM spool WHERE ask_id = ${askId}`,
  ).kept;
}
