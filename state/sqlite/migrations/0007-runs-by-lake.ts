/**
 * A run belongs to a lake, like its records. A task's input is resolved at its start and stored with the task; a
 * run's writes to datasets are stored with the run. Before, both were in the run's `pinned_inputs`.
 */
const RUN_COLUMNS = `dag_run_id, dag_id, run_id, run_type, state, logical_date, logical_date_local, timezone, partition,
  run_stamp, interval_start, interval_end, params, fingerprint, only_tasks, refetch_count, refetch_generation,
  created_at, started_at, started_at_local, finished_at, finished_at_local, backfill_id, success_order, stop_reason,
  running_since`;

/** The lake that a run's objects or questions name; else the only one that the database knows; else NULL. */
const LAKE_OF_RUN = `coalesce(
  (SELECT o.lake FROM objects o WHERE o.dag_run_id = dag_runs.dag_run_id ORDER BY o.object_id DESC LIMIT 1),
  (SELECT q.lake FROM asks a JOIN questions q USING (question_id)
    WHERE a.dag_run_id = dag_runs.dag_run_id ORDER BY a.ask_id DESC LIMIT 1),
  (SELECT CASE WHEN count(*) = 1 THEN max(lake) END
    FROM (SELECT lake FROM objects UNION SELECT lake FROM questions)))`;

