/**
 * Which rows are history that can be deleted, and which stay however old they are. prune.ts decides when and how many
 * at a time.
 *
 * The lake's own rows always stay: objects, questions, processed ids, spooled records. So do rows of batches that
 * still have to be put, and rows that a later run would read.
 */
import { UNLISTED_IDS } from "../records/manifests.ts";
import { IS_STAGED, removeSet } from "../records/candidates.ts";
import type { Database } from "../sqlite/database.ts";
import type { Query } from "../sqlite/query.ts";
import { nameOf, sql, type Sql } from "../sqlite/statement.ts";

/** A Dag's newest runs stay: people look for them, and failures in a row are counted from them. */
const KEPT_RUNS_A_DAG = 10;

/**
 * Why an old run stays. `newest`: among its Dag's newest, or the run before one that is not old (`depends_on_past`);
 * `followed`: a Dag that follows its Dag may not have handled its success; `backfill`: in the range of a running
 * backfill; `refetched`: a later `--refetch` of its date must not reuse its generation; `records`: its ask is open,
 * is the newest of its question, counts against a limit, or has records that are not yet in an object and a manifest.
 */
export const KEEP_REASONS = ["newest", "followed", "backfill", "refetched", "records"] as const;
export type KeepReason = (typeof KEEP_REASONS)[number];

export interface OldRun {
  readonly dagRunId: number;
  /** `null` if it is deleted. */
  readonly keptAs: KeepReason | null;
  /** How many processed ids refer to its asks. */
  readonly idCount: number;
}

/** `run`: the table's alias. */
const isOld = (run: "n" | "r"): Sql =>
  sql`(${nameOf(run)}.state IN ('success', 'failed', 'cancelled') AND ${nameOf(run)}.finished_at < given.before)`;

/** A closed ask without a limit is no longer needed: only the ids decide what is asked again. */
const NEEDED_ASKS = sql`SELECT dag_run_id FROM asks a WHERE closed_at IS NULL
  OR ask_id IN (SELECT max(ask_id) FROM asks GROUP BY question_id)
  OR ask_id IN (SELECT ask_id FROM spool)
  OR ask_id IN (SELECT ask_id FROM batches WHERE state = 'sealed')
  OR ask_id IN (SELECT ask_id FROM batches WHERE kind = 'records' AND manifest_batch_id IS NULL
    AND manifest_key IS NULL AND state <> 'lost')
  OR ask_id IN (SELECT ask_id FROM ${UNLISTED_IDS})
  OR (limit_ids IS NOT NULL AND EXISTS (SELECT 1 FROM processed_ids p WHERE p.ask_id = a.ask_id))`;

/** How far the slowest follower of a Dag has handled its successes; followers that are gone or off do not count. */
const giveBefore = (
  before: string,
): Sql => sql`given AS (SELECT ${before} AS before), followed AS MATERIALIZED (
  SELECT upstream.value AS dag_id, min(d.success_cursor) AS cursor
    FROM dags d JOIN dag_versions v USING (fingerprint), json_each(v.definition, '$.schedule.dagIds') upstream
    WHERE d.is_active = 1 GROUP BY upstream.value)`;
/** In the last case the first later run that is whole or not old decides: a run of single tasks may lack the task. */
const KEPT_AS = sql`CASE
  WHEN r.success_order >= (SELECT cursor FROM followed f WHERE f.dag_id = r.dag_id) THEN 'followed'
  WHEN EXISTS (SELECT 1 FROM backfills b WHERE b.state = 'running'
    AND (b.backfill_id = r.backfill_id OR r.logical_date BETWEEN b.from_date AND b.to_date)) THEN 'backfill'
  WHEN r.refetch_count > 0 THEN 'refetched'
  WHEN r.dag_run_id IN (${NEEDED_ASKS}) THEN 'records'
  WHEN NOT coalesce((SELECT ${isOld("n")} FROM dag_runs n WHERE n.dag_id = r.dag_id
    AND n.logical_date > r.logical_date AND (n.only_tasks IS NULL OR NOT coalesce(${isOld("n")}, 0))
    ORDER BY n.logical_date LIMIT 1), 0) THEN 'newest' END`;

/** Dags that have runs. */
export function listDagsWithRuns(query: Query): readonly string[] {
  return query
    .all<{ dag_id: string }>(sql`SELECT DISTINCT dag_id FROM dag_runs ORDER BY dag_id`)
    .map((row) => row.dag_id);
}

/** The Dag's runs that ended before that instant, oldest first. */
export function listOldRuns(query: Query, dagId: string, before: string): readonly OldRun[] {
  return query
    .all<{ dag_run_id: number; kept_as: KeepReason | null; id_count: number }>(
      sql`WITH ${giveBefore(before)}, ranked AS (
            SELECT *, row_number() OVER (ORDER BY logical_date DESC) AS rank FROM dag_runs WHERE dag_id = ${dagId})
          SELECT dag_run_id, CASE WHEN rank <= ${KEPT_RUNS_A_DAG} THEN 'newest' ELSE ${KEPT_AS} END AS kept_as,
            (SELECT count(*) FROM asks a JOIN processed_ids p USING (ask_id)
            WHERE a.dag_run_id = r.dag_run_id) AS id_count
          FROM given, ranked r WHERE ${isOld("r")} ORDER BY logical_date`,
    )
    .map((row) => ({ dagRunId: row.dag_run_id, keptAs: row.kept_as, idCount: row.id_count }));
}

