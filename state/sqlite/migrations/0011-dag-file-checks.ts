/** Results of checks of Dag files, so that an unchanged file is not parsed again at the next start. */
export const dagFileChecks: readonly string[] = [
  `CREATE TABLE dag_file_checks (
    -- SHA-256 of the file, its name, the program's build and the settings it was checked by.
    check_key TEXT PRIMARY KEY,
    -- JSON: the definition, and what the checks across files need.
    result TEXT NOT NULL,
    result_sha256 TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
];