export const runsByLake: readonly string[] = [
  `CREATE TABLE dag_runs_by_lake (
    dag_run_id INTEGER PRIMARY KEY AUTOINCREMENT,
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    run_type TEXT NOT NULL,
    state TEXT NOT NULL,
    logical_date TEXT NOT NULL,
    logical_date_local TEXT NOT NULL,
    timezone TEXT NOT NULL,
    partition TEXT NOT NULL,
    run_stamp TEXT NOT NULL,
    interval_start TEXT,
    interval_end TEXT,
    params TEXT NOT NULL,
    fingerprint TEXT NOT NULL REFERENCES dag_versions (fingerprint),
    only_tasks TEXT,
    refetch_count INTEGER NOT NULL DEFAULT 0,
    refetch_generation TEXT,
    created_at TEXT NOT NULL,
    started_at TEXT,
    started_at_local TEXT,
    finished_at TEXT,
    finished_at_local TEXT,
    backfill_id INTEGER REFERENCES backfills (backfill_id),
    success_order INTEGER,
    stop_reason TEXT,
    running_since TEXT,
    -- NULL only in runs of an older version that name none: the first process that takes the lease claims them.
    lake TEXT,
    UNIQUE (dag_id, logical_date, lake)
  ) STRICT`,
  `INSERT INTO dag_runs_by_lake (${RUN_COLUMNS}, lake) SELECT ${RUN_COLUMNS}, ${LAKE_OF_RUN} FROM dag_runs`,

  `CREATE TABLE task_inputs (
    task_instance_id INTEGER NOT NULL REFERENCES task_instances (task_instance_id) ON DELETE CASCADE,
    dataset TEXT NOT NULL,
    object_id INTEGER NOT NULL REFERENCES objects (object_id),
    source TEXT NOT NULL,
    resolved_at TEXT NOT NULL,
    PRIMARY KEY (task_instance_id, dataset)
  ) STRICT, WITHOUT ROWID`,
  // Keeps a task's resolved input for its next attempt.
  `INSERT INTO task_inputs (task_instance_id, dataset, object_id, source, resolved_at)
    SELECT t.task_instance_id, p.key, p.value, 'newest', r.created_at
      FROM dag_runs r JOIN task_instances t USING (dag_run_id) JOIN json_each(r.pinned_inputs) p
        JOIN dag_versions v USING (fingerprint) JOIN json_each(v.definition, '$.tasks') d
        JOIN objects o ON o.object_id = p.value
      WHERE t.attempt_count > 0 AND d.value ->> '$.taskId' = t.task_id
        AND d.value ->> '$.with.source.dataset' = p.key`,

  // Numbers of pruned runs are never used again.
  `DELETE FROM sqlite_sequence WHERE name = 'dag_runs_by_lake'`,
  `INSERT INTO sqlite_sequence (name, seq) SELECT 'dag_runs_by_lake', seq FROM sqlite_sequence WHERE name = 'dag_runs'`,
  `DROP TABLE dag_runs`,
  `ALTER TABLE dag_runs_by_lake RENAME TO dag_runs`,
  `CREATE INDEX dag_runs_by_state ON dag_runs (state, logical_date) WHERE state IN ('queued', 'running')`,
  `CREATE INDEX dag_runs_waiting ON dag_runs (lake, dag_id, backfill_id IS NOT NULL, logical_date) WHERE state = 'queued'`,
  `CREATE INDEX dag_runs_by_end ON dag_runs (dag_id, state, finished_at) WHERE finished_at IS NOT NULL`,
  `CREATE INDEX dag_runs_by_date ON dag_runs (logical_date)`,
  `CREATE INDEX dag_runs_by_backfill ON dag_runs (backfill_id) WHERE backfill_id IS NOT NULL`,
  `CREATE UNIQUE INDEX dag_runs_by_success ON dag_runs (success_order) WHERE success_order IS NOT NULL`,

  `CREATE TABLE dataset_writes (
    dataset_write_id INTEGER PRIMARY KEY AUTOINCREMENT,
    lake TEXT NOT NULL,
    dataset TEXT NOT NULL,
    dag_run_id INTEGER NOT NULL REFERENCES dag_runs (dag_run_id) ON DELETE CASCADE,
    task_id TEXT NOT NULL,
    object_id INTEGER NOT NULL REFERENCES objects (object_id),
    written_at TEXT NOT NULL,
    UNIQUE (dag_run_id, task_id, dataset)
  ) STRICT`,
  `CREATE INDEX dataset_writes_by_dataset ON dataset_writes (dataset, lake)`,
  `INSERT INTO dataset_writes (lake, dataset, dag_run_id, task_id, object_id, written_at)
    SELECT o.lake, o.dataset, t.dag_run_id, t.task_id, o.object_id, coalesce(t.finished_at, o.committed_at, o.created_at)
      FROM task_outputs w JOIN task_instances t USING (task_instance_id)
        JOIN objects o ON o.object_id = CAST(w.value AS INTEGER)
      WHERE w.name = 'object_id' AND o.kind = 'file' AND o.is_committed = 1 AND o.dataset IS NOT NULL
      ORDER BY coalesce(t.finished_at, o.committed_at, o.created_at), t.task_instance_id`,

  `ALTER TABLE backfills ADD COLUMN lake TEXT`,
  `UPDATE backfills SET lake = (SELECT r.lake FROM dag_runs r WHERE r.backfill_id = backfills.backfill_id LIMIT 1)`,
  `DROP INDEX backfills_running`,
  `CREATE UNIQUE INDEX backfills_running ON backfills (dag_id, lake) WHERE state = 'running'`,

  `DROP VIEW v_runs`,
  `CREATE VIEW v_runs AS
    SELECT r.dag_id, r.run_id, r.logical_date, r.logical_date_local, r.run_type, r.state,
      r.started_at, r.started_at_local, r.finished_at, r.finished_at_local,
      round((julianday(r.finished_at) - julianday(r.started_at)) * 86400, 3) AS duration_seconds,
      (SELECT count(*) FROM task_instances t WHERE t.dag_run_id = r.dag_run_id) AS tasks,
      (SELECT count(*) FROM task_instances t WHERE t.dag_run_id = r.dag_run_id
        AND t.state IN ('failed', 'upstream_failed')) AS failed_tasks,
      (SELECT count(*) FROM objects o WHERE o.dag_run_id = r.dag_run_id AND o.is_committed = 1) AS objects,
      r.params, r.partition, r.timezone, r.interval_start, r.interval_end, r.created_at, r.fingerprint,
      r.stop_reason, r.backfill_id, r.lake
    FROM dag_runs r`,
  `DROP VIEW v_backfills`,
  `CREATE VIEW v_backfills AS
    SELECT b.backfill_id, b.dag_id, b.state, b.from_date, b.to_date, b.reprocess, b.is_refetch, b.max_active,
      count(r.dag_run_id) AS runs, count(r.dag_run_id) FILTER (WHERE r.state = 'success') AS succeeded,
      count(r.dag_run_id) FILTER (WHERE r.state = 'failed') AS failed,
      count(r.dag_run_id) FILTER (WHERE r.state IN ('queued', 'running')) AS open,
      b.created_at, b.finished_at, b.lake
    FROM backfills b LEFT JOIN dag_runs r USING (backfill_id) GROUP BY b.backfill_id`,
  `CREATE VIEW v_inputs AS
    SELECT r.dag_id, r.run_id, t.task_id, i.dataset, i.source, o.key, o.sha256, o.lake, i.resolved_at
    FROM task_inputs i JOIN task_instances t USING (task_instance_id) JOIN dag_runs r USING (dag_run_id)
      JOIN objects o USING (object_id)`,
];
