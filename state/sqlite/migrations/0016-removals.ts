/** Objects that were removed by hand: they stay left out until the removal is undone. */
export const removals: readonly string[] = [
  `CREATE TABLE removals (
    removal_id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Part of the name of its record in the lake.
    uid TEXT NOT NULL,
    lake TEXT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    dataset TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    why TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at TEXT NOT NULL,
    -- The record in the lake.
    record_key TEXT NOT NULL,
    record_body TEXT NOT NULL,
    -- Ids that only this object held when it was removed.
    left_out_ids INTEGER NOT NULL,
    -- When the object was gone from the store; NULL: still to be done.
    finished_at TEXT,
    undone_by TEXT,
    undone_why TEXT,
    undone_at TEXT,
    -- When the record was gone from the store; NULL with undone_at: still to be done.
    undo_finished_at TEXT,
    UNIQUE (lake, uid)
  ) STRICT`,
  `CREATE UNIQUE INDEX removals_in_force ON removals (lake, key, sha256) WHERE undone_at IS NULL`,

  `DROP VIEW v_objects`,
  `CREATE VIEW v_objects AS
    SELECT o.lake, o.key, o.kind, o.dataset, o.size_bytes, o.record_count AS records, o.sha256,
      r.dag_id, r.run_id, o.task_id, o.logical_date, r.logical_date_local,
      CASE WHEN o.is_committed = 1 THEN 'committed'
        WHEN EXISTS (SELECT 1 FROM removals x WHERE x.lake = o.lake AND x.key = o.key AND x.sha256 = o.sha256
          AND x.undone_at IS NULL) THEN 'removed'
        WHEN o.missing_since IS NOT NULL THEN 'missing' ELSE 'planned' END AS state,
      o.is_adopted, o.created_at, o.created_at_local, o.committed_at, o.missing_since
    FROM objects o LEFT JOIN dag_runs r USING (dag_run_id)`,

  `CREATE VIEW v_removals AS
    SELECT lake, key, kind, dataset, size_bytes, sha256,
      CASE WHEN undo_finished_at IS NOT NULL THEN 'undone' WHEN undone_at IS NOT NULL THEN 'undoing'
        WHEN finished_at IS NOT NULL THEN 'removed' ELSE 'removing' END AS state,
      why, requested_by, requested_at, finished_at, left_out_ids, record_key, undone_by, undone_why, undone_at
    FROM removals`,
];
