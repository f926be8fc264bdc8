/**
 * Derived tables: what each key held, and will hold once a put has ended. The row in `objects` is what stands; the content
 * that it replaced is kept here. Inputs of many objects are resolved once for each task, like single ones.
 */
export const tablesMadeAgain: readonly string[] = [
  `CREATE TABLE table_contents (
    content_id INTEGER PRIMARY KEY AUTOINCREMENT,
    lake TEXT NOT NULL,
    key TEXT NOT NULL,
    dataset TEXT NOT NULL,
    -- planned, standing or replaced.
    state TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    -- Of all that the content follows from: inputs, SQL, columns, params.
    fingerprint TEXT NOT NULL,
    -- The newest logical date of an input; then of the run: a table is not replaced by an older one.
    inputs_date TEXT NOT NULL,
    logical_date TEXT NOT NULL,
    -- The program that computed it, with its version.
    engine TEXT NOT NULL,
    dag_run_id INTEGER REFERENCES dag_runs (dag_run_id) ON DELETE SET NULL,
    task_id TEXT,
    created_at TEXT NOT NULL,
    committed_at TEXT,
    replaced_at TEXT
  ) STRICT`,
  `CREATE UNIQUE INDEX one_planned_table ON table_contents (lake, key) WHERE state = 'planned'`,
  `CREATE UNIQUE INDEX one_standing_table ON table_contents (lake, key) WHERE state = 'standing'`,
  `CREATE INDEX table_contents_by_run ON table_contents (dag_run_id)`,

  `CREATE TABLE task_input_lists (
    task_instance_id INTEGER NOT NULL REFERENCES task_instances (task_instance_id) ON DELETE CASCADE,
    dataset TEXT NOT NULL,
    take TEXT NOT NULL,
    -- JSON: ids of objects, in the order of their keys.
    object_ids TEXT NOT NULL,
    resolved_at TEXT NOT NULL,
    PRIMARY KEY (task_instance_id, dataset, take)
  ) STRICT, WITHOUT ROWID`,

  `DROP VIEW v_inputs`,
  `CREATE VIEW v_inputs AS
    SELECT r.dag_id, r.run_id, t.task_id, i.dataset, i.source, o.key, o.sha256, o.lake, i.resolved_at
    FROM task_inputs i JOIN task_instances t USING (task_instance_id) JOIN dag_runs r USING (dag_run_id)
      JOIN objects o USING (object_id)
    UNION ALL
    SELECT r.dag_id, r.run_id, t.task_id, l.dataset, l.take, o.key, o.sha256, o.lake, l.resolved_at
    FROM task_input_lists l JOIN task_instances t USING (task_instance_id) JOIN dag_runs r USING (dag_run_id),
      json_each(l.object_ids) e JOIN objects o ON o.object_id = e.value`,

  `CREATE VIEW v_tables AS
    SELECT c.lake, c.key, c.dataset, c.state, c.row_count AS rows, c.size_bytes, c.sha256, c.fingerprint,
      c.inputs_date, c.logical_date, c.engine, r.dag_id, r.run_id, c.task_id, c.created_at, c.committed_at,
      c.replaced_at
    FROM table_contents c LEFT JOIN dag_runs r USING (dag_run_id)`,
];
