/**
 * Attempts in the order of their tasks, without a number of their own: the row of an attempt that ends and of the one that
 * begins then lie in one page, where there were a page each for the row, its index and the counter.
 */
const COLUMNS = `task_instance_id, number, state, pid, host, lease_epoch, started_at, started_at_local, finished_at,
  finished_at_local, error_code, error`;

export const attemptsByTask: readonly string[] = [
  `CREATE TABLE attempts_before AS SELECT ${COLUMNS} FROM attempts`,
  `DROP TABLE attempts`,
  `CREATE TABLE attempts (
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
  ) STRICT, WITHOUT ROWID`,
  `INSERT INTO attempts (${COLUMNS}) SELECT ${COLUMNS} FROM attempts_before`,
  `DROP TABLE attempts_before`,
];
