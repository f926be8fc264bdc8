/** Pages list the events of a Dag, of a run and of one kind: each is found at once, in the order of the events. */

export const eventsByDag: readonly string[] = [
  `CREATE INDEX events_by_dag ON events (dag_id)`,
  `CREATE INDEX events_by_run ON events (run_id, dag_id)`,
  `CREATE INDEX events_by_kind ON events (kind)`,
];
