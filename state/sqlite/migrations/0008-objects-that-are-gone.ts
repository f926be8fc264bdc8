/**
 * Objects that the store no longer holds, ids in more than one object, batches that were found in the lake before
 * their commit, and batches that another database's manifest lists.
 */
export const objectsThatAreGone: readonly string[] = [
  // When a listing first lacked the object or showed other bytes at its key. It is no longer committed.
  `ALTER TABLE objects ADD COLUMN missing_since TEXT`,
  // The batch was found in the lake before its commit: it is committed unchanged.
  `ALTER TABLE batches ADD COLUMN found_at TEXT`,
  // The other database's manifest that lists the batch.
  `ALTER TABLE batches ADD COLUMN manifest_key TEXT`,
  // The further objects of an id; the first one is in processed_ids.
  `CREATE TABLE doubled_ids (
    question_id INTEGER NOT NULL REFERENCES questions (question_id),
    asked_id TEXT NOT NULL,
    generation TEXT NOT NULL,
    object_id INTEGER NOT NULL REFERENCES objects (object_id),
    noticed_at TEXT NOT NULL,
    PRIMARY KEY (question_id, asked_id, generation, object_id)
  ) STRICT, WITHOUT ROWID`,
  // Checked again: a manifest may list them.
  `DELETE FROM objects WHERE kind = 'foreign'
    AND object_id NOT IN (SELECT object_id FROM processed_ids WHERE object_id IS NOT NULL)
    AND object_id NOT IN (SELECT object_id FROM dataset_writes)`,

  `DROP VIEW v_objects`,
  `CREATE VIEW v_objects AS
    SELECT o.lake, o.key, o.kind, o.dataset, o.size_bytes, o.record_count AS records, o.sha256,
      r.dag_id, r.run_id, o.task_id, o.logical_date, r.logical_date_local,
      CASE WHEN o.is_committed = 1 THEN 'committed' WHEN o.missing_since IS NOT NULL THEN 'missing' ELSE 'planned' END
        AS state,
      o.is_adopted, o.created_at, o.created_at_local, o.committed_at, o.missing_since
    FROM objects o LEFT JOIN dag_runs r USING (dag_run_id)`,

  `CREATE VIEW v_doubles AS
    SELECT q.dataset, q.lake, q.language, q.append, d.asked_id, d.generation, o.key, f.key AS other_key, d.noticed_at
    FROM doubled_ids d JOIN questions q USING (question_id) JOIN objects o ON o.object_id = d.object_id
      JOIN processed_ids p ON p.question_id = d.question_id AND p.asked_id = d.asked_id AND p.generation = d.generation
      LEFT JOIN objects f ON f.object_id = p.object_id`,
];
