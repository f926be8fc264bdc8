/** Verifications of the lake that were asked of the scheduler: how far each is, and what it found. */
export const verifications: readonly string[] = [
  `CREATE TABLE verifications (
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
  ) STRICT`,
  `CREATE INDEX verifications_by_lake ON verifications (lake, verification_id)`,
  `CREATE UNIQUE INDEX one_open_verification ON verifications (lake) WHERE state IN ('queued', 'running')`,
];
