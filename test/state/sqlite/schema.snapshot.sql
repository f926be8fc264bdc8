CREATE INDEX asks_by_key ON asks (key_template);

CREATE INDEX asks_by_question ON asks (question_id, ask_id);

CREATE UNIQUE INDEX backfills_running ON backfills (dag_id, lake) WHERE state = 'running';

CREATE INDEX backfills_unknown ON backfills (backfill_id) WHERE state NOT IN ('running', 'done', 'cancelled');

CREATE INDEX batches_by_ask ON batches (ask_id, kind, lake, seq);

CREATE INDEX batches_by_manifest ON batches (manifest_batch_id) WHERE manifest_batch_id IS NOT NULL;

CREATE INDEX batches_open ON batches (lake, dataset) WHERE state = 'sealed';

CREATE INDEX batches_unknown ON batches (batch_id)
  WHERE state NOT IN ('sealed', 'committed', 'lost') OR kind NOT IN ('records', 'manifest');

CREATE INDEX batches_unlisted ON batches (lake, dataset) WHERE kind = 'records' AND manifest_batch_id IS NULL;

CREATE INDEX dag_runs_by_backfill ON dag_runs (backfill_id) WHERE backfill_id IS NOT NULL;

CREATE INDEX dag_runs_by_date ON dag_runs (logical_date);

CREATE INDEX dag_runs_by_end ON dag_runs (dag_id, state, finished_at) WHERE finished_at IS NOT NULL;

CREATE INDEX dag_runs_by_state ON dag_runs (state, logical_date) WHERE state IN ('queued', 'running');

CREATE UNIQUE INDEX dag_runs_by_success ON dag_runs (success_order) WHERE success_order IS NOT NULL;

CREATE INDEX dag_runs_unknown ON dag_runs (dag_run_id)
  WHERE state NOT IN ('queued', 'running', 'success', 'failed', 'cancelled');

CREATE INDEX dag_runs_waiting ON dag_runs (lake, dag_id, backfill_id IS NOT NULL, logical_date) WHERE state = 'queued';

CREATE INDEX dag_versions_by_dag ON dag_versions (dag_id, created_at);

CREATE INDEX dataset_writes_by_dataset ON dataset_writes (dataset, lake);

CREATE INDEX events_by_dag ON events (dag_id);

CREATE INDEX notices_by_dag ON notices (dag_id, notice_id);

CREATE INDEX notices_open ON notices (notice_id) WHERE state = 'open';

CREATE INDEX notices_unknown ON notices (notice_id)
  WHERE state NOT IN ('open', 'sent', 'given_up') OR channel NOT IN ('webhook', 'mail');

CREATE INDEX objects_by_dataset ON objects (lake, dataset, kind, commit_order);

CREATE INDEX objects_by_run ON objects (dag_run_id);

CREATE INDEX objects_unknown ON objects (object_id) WHERE kind NOT IN ('file', 'records', 'manifest', 'foreign');

CREATE UNIQUE INDEX one_open_verification ON verifications (lake) WHERE state IN ('queued', 'running');

CREATE UNIQUE INDEX one_planned_table ON table_contents (lake, key) WHERE state = 'planned';

CREATE UNIQUE INDEX one_standing_table ON table_contents (lake, key) WHERE state = 'standing';

CREATE INDEX processed_ids_by_ask ON processed_ids (ask_id, outcome);

CREATE INDEX processed_ids_by_batch ON processed_ids (batch_id);

CREATE INDEX processed_ids_missing ON processed_ids (question_id, outcome, asked_id, generation) WHERE outcome <> 'stored';

CREATE INDEX processed_ids_unknown ON processed_ids (outcome) WHERE outcome NOT IN ('stored', 'not_found', 'failed');

CREATE INDEX processed_ids_unlisted ON processed_ids (ask_id)
  WHERE outcome <> 'stored' AND batch_id IS NULL AND reason NOT IN ('object_missing', 'object_removed');

