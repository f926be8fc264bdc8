/** Through what a run was asked for: pages and API are not the command line. */
export const triggeredBy: readonly string[] = [
  // NULL: no request made it, or an earlier version did.
  `ALTER TABLE dag_runs ADD COLUMN triggered_by TEXT`,
];
