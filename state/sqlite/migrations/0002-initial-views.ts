/** The views for people: an interface. A column may be added; none is renamed or goes. */
const SECONDS = (from: string, to: string): string =>
  `round((julianday(${to}) - julianday(${from})) * 86400, 3)`;

export const initialViews: readonly string[] = [
  `CREATE VIEW v_runs AS
    SELECT r.dag_id, r.run_id, r.logical_date, r.logical_date_local, r.run_type, r.state,
      r.started_at, r.started_at_local, r.finished_at, r.finished_at_local,
      ${SECONDS("r.started_at", "r.finished_at")} AS duration_seconds,
      (SELECT count(*) FROM task_instances t WHERE t.dag_run_id = r.dag_run_id) AS tasks,
      (SELECT count(*) FROM task_instances t WHERE t.dag_run_id = r.dag_run_id
        AND t.state IN ('failed', 'upstream_failed')) AS failed_tasks,
      (SELECT count(*) FROM objects o WHERE o.dag_run_id = r.dag_run_id AND o.is_committed = 1) AS objects,
      r.params, r.partition, r.timezone, r.interval_start, r.interval_end, r.created_at, r.fingerprint
    FROM dag_runs r`,

  `CREATE VIEW v_tasks AS
    SELECT r.dag_id, r.run_id, r.logical_date, r.logical_date_local, t.task_id, t.type, t.state,
      t.attempt_count AS attempts, t.failure_count AS failures, t.lost_count AS lost,
      t.started_at, t.started_at_local, t.finished_at, t.finished_at_local,
      ${SECONDS("t.started_at", "t.finished_at")} AS duration_seconds,
      t.next_attempt_at, t.message, t.pool,
      (SELECT json_group_object(o.name, json(o.value)) FROM task_outputs o
        WHERE o.task_instance_id = t.task_instance_id) AS outputs
    FROM task_instances t JOIN dag_runs r USING (dag_run_id)`,

  `CREATE VIEW v_attempts AS
    SELECT r.dag_id, r.run_id, r.logical_date, r.logical_date_local, t.task_id, a.number AS attempt, a.state,
      a.started_at, a.started_at_local, a.finished_at, a.finished_at_local,
      ${SECONDS("a.started_at", "a.finished_at")} AS duration_seconds,
      a.error_code, a.error, a.pid, a.host
    FROM attempts a JOIN task_instances t USING (task_instance_id) JOIN dag_runs r USING (dag_run_id)`,

  `CREATE VIEW v_objects AS
    SELECT o.lake, o.key, o.kind, o.dataset, o.size_bytes, o.record_count AS records, o.sha256,
      r.dag_id, r.run_id, o.task_id, o.logical_date, r.logical_date_local,
      CASE WHEN o.is_committed = 1 THEN 'committed' ELSE 'planned' END AS state,
      o.is_adopted, o.created_at, o.created_at_local, o.committed_at
    FROM objects o LEFT JOIN dag_runs r USING (dag_run_id)`,

  `CREATE VIEW v_ids AS
    SELECT q.dataset, q.lake, q.entity, q.language, q.append, p.asked_id, p.generation, p.outcome, p.reason, p.detail,
      p.is_permanent, o.key, p.provider_id, p.fetched_at, p.logical_date, p.decided_at
    FROM processed_ids p JOIN questions q USING (question_id) LEFT JOIN objects o USING (object_id)
    UNION ALL
    SELECT q.dataset, q.lake, q.entity, q.language, q.append, s.asked_id, s.generation, 'spooled', NULL, NULL,
      0, b.key, s.provider_id, s.fetched_at, r.logical_date, s.fetched_at
    FROM spool s JOIN questions q USING (question_id) JOIN asks a ON a.ask_id = s.ask_id
      JOIN dag_runs r USING (dag_run_id) LEFT JOIN batches b ON b.batch_id = s.batch_id`,

  `CREATE VIEW v_events AS
    SELECT at, at_local, level, kind, dag_id, run_id, task_id, message, data FROM events`,
];
