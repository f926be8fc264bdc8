/**
 * Rows whose state, kind or outcome is no word that this program knows are found without reading a table: each index below holds
 * such rows alone. Nothing else looks for them, so that they would wait for ever. The conditions are those of
 * state/upkeep/unknown-words.ts.
 */
export const unknownWords: readonly string[] = [
  `CREATE INDEX dag_runs_unknown ON dag_runs (dag_run_id)
    WHERE state NOT IN ('queued', 'running', 'success', 'failed', 'cancelled')`,
  `CREATE INDEX backfills_unknown ON backfills (backfill_id) WHERE state NOT IN ('running', 'done', 'cancelled')`,
  `CREATE INDEX notices_unknown ON notices (notice_id) WHERE state NOT IN ('open', 'sent', 'given_up')`,
  `CREATE INDEX requests_unknown ON requests (request_id)
    WHERE state NOT IN ('open', 'begun', 'done', 'refused', 'withdrawn')`,
  `CREATE INDEX batches_unknown ON batches (batch_id)
    WHERE state NOT IN ('sealed', 'committed', 'lost') OR kind NOT IN ('records', 'manifest')`,
  `CREATE INDEX objects_unknown ON objects (object_id) WHERE kind NOT IN ('file', 'records', 'manifest', 'foreign')`,
  `CREATE INDEX processed_ids_unknown ON processed_ids (outcome) WHERE outcome NOT IN ('stored', 'not_found', 'failed')`,
];
