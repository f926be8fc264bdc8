/**
 * What a long-running scheduler keeps: how far each Dag's schedule was decided, backfills, what other processes ask of
 * the lease's holder, Dag files that are broken, and notices that are still to be sent.
 */
export const service: readonly string[] = [
  `ALTER TABLE dags ADD COLUMN is_paused INTEGER NOT NULL DEFAULT 0`,
  // 0 while its file is gone, broken or off: then it has no new runs.
  `ALTER TABLE dags ADD COLUMN is_active INTEGER NOT NULL DEFAULT 1`,
  // What the cursor counts for: another schedule counts from the edit.
  `ALTER TABLE dags ADD COLUMN schedule TEXT`,
  // Slots up to and including this instant are decided: made into runs, or skipped with an event.
  `ALTER TABLE dags ADD COLUMN cursor TEXT`,
  // The same for a Dag that follows others: their successes up to this success_order are decided.
  `ALTER TABLE dags ADD COLUMN success_cursor INTEGER`,

  `CREATE TABLE import_errors (
    dag_id TEXT PRIMARY KEY,
    file TEXT NOT NULL,
    faults TEXT NOT NULL,
    since TEXT NOT NULL
  ) STRICT`,

  `CREATE TABLE backfills (
    backfill_id INTEGER PRIMARY KEY AUTOINCREMENT,
    dag_id TEXT NOT NULL,
    state TEXT NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT NOT NULL,
    reprocess TEXT NOT NULL,
    is_refetch INTEGER NOT NULL,
    max_active INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    finished_at TEXT
  ) STRICT`,
  `CREATE UNIQUE INDEX backfills_running ON backfills (dag_id) WHERE state = 'running'`,

  `ALTER TABLE dag_runs ADD COLUMN backfill_id INTEGER REFERENCES backfills (backfill_id)`,
  // The order in which whole runs succeeded, over all Dags: an instant would give the same number twice. Never one that
  // a cursor has passed, though its run gave it up.
  `ALTER TABLE dag_runs ADD COLUMN success_order INTEGER`,
  // 'cancelled' or 'timed_out' while the run is being stopped, and after.
  `ALTER TABLE dag_runs ADD COLUMN stop_reason TEXT`,
  // The last start, which a run's timeout counts from; started_at is the first.
  `ALTER TABLE dag_runs ADD COLUMN running_since TEXT`,
  `CREATE INDEX dag_runs_waiting ON dag_runs (dag_id, backfill_id IS NOT NULL, logical_date) WHERE state = 'queued'`,
  `CREATE INDEX dag_runs_by_end ON dag_runs (dag_id, state, finished_at) WHERE finished_at IS NOT NULL`,
  `CREATE INDEX batches_by_manifest ON batches (manifest_batch_id) WHERE manifest_batch_id IS NOT NULL`,
  `CREATE INDEX dag_runs_by_date ON dag_runs (logical_date)`,
  `CREATE INDEX dag_runs_by_backfill ON dag_runs (backfill_id) WHERE backfill_id IS NOT NULL`,
  `CREATE UNIQUE INDEX dag_runs_by_success ON dag_runs (success_order) WHERE success_order IS NOT NULL`,
  // Runs that had succeeded before this order was kept, as nearly as their ends tell it.
  `UPDATE dag_runs SET success_order = (
      SELECT count(*) FROM dag_runs o WHERE o.state = 'success' AND o.only_tasks IS NULL
        AND (o.finished_at, o.dag_run_id) <= (dag_runs.finished_at, dag_runs.dag_run_id))
    WHERE state = 'success' AND only_tasks IS NULL`,

  // The one table that is written without the lease: by whoever wants something of its holder.
  `CREATE TABLE requests (
    request_id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open',
    answer TEXT,
    requested_by TEXT NOT NULL,
    requested_at TEXT NOT NULL,
    answered_at TEXT
  ) STRICT`,
  `CREATE INDEX requests_open ON requests (request_id) WHERE state = 'open'`,

  `CREATE TABLE notices (
    notice_id INTEGER PRIMARY KEY AUTOINCREMENT,
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    failures INTEGER NOT NULL,
    message TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open',
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT,
    error TEXT,
    created_at TEXT NOT NULL,
    sent_at TEXT
  ) STRICT`,
  `CREATE INDEX notices_by_dag ON notices (dag_id, notice_id)`,
  `CREATE INDEX notices_open ON notices (notice_id) WHERE state = 'open'`,

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
      r.stop_reason, r.backfill_id
    FROM dag_runs r`,

  `CREATE VIEW v_dags AS
    SELECT d.dag_id, d.is_paused, d.is_active, d.schedule, d.cursor, d.seen_at, e.faults AS import_error,
      (SELECT count(*) FROM dag_runs r WHERE r.dag_id = d.dag_id AND r.state = 'running') AS running_runs,
      (SELECT count(*) FROM dag_runs r WHERE r.dag_id = d.dag_id AND r.state = 'queued') AS queued_runs
    FROM dags d LEFT JOIN import_errors e USING (dag_id)`,

  `CREATE VIEW v_backfills AS
    SELECT b.backfill_id, b.dag_id, b.state, b.from_date, b.to_date, b.reprocess, b.is_refetch, b.max_active,
      count(r.dag_run_id) AS runs, count(r.dag_run_id) FILTER (WHERE r.state = 'success') AS succeeded,
      count(r.dag_run_id) FILTER (WHERE r.state = 'failed') AS failed,
      count(r.dag_run_id) FILTER (WHERE r.state IN ('queued', 'running')) AS open,
      b.created_at, b.finished_at
    FROM backfills b LEFT JOIN dag_runs r USING (backfill_id) GROUP BY b.backfill_id`,
];
