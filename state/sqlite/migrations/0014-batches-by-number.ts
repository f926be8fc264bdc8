/**
 * The greatest number of an ask's batches is the end of an index, and asks are found by the key that they number: to seal a
 * batch read every batch of the lake before.
 */
export const batchesByNumber: readonly string[] = [
  `DROP INDEX batches_by_ask`,
  `CREATE INDEX batches_by_ask ON batches (ask_id, kind, lake, seq)`,
  `CREATE INDEX asks_by_key ON asks (key_template)`,
];
