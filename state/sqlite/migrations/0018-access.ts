/** Who may use the pages and the API: tokens and sessions, as hashes; and who asked for what an event tells. */
export const access: readonly string[] = [
  `CREATE TABLE api_tokens (
    token_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    -- SHA-256 of the token's random part, hexadecimal.
    secret_hash TEXT NOT NULL,
    -- Of the token, so that people recognise it.
    last_four TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_by TEXT,
    revoked_at TEXT
  ) STRICT`,
  `CREATE TABLE web_sessions (
    session_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    -- The token with which it was opened: it ends with it. NULL: it was opened with the password.
    token_id INTEGER REFERENCES api_tokens (token_id),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
  ) STRICT`,
  `CREATE INDEX web_sessions_by_token ON web_sessions (token_id) WHERE token_id IS NOT NULL`,
  // NULL: Dagmar itself.
  `ALTER TABLE events ADD COLUMN requested_by TEXT`,
  `DROP VIEW v_events`,
  `CREATE VIEW v_events AS
    SELECT at, at_local, level, kind, dag_id, run_id, task_id, message, data, requested_by FROM events`,
  // NULL: it is a run of a schedule.
  `ALTER TABLE dag_runs ADD COLUMN requested_by TEXT`,
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
      r.stop_reason, r.backfill_id, r.lake, r.requested_by
    FROM dag_runs r`,
  `CREATE VIEW v_tokens AS
    SELECT token_id, name, role, last_four, created_by, created_at, expires_at, revoked_by, revoked_at
    FROM api_tokens`,
  `CREATE VIEW v_sessions AS
    SELECT session_id, name, role, token_id, created_at, expires_at FROM web_sessions`,
];