CREATE UNIQUE INDEX removals_in_force ON removals (lake, key, sha256) WHERE undone_at IS NULL;

CREATE UNIQUE INDEX requests_by_key ON requests (idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE INDEX requests_open ON requests (request_id) WHERE state = 'open';

CREATE INDEX requests_unknown ON requests (request_id)
  WHERE state NOT IN ('open', 'begun', 'done', 'refused', 'withdrawn');

CREATE INDEX requests_with_key ON requests (requested_at) WHERE idempotency_key IS NOT NULL;

CREATE INDEX spool_by_batch ON spool (batch_id);

CREATE INDEX table_contents_by_run ON table_contents (dag_run_id);

CREATE INDEX task_instances_active ON task_instances (state) WHERE state IN ('scheduled', 'queued', 'running');

CREATE INDEX verifications_by_lake ON verifications (lake, verification_id);

CREATE INDEX web_sessions_by_token ON web_sessions (token_id) WHERE token_id IS NOT NULL;

CREATE TABLE api_tokens (
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
) STRICT;

CREATE TABLE asks (
  ask_id INTEGER PRIMARY KEY AUTOINCREMENT,
  question_id INTEGER NOT NULL REFERENCES questions (question_id),
  dag_run_id INTEGER NOT NULL REFERENCES dag_runs (dag_run_id),
  task_id TEXT NOT NULL,
  refetch_generation TEXT NOT NULL,
  candidate_set_id INTEGER NOT NULL REFERENCES candidate_sets (candidate_set_id),
  key_template TEXT NOT NULL,
  limit_ids INTEGER,
  source TEXT NOT NULL,
  reconciliation TEXT,
  created_at TEXT NOT NULL,
  closed_at TEXT,
  UNIQUE (dag_run_id, task_id, question_id, refetch_generation)
) STRICT;

CREATE TABLE attempts (
  task_instance_id INTEGER NOT NULL REFERENCES task_instances (task_instance_id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  state TEXT NOT NULL,
  pid INTEGER NOT NULL,
  host TEXT NOT NULL,
  lease_epoch INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  started_at_local TEXT NOT NULL,
  finished_at TEXT,
  finished_at_local TEXT,
  error_code TEXT,
  error TEXT,
  PRIMARY KEY (task_instance_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE backfills (
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
  , lake TEXT) STRICT;

CREATE TABLE batches (
  batch_id INTEGER PRIMARY KEY AUTOINCREMENT,
  ask_id INTEGER NOT NULL REFERENCES asks (ask_id),
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  lake TEXT NOT NULL,
  dataset TEXT NOT NULL,
  batch_uid TEXT NOT NULL,
  generation TEXT NOT NULL,
  structure TEXT NOT NULL,
  key TEXT NOT NULL,
  seq INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  record_count INTEGER NOT NULL,
  asked_ids TEXT NOT NULL,
  body BLOB,
  manifest_batch_id INTEGER REFERENCES batches (batch_id),
  sealed_at TEXT NOT NULL,
  committed_at TEXT, found_at TEXT, manifest_key TEXT,
  UNIQUE (lake, key)
) STRICT;

CREATE TABLE candidate_ids (
  candidate_set_id INTEGER NOT NULL REFERENCES candidate_sets (candidate_set_id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  asked_id TEXT NOT NULL,
  PRIMARY KEY (candidate_set_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE candidate_sets (
  candidate_set_id INTEGER PRIMARY KEY AUTOINCREMENT,
  lake TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  conditions_hash TEXT NOT NULL,
  conditions TEXT NOT NULL,
  dataset TEXT NOT NULL,
  id_count INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  matched_rows INTEGER NOT NULL,
  faulty_rows TEXT NOT NULL,
  created_at TEXT NOT NULL, remarks TEXT,
  UNIQUE (lake, sha256, conditions_hash)
) STRICT;

CREATE TABLE dag_file_checks (
  -- SHA-256 of the file, its name, the program's build and the settings it was checked by.
  check_key TEXT PRIMARY KEY,
  -- JSON: the definition, and what the checks across files need.
  result TEXT NOT NULL,
  result_sha256 TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "dag_runs" (
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
  lake TEXT, requested_by TEXT, triggered_by TEXT,
  UNIQUE (dag_id, logical_date, lake)
) STRICT;

CREATE TABLE dag_versions (
  fingerprint TEXT PRIMARY KEY,
  dag_id TEXT NOT NULL,
  definition TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE dags (
  dag_id TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  seen_at TEXT NOT NULL
  , is_paused INTEGER NOT NULL DEFAULT 0, is_active INTEGER NOT NULL DEFAULT 1, schedule TEXT, cursor TEXT, success_cursor INTEGER) STRICT;

CREATE TABLE database_identity (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  database_id TEXT NOT NULL,
  -- Device and inode, and the path; NULL until a process has taken the lease.
  file TEXT,
  path TEXT
) STRICT;

CREATE TABLE dataset_writes (
  dataset_write_id INTEGER PRIMARY KEY AUTOINCREMENT,
  lake TEXT NOT NULL,
  dataset TEXT NOT NULL,
  dag_run_id INTEGER NOT NULL REFERENCES dag_runs (dag_run_id) ON DELETE CASCADE,
  task_id TEXT NOT NULL,
  object_id INTEGER NOT NULL REFERENCES objects (object_id),
  written_at TEXT NOT NULL,
  UNIQUE (dag_run_id, task_id, dataset)
) STRICT;

CREATE TABLE doubled_ids (
  question_id INTEGER NOT NULL REFERENCES questions (question_id),
  asked_id TEXT NOT NULL,
  generation TEXT NOT NULL,
  object_id INTEGER NOT NULL REFERENCES objects (object_id),
  noticed_at TEXT NOT NULL,
  PRIMARY KEY (question_id, asked_id, generation, object_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  event_id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  at_local TEXT NOT NULL,
  level TEXT NOT NULL,
  kind TEXT NOT NULL,
  dag_id TEXT,
  run_id TEXT,
  task_id TEXT,
  message TEXT NOT NULL,
  data TEXT
  , requested_by TEXT) STRICT;

CREATE TABLE import_errors (
  dag_id TEXT PRIMARY KEY,
  file TEXT NOT NULL,
  faults TEXT NOT NULL,
  since TEXT NOT NULL
) STRICT;

CREATE TABLE `knex_migrations` (`id` integer not null primary key autoincrement, `name` varchar(255), `batch` integer, `migration_time` datetime);

CREATE TABLE `knex_migrations_lock` (`index` integer not null primary key autoincrement, `is_locked` integer);

CREATE TABLE lease (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL,
  purpose TEXT,
  pid INTEGER,
  host TEXT,
  process_started TEXT,
  acquired_at TEXT,
  expires_at TEXT
) STRICT;

CREATE TABLE notices (
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
  , channel TEXT NOT NULL DEFAULT 'webhook', recipient TEXT) STRICT;

CREATE TABLE objects (
  object_id INTEGER PRIMARY KEY AUTOINCREMENT,
  lake TEXT NOT NULL,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  dataset TEXT,
  sha256 TEXT,
  size_bytes INTEGER NOT NULL,
  etag TEXT,
  record_count INTEGER,
  is_committed INTEGER NOT NULL,
  is_adopted INTEGER NOT NULL,
  commit_order INTEGER,
  batch_uid TEXT,
  logical_date TEXT,
  dag_run_id INTEGER REFERENCES dag_runs (dag_run_id) ON DELETE SET NULL,
  task_id TEXT,
  created_at TEXT NOT NULL,
  created_at_local TEXT NOT NULL,
  committed_at TEXT, missing_since TEXT,
  UNIQUE (lake, key)
) STRICT;

CREATE TABLE pools (
  pool TEXT PRIMARY KEY,
  slots INTEGER NOT NULL
) STRICT;

CREATE TABLE processed_ids (
  question_id INTEGER NOT NULL REFERENCES questions (question_id),
  asked_id TEXT NOT NULL,
  generation TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT,
  detail TEXT,
  is_permanent INTEGER NOT NULL,
  ask_id INTEGER REFERENCES asks (ask_id),
  object_id INTEGER REFERENCES objects (object_id),
  batch_id INTEGER REFERENCES batches (batch_id),
  fetched_at TEXT,
  logical_date TEXT NOT NULL,
  decided_at TEXT NOT NULL, facts TEXT,
  PRIMARY KEY (question_id, asked_id, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE questions (
  question_id INTEGER PRIMARY KEY AUTOINCREMENT,
  lake TEXT NOT NULL,
  hash TEXT NOT NULL,
  dataset TEXT NOT NULL,
  source TEXT, facets TEXT,
  UNIQUE (lake, hash)
) STRICT;

CREATE TABLE removals (
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
) STRICT;

CREATE TABLE requests (
  request_id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'open',
  answer TEXT,
  requested_by TEXT NOT NULL,
  requested_at TEXT NOT NULL,
  answered_at TEXT
  , idempotency_key TEXT, asked_hash TEXT, reply TEXT) STRICT;

CREATE TABLE spool (
  spool_id INTEGER PRIMARY KEY AUTOINCREMENT,
  ask_id INTEGER NOT NULL REFERENCES asks (ask_id),
  question_id INTEGER NOT NULL REFERENCES questions (question_id),
  generation TEXT NOT NULL,
  asked_id TEXT NOT NULL,
  structure TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  fetched_at TEXT NOT NULL,
  batch_id INTEGER REFERENCES batches (batch_id),
  body BLOB NOT NULL, facts TEXT NOT NULL DEFAULT '{}',
  UNIQUE (question_id, asked_id, generation)
) STRICT;

CREATE TABLE table_contents (
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
) STRICT;

CREATE TABLE task_input_lists (
  task_instance_id INTEGER NOT NULL REFERENCES task_instances (task_instance_id) ON DELETE CASCADE,
  dataset TEXT NOT NULL,
  take TEXT NOT NULL,
  -- JSON: ids of objects, in the order of their keys.
  object_ids TEXT NOT NULL,
  resolved_at TEXT NOT NULL,
  PRIMARY KEY (task_instance_id, dataset, take)
) STRICT, WITHOUT ROWID;

CREATE TABLE task_inputs (
  task_instance_id INTEGER NOT NULL REFERENCES task_instances (task_instance_id) ON DELETE CASCADE,
  dataset TEXT NOT NULL,
  object_id INTEGER NOT NULL REFERENCES objects (object_id),
  source TEXT NOT NULL,
  resolved_at TEXT NOT NULL,
  PRIMARY KEY (task_instance_id, dataset)
) STRICT, WITHOUT ROWID;

CREATE TABLE task_instances (
  task_instance_id INTEGER PRIMARY KEY AUTOINCREMENT,
  dag_run_id INTEGER NOT NULL REFERENCES dag_runs (dag_run_id) ON DELETE CASCADE,
  task_id TEXT NOT NULL,
  type TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'none',
  attempt_count INTEGER NOT NULL DEFAULT 0,
  failure_count INTEGER NOT NULL DEFAULT 0,
  lost_count INTEGER NOT NULL DEFAULT 0,
  waiting_since TEXT,
  next_attempt_at TEXT,
  pool TEXT NOT NULL,
  exclusive_key TEXT,
  message TEXT,
  started_at TEXT,
  started_at_local TEXT,
  finished_at TEXT,
  finished_at_local TEXT, when_held INTEGER NOT NULL DEFAULT 0,
  UNIQUE (dag_run_id, task_id)
) STRICT;

CREATE TABLE task_outputs (
  task_instance_id INTEGER NOT NULL REFERENCES task_instances (task_instance_id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (task_instance_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE verifications (
  verification_id INTEGER PRIMARY KEY AUTOINCREMENT,
  lake TEXT NOT NULL,
  -- Of the keys that are compared; empty: all.
  prefix TEXT NOT NULL,
  -- Every object is read.
  is_deep INTEGER NOT NULL,
  -- queued, running, done, failed or cancelled.
  state TEXT NOT NULL DEFAULT 'queued',
  requested_by TEXT NOT NULL,
  requested_at TEXT NOT NULL,
  started_at TEXT,
  finished_at TEXT,
  -- Recorded objects that were compared so far, of all; NULL until they are counted.
  checked INTEGER NOT NULL DEFAULT 0,
  objects INTEGER,
  -- Objects of other programs, which are skipped.
  foreign_objects INTEGER,
  is_faulty INTEGER,
  -- JSON: the number of deviations by verdict.
  counts TEXT,
  -- JSON: the first deviations, faults before remarks.
  deviations TEXT,
  -- Why it failed or was cancelled.
  error TEXT
) STRICT;

CREATE TABLE web_sessions (
  session_id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  secret_hash TEXT NOT NULL,
  -- The token with which it was opened: it ends with it. NULL: it was opened with the password.
  token_id INTEGER REFERENCES api_tokens (token_id),
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT;

CREATE VIEW v_attempts AS
  SELECT r.dag_id, r.run_id, r.logical_date, r.logical_date_local, t.task_id, a.number AS attempt, a.state,
    a.started_at, a.started_at_local, a.finished_at, a.finished_at_local,
    round((julianday(a.finished_at) - julianday(a.started_at)) * 86400, 3) AS duration_seconds,
    a.error_code, a.error, a.pid, a.host
  FROM attempts a JOIN task_instances t USING (task_instance_id) JOIN dag_runs r USING (dag_run_id);

CREATE VIEW v_backfills AS
  SELECT b.backfill_id, b.dag_id, b.state, b.from_date, b.to_date, b.reprocess, b.is_refetch, b.max_active,
    count(r.dag_run_id) AS runs, count(r.dag_run_id) FILTER (WHERE r.state = 'success') AS succeeded,
    count(r.dag_run_id) FILTER (WHERE r.state = 'failed') AS failed,
    count(r.dag_run_id) FILTER (WHERE r.state IN ('queued', 'running')) AS open,
    b.created_at, b.finished_at, b.lake
  FROM backfills b LEFT JOIN dag_runs r USING (backfill_id) GROUP BY b.backfill_id;

CREATE VIEW v_dags AS
  SELECT d.dag_id, d.is_paused, d.is_active, d.schedule, d.cursor, d.seen_at, e.faults AS import_error,
    (SELECT count(*) FROM dag_runs r WHERE r.dag_id = d.dag_id AND r.state = 'running') AS running_runs,
    (SELECT count(*) FROM dag_runs r WHERE r.dag_id = d.dag_id AND r.state = 'queued') AS queued_runs
  FROM dags d LEFT JOIN import_errors e USING (dag_id);

CREATE VIEW v_doubles AS
  SELECT q.dataset, q.lake, json_extract(q.facets, '$.language') AS language, CASE WHEN json_type(q.facets, '$.append') = 'array' THEN
      coalesce((SELECT group_concat(value, ',') FROM json_each(q.facets, '$.append')), '') END AS append,
    d.asked_id, d.generation, o.key, f.key AS other_key, d.noticed_at, q.source, q.facets
  FROM doubled_ids d JOIN questions q USING (question_id) JOIN objects o ON o.object_id = d.object_id
    JOIN processed_ids p ON p.question_id = d.question_id AND p.asked_id = d.asked_id AND p.generation = d.generation
    LEFT JOIN objects f ON f.object_id = p.object_id;

CREATE VIEW v_events AS
  SELECT at, at_local, level, kind, dag_id, run_id, task_id, message, data, requested_by FROM events;

CREATE VIEW v_ids AS
  SELECT q.dataset, q.lake, json_extract(q.facets, '$.entity') AS entity, json_extract(q.facets, '$.language') AS language, CASE WHEN json_type(q.facets, '$.append') = 'array' THEN
      coalesce((SELECT group_concat(value, ',') FROM json_each(q.facets, '$.append')), '') END AS append,
    p.asked_id, p.generation, p.outcome, p.reason, p.detail, p.is_permanent, o.key,
    json_extract(p.facts, '$.provider_id') AS provider_id, p.fetched_at, p.logical_date, p.decided_at,
    q.source, q.facets, p.facts
  FROM processed_ids p JOIN questions q USING (question_id) LEFT JOIN objects o USING (object_id)
  UNION ALL
  SELECT q.dataset, q.lake, json_extract(q.facets, '$.entity'), json_extract(q.facets, '$.language'), CASE WHEN json_type(q.facets, '$.append') = 'array' THEN
      coalesce((SELECT group_concat(value, ',') FROM json_each(q.facets, '$.append')), '') END,
    s.asked_id, s.generation, 'spooled', NULL, NULL, 0, b.key,
    json_extract(s.facts, '$.provider_id'), s.fetched_at, r.logical_date, s.fetched_at,
    q.source, q.facets, s.facts
  FROM spool s JOIN questions q USING (question_id) JOIN asks a ON a.ask_id = s.ask_id
    JOIN dag_runs r USING (dag_run_id) LEFT JOIN batches b ON b.batch_id = s.batch_id;

CREATE VIEW v_inputs AS
  SELECT r.dag_id, r.run_id, t.task_id, i.dataset, i.source, o.key, o.sha256, o.lake, i.resolved_at
  FROM task_inputs i JOIN task_instances t USING (task_instance_id) JOIN dag_runs r USING (dag_run_id)
    JOIN objects o USING (object_id)
  UNION ALL
  SELECT r.dag_id, r.run_id, t.task_id, l.dataset, l.take, o.key, o.sha256, o.lake, l.resolved_at
  FROM task_input_lists l JOIN task_instances t USING (task_instance_id) JOIN dag_runs r USING (dag_run_id),
    json_each(l.object_ids) e JOIN objects o ON o.object_id = e.value;

CREATE VIEW v_missing AS
  SELECT v.dataset, v.asked_id, v.outcome, v.reason, v.detail, v.is_permanent, v.language, v.logical_date,
    v.decided_at, v.lake
    FROM v_ids v WHERE v.outcome <> 'stored'
      AND v.generation = (SELECT max(x.generation) FROM processed_ids x JOIN questions q USING (question_id)
        WHERE q.lake = v.lake AND q.dataset = v.dataset AND q.source IS v.source AND q.facets IS v.facets
          AND x.asked_id = v.asked_id UNION ALL SELECT v.generation ORDER BY 1 DESC LIMIT 1)
      AND (v.outcome = 'spooled' OR NOT EXISTS (SELECT 1 FROM spool s JOIN questions q USING (question_id)
        WHERE q.lake = v.lake AND q.dataset = v.dataset AND q.source IS v.source AND q.facets IS v.facets
          AND s.asked_id = v.asked_id AND s.generation = v.generation))
  UNION ALL
  SELECT q.dataset, c.asked_id, 'not_asked', NULL, NULL, 0, json_extract(q.facets, '$.language'), r.logical_date, NULL, q.lake
    FROM asks a JOIN questions q USING (question_id) JOIN dag_runs r USING (dag_run_id)
      JOIN candidate_ids c USING (candidate_set_id)
    WHERE a.ask_id = (SELECT max(ask_id) FROM asks b WHERE b.question_id = a.question_id)
      AND NOT EXISTS (SELECT 1 FROM processed_ids p WHERE p.question_id = a.question_id AND p.asked_id = c.asked_id)
      AND NOT EXISTS (SELECT 1 FROM spool s WHERE s.question_id = a.question_id AND s.asked_id = c.asked_id);

CREATE VIEW v_objects AS
  SELECT o.lake, o.key, o.kind, o.dataset, o.size_bytes, o.record_count AS records, o.sha256,
    r.dag_id, r.run_id, o.task_id, o.logical_date, r.logical_date_local,
    CASE WHEN o.is_committed = 1 THEN 'committed'
      WHEN EXISTS (SELECT 1 FROM removals x WHERE x.lake = o.lake AND x.key = o.key AND x.sha256 = o.sha256
        AND x.undone_at IS NULL) THEN 'removed'
      WHEN o.missing_since IS NOT NULL THEN 'missing' ELSE 'planned' END AS state,
    o.is_adopted, o.created_at, o.created_at_local, o.committed_at, o.missing_since
  FROM objects o LEFT JOIN dag_runs r USING (dag_run_id);

CREATE VIEW v_removals AS
  SELECT lake, key, kind, dataset, size_bytes, sha256,
    CASE WHEN undo_finished_at IS NOT NULL THEN 'undone' WHEN undone_at IS NOT NULL THEN 'undoing'
      WHEN finished_at IS NOT NULL THEN 'removed' ELSE 'removing' END AS state,
    why, requested_by, requested_at, finished_at, left_out_ids, record_key, undone_by, undone_why, undone_at
  FROM removals;

CREATE VIEW v_runs AS
  SELECT r.dag_id, r.run_id, r.logical_date, r.logical_date_local, r.run_type, r.state,
    r.started_at, r.started_at_local, r.finished_at, r.finished_at_local,
    round((julianday(r.finished_at) - julianday(r.started_at)) * 86400, 3) AS duration_seconds,
    (SELECT count(*) FROM task_instances t WHERE t.dag_run_id = r.dag_run_id) AS tasks,
    (SELECT count(*) FROM task_instances t WHERE t.dag_run_id = r.dag_run_id
      AND t.state IN ('failed', 'upstream_failed')) AS failed_tasks,
    (SELECT count(*) FROM objects o WHERE o.dag_run_id = r.dag_run_id AND o.is_committed = 1) AS objects,
    r.params, r.partition, r.timezone, r.interval_start, r.interval_end, r.created_at, r.fingerprint,
    r.stop_reason, r.backfill_id, r.lake, r.requested_by
  FROM dag_runs r;

CREATE VIEW v_sessions AS
  SELECT session_id, name, role, token_id, created_at, expires_at FROM web_sessions;

CREATE VIEW v_tables AS
  SELECT c.lake, c.key, c.dataset, c.state, c.row_count AS rows, c.size_bytes, c.sha256, c.fingerprint,
    c.inputs_date, c.logical_date, c.engine, r.dag_id, r.run_id, c.task_id, c.created_at, c.committed_at,
    c.replaced_at
  FROM table_contents c LEFT JOIN dag_runs r USING (dag_run_id);

CREATE VIEW v_tasks AS
  SELECT r.dag_id, r.run_id, r.logical_date, r.logical_date_local, t.task_id, t.type, t.state,
    t.attempt_count AS attempts, t.failure_count AS failures, t.lost_count AS lost,
    t.started_at, t.started_at_local, t.finished_at, t.finished_at_local,
    round((julianday(t.finished_at) - julianday(t.started_at)) * 86400, 3) AS duration_seconds,
    t.next_attempt_at, t.message, t.pool,
    (SELECT json_group_object(o.name, json(o.value)) FROM task_outputs o
      WHERE o.task_instance_id = t.task_instance_id) AS outputs
  FROM task_instances t JOIN dag_runs r USING (dag_run_id);

CREATE VIEW v_tokens AS
  SELECT token_id, name, role, last_four, created_by, created_at, expires_at, revoked_by, revoked_at
  FROM api_tokens;
