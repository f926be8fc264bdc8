/**
 * Removes records from the spool, or from a sealed batch before its put, because other objects hold the same answers
 * by now; or a whole batch, because its body is damaged.
 */
import type { LeftOut, SpooledRecord } from "../../model/ports/batch-store.ts";
import type { Query } from "../sqlite/query.ts";
import { listSpooled } from "./spool.ts";
import { sql, type Sql } from "../sqlite/statement.ts";

/** A batch that was found in the lake is committed unchanged. */
const fromStoredElsewhere = (
  batchId: number,
): Sql => sql`FROM spool s JOIN batches b USING (batch_id) JOIN processed_ids p
    ON p.question_id = s.question_id AND p.asked_id = s.asked_id AND p.generation = s.generation
  WHERE s.batch_id = ${batchId} AND b.state = 'sealed' AND b.found_at IS NULL AND p.outcome = 'stored'`;

/** Read before each put, outside a transaction: usually there is nothing to do. */
export function hasStoredRecords(query: Query, batchId: number): boolean {
  return query.get(sql`SELECT 1 ${fromStoredElsewhere(batchId)} LIMIT 1`) !== undefined;
}

export function leaveOutStored(query: Query, batchId: number): LeftOut {
  const { changes } = query.run(
    sql`DELETE FROM spool WHERE spool_id IN (SELECT s.spool_id ${fromStoredElsewhere(batchId)})`,
  );
  const rest: readonly SpooledRecord[] = listSpooled(query, batchId);
  query.run(sql`UPDATE spool SET batch_id = NULL WHERE batch_id = ${batchId}`);
  query.run(sql`DELETE FROM batches WHERE batch_id = ${batchId} AND state = 'sealed'`);
  return { leftOutIds: changes, rest };
}

/** Removes the batch with its records, which no longer match what was sealed. */
export function discardBatch(query: Query, batchId: number): void {
  query.run(sql`DELETE FROM spool WHERE batch_id = ${batchId}`);
  query.run(sql`UPDATE batches SET manifest_batch_id = NULL WHERE manifest_batch_id = ${batchId}`);
  query.run(
    sql`UPDATE processed_ids SET batch_id = NULL WHERE batch_id = ${batchId} AND outcome <> 'stored'`,
  );
  query.run(sql`DELETE FROM batches WHERE batch_id = ${batchId} AND state = 'sealed'`);
}

/** Before records are sealed; returns how many were removed. */
export function dropStored(query: Query, spoolIds: string): number {
  return query.run(
    sql`DELETE FROM spool WHERE batch_id IS NULL AND spool_id IN (SELECT value FROM json_each(${spoolIds}))
        AND EXISTS (SELECT 1 FROM processed_ids p WHERE p.question_id = spool.question_id
          AND p.asked_id = spool.asked_id AND p.generation = spool.generation AND p.outcome = 'stored')`,
  ).changes;
}
