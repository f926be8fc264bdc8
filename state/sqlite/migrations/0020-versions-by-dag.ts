/** The number of a Dag's version is counted from an index: a page of runs shows one for each run. */
export const versionsByDag: readonly string[] = [
  `CREATE INDEX dag_versions_by_dag ON dag_versions (dag_id, created_at)`,
];
