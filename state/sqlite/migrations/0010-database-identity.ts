/** Gives a database an id and records the file in which it was last used, to recognise copies. */
export const databaseIdentity: readonly string[] = [
  `CREATE TABLE database_identity (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    database_id TEXT NOT NULL,
    -- Device and inode, and the path; NULL until a process has taken the lease.
    file TEXT,
    path TEXT
  ) STRICT`,
  `INSERT INTO database_identity (id, database_id) VALUES (1, lower(hex(randomblob(16))))`,
];
