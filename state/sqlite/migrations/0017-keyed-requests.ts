/** Requests that carry an Idempotency-Key: the same one within a day is answered again, and has no second effect. */
export const keyedRequests: readonly string[] = [
  `ALTER TABLE requests ADD COLUMN idempotency_key TEXT`,
  // SHA-256 of what was asked under the key.
  `ALTER TABLE requests ADD COLUMN asked_hash TEXT`,
  // JSON of the HTTP reply; NULL until it was made.
  `ALTER TABLE requests ADD COLUMN reply TEXT`,
  `CREATE UNIQUE INDEX requests_by_key ON requests (idempotency_key) WHERE idempotency_key IS NOT NULL`,
  `CREATE INDEX requests_with_key ON requests (requested_at) WHERE idempotency_key IS NOT NULL`,
];
