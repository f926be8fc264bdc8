/**
 * Pages list the events of a Dag and of its runs. One index only: each adds pages to a scheduler's step, and beyond
 * 64 KiB of changed pages SQLite keeps a step's savepoints in a temporary file.
 */

export const eventsByDag: readonly string[] = [`CREATE INDEX events_by_dag ON events (dag_id)`];
