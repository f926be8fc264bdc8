/** The first schema. AUTOINCREMENT wherever a number is used outside its table: a table that is emptied must not give it twice. */
export const initialTables: readonly string[] = [
  `CREATE TABLE dags (
    dag_id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    seen_at TEXT NOT NULL
  ) STRICT`,

  `CREATE TABLE dag_versions (
    fingerprint TEXT PRIMARY KEY,
    dag_id TEXT NOT NULL,
    definition TEXT NOT NULL,
    created_at TEXT NOT NULL
  ) STRICT`,

  `CREATE TABLE dag_runs (
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
    pinned_inputs TEXT NOT NULL DEFAULT '{}',
    refetch_count INTEGER NOT NULL DEFAULT 0,
    refetch_generation TEXT,
    created_at TEXT NOT NULL,
    started_at TEXT,
    started_at_local TEXT,
    finished_at TEXT,
    finished_at_local TEXT,
    UNIQUE (dag_id, logical_date)
  ) STRICT`,
  `CREATE INDEX dag_runs_by_state ON dag_runs (state, logical_date) WHERE state IN ('queued', 'running')`,

  `CREATE TABLE task_instances (
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
    finished_at_local TEXT,
    UNIQUE (dag_run_id, task_id)
  ) STRICT`,
  `CREATE INDEX task_instances_active ON task_instances (state) WHERE state IN ('scheduled', 'queued', 'running')`,

  `CREATE TABLE attempts (
    attempt_id INTEGER PRIMARY KEY AUTOINCREMENT,
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
    UNIQUE (task_instance_id, number)
  ) STRICT`,

  `CREATE TABLE task_outputs (
    task_instance_id INTEGER NOT NULL REFERENCES task_instances (task_instance_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (task_instance_id, name)
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE pools (
    pool TEXT PRIMARY KEY,
    slots INTEGER NOT NULL
  ) STRICT`,

  `CREATE TABLE objects (
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
    committed_at TEXT,
    UNIQUE (lake, key)
  ) STRICT`,
  `CREATE INDEX objects_by_dataset ON objects (lake, dataset, kind, commit_order)`,
  `CREATE INDEX objects_by_run ON objects (dag_run_id)`,

  `CREATE TABLE candidate_sets (
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
    created_at TEXT NOT NULL,
    UNIQUE (lake, sha256, conditions_hash)
  ) STRICT`,
  `CREATE TABLE candidate_ids (
    candidate_set_id INTEGER NOT NULL REFERENCES candidate_sets (candidate_set_id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    asked_id TEXT NOT NULL,
    PRIMARY KEY (candidate_set_id, position)
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE questions (
    question_id INTEGER PRIMARY KEY AUTOINCREMENT,
    lake TEXT NOT NULL,
    hash TEXT NOT NULL,
    dataset TEXT NOT NULL,
    base_url TEXT,
    entity TEXT,
    language TEXT,
    append TEXT,
    UNIQUE (lake, hash)
  ) STRICT`,

  `CREATE TABLE asks (
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
  ) STRICT`,

  `CREATE TABLE batches (
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
    committed_at TEXT,
    UNIQUE (lake, key)
  ) STRICT`,
  `CREATE INDEX batches_open ON batches (lake, dataset) WHERE state = 'sealed'`,
  `CREATE INDEX batches_unlisted ON batches (lake, dataset) WHERE kind = 'records' AND manifest_batch_id IS NULL`,
  `CREATE INDEX batches_by_ask ON batches (ask_id)`,

  `CREATE TABLE spool (
    spool_id INTEGER PRIMARY KEY AUTOINCREMENT,
    ask_id INTEGER NOT NULL REFERENCES asks (ask_id),
    question_id INTEGER NOT NULL REFERENCES questions (question_id),
    generation TEXT NOT NULL,
    asked_id TEXT NOT NULL,
    structure TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    provider_id INTEGER NOT NULL,
    fetched_at TEXT NOT NULL,
    batch_id INTEGER REFERENCES batches (batch_id),
    body BLOB NOT NULL,
    UNIQUE (question_id, asked_id, generation)
  ) STRICT`,
  `CREATE INDEX spool_by_batch ON spool (batch_id)`,

  `CREATE TABLE processed_ids (
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
    provider_id INTEGER,
    endpoint TEXT,
    fetched_at TEXT,
    logical_date TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    PRIMARY KEY (question_id, asked_id, generation)
  ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX processed_ids_by_batch ON processed_ids (batch_id)`,
  `CREATE INDEX processed_ids_by_ask ON processed_ids (ask_id, outcome)`,

  `CREATE TABLE events (
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
  ) STRICT`,

  `CREATE TABLE lease (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    purpose TEXT,
    pid INTEGER,
    host TEXT,
    process_started TEXT,
    acquired_at TEXT,
    expires_at TEXT
  ) STRICT`,
  `INSERT INTO lease (id, epoch) VALUES (1, 0)`,
];