/** The runs that may still be deleted: one may have been cleared since it was listed. */
export function recheckRuns(query: Query, before: string, dagRunIds: readonly number[]): readonly number[] {
  return query
    .all<{ dag_run_id: number }>(
      sql`WITH ${giveBefore(before)} SELECT dag_run_id FROM given, dag_runs r
          WHERE dag_run_id IN (SELECT value FROM json_each(${JSON.stringify(dagRunIds)})) AND ${isOld("r")}
            AND ${KEPT_AS} IS NULL`,
    )
    .map((row) => row.dag_run_id);
}

/** Of a JSON list of run ids. */
const listOf = (gone: string): Sql => sql`(SELECT value FROM json_each(${gone}))`;

/** Rows that are deleted with a run, in the order of deletion; `where` takes the runs' ids as a JSON list. */
export const RUN_ROWS = [
  {
    table: "task_outputs",
    where: (gone: string): Sql =>
      sql`task_instance_id IN (SELECT task_instance_id FROM task_instances WHERE dag_run_id IN ${listOf(gone)})`,
  },
  {
    table: "attempts",
    where: (gone: string): Sql =>
      sql`task_instance_id IN (SELECT task_instance_id FROM task_instances WHERE dag_run_id IN ${listOf(gone)})`,
  },
  { table: "task_instances", where: (gone: string): Sql => sql`dag_run_id IN ${listOf(gone)}` },
  {
    table: "batches",
    where: (gone: string): Sql =>
      sql`ask_id IN (SELECT ask_id FROM asks WHERE dag_run_id IN ${listOf(gone)})`,
  },
  { table: "asks", where: (gone: string): Sql => sql`dag_run_id IN ${listOf(gone)}` },
  { table: "dag_runs", where: (gone: string): Sql => sql`dag_run_id IN ${listOf(gone)}` },
] as const;

interface Leftover {
  readonly table: "candidate_sets" | "backfills" | "dag_versions" | "requests" | "notices";
  readonly key: string;
  /** How many rows are deleted in one transaction. */
  readonly pageRows: number;
  /** Deletes a row that has very many dependent rows, in separate transactions. */
  readonly remove?: (database: Database, key: number) => Promise<void>;
  /** Which rows are deleted, if the runs of that JSON list are gone. */
  readonly where: (before: string, goneRuns: string) => Sql;
}

/** Rows that no run uses any longer, or with their own age, except events (see `isPastEvent`). */
export const LEFTOVERS: readonly Leftover[] = [
  {
    table: "candidate_sets",
    key: "candidate_set_id",
    pageRows: 1,
    remove: removeSet,
    // The newest complete set of a CSV stays, so that an unchanged CSV is not read twice. Sets that a running run may
    // already use stay too.
    where: (before, gone) =>
      sql`created_at < ${before}
          AND candidate_set_id NOT IN (SELECT candidate_set_id FROM asks WHERE dag_run_id NOT IN ${listOf(gone)})
          AND candidate_set_id NOT IN (SELECT CAST(o.value AS INTEGER) FROM task_outputs o
            JOIN task_instances t USING (task_instance_id) WHERE o.name = 'candidate_set'
            AND t.dag_run_id NOT IN ${listOf(gone)})
          AND (${IS_STAGED} OR sha256 IS NOT (SELECT o.sha256 FROM objects o WHERE o.lake = candidate_sets.lake
            AND o.dataset = candidate_sets.dataset AND o.kind = 'file' AND o.is_committed = 1
            ORDER BY o.commit_order DESC LIMIT 1))
          AND NOT EXISTS (SELECT 1 FROM dag_runs r JOIN task_instances t USING (dag_run_id)
            JOIN task_inputs i USING (task_instance_id) JOIN objects o USING (object_id)
            WHERE r.state IN ('queued', 'running') AND o.sha256 = candidate_sets.sha256)`,
  },
  {
    table: "backfills",
    key: "backfill_id",
    pageRows: 500,
    where: (before, gone) =>
      sql`state <> 'running' AND finished_at < ${before} AND backfill_id NOT IN (
          SELECT backfill_id FROM dag_runs WHERE backfill_id IS NOT NULL AND dag_run_id NOT IN ${listOf(gone)})`,
  },
  {
    table: "dag_versions",
    key: "fingerprint",
    // SQLite scans all runs for each row.
    pageRows: 20,
    where: (_before, gone) =>
      sql`fingerprint NOT IN (SELECT fingerprint FROM dags)
          AND fingerprint NOT IN (SELECT fingerprint FROM dag_runs WHERE dag_run_id NOT IN ${listOf(gone)})`,
  },
  {
    table: "requests",
    key: "request_id",
    pageRows: 500,
    where: (before) =>
      sql`state NOT IN ('open', 'begun') AND coalesce(answered_at, requested_at) < ${before}`,
  },
  {
    table: "notices",
    key: "notice_id",
    pageRows: 500,
    // A Dag's newest notice stays: it says whether a failure was reported last.
    where: (before) =>
      sql`state <> 'open' AND coalesce(sent_at, created_at) < ${before}
          AND notice_id NOT IN (SELECT max(notice_id) FROM notices GROUP BY dag_id)`,
  },
];

/** Old, and of no remaining run. A run id contains its logical date (24 characters), which an index finds. */
export function isPastEvent(before: string, goneRuns: string): Sql {
  return sql`at < ${before} AND NOT EXISTS (SELECT 1 FROM dag_runs r WHERE r.dag_id = events.dag_id
      AND r.logical_date = substr(events.run_id, instr(events.run_id, '__') + 2, 24) AND r.run_id = events.run_id
      AND r.dag_run_id NOT IN ${listOf(goneRuns)})`;
}
