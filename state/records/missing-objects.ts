/** Marks objects that the store no longer holds, and the ids that only they had. */
import type { Loss } from "../../model/ports/object-store.ts";
import type { Query } from "../sqlite/query.ts";
import { sql, type Sql } from "../sqlite/statement.ts";

/** Of a JSON list of object ids. */
const listOf = (objectIds: string): Sql => sql`(SELECT value FROM json_each(${objectIds}))`;

/** For objects that are gone. Rows of foreign ones are deleted; the others stay, so that people can find them. */
export function markMissing(query: Query, objectIds: readonly number[], now: Date): Loss {
  const ids = JSON.stringify(objectIds);
  const keys = query
    .all<{ key: string }>(
      sql`SELECT key FROM objects WHERE object_id IN ${listOf(ids)} AND kind <> 'foreign' ORDER BY key`,
    )
    .map(({ key }) => key);
  query.run(
    sql`UPDATE objects SET is_committed = 0, missing_since = coalesce(missing_since, ${now.toISOString()})
        WHERE object_id IN ${listOf(ids)}`,
  );
  const lost = loseContent(query, objectIds, now);
  query.run(
    sql`DELETE FROM objects WHERE object_id IN ${listOf(ids)} AND kind = 'foreign'
        AND NOT EXISTS (SELECT 1 FROM processed_ids p WHERE p.object_id = objects.object_id)
        AND NOT EXISTS (SELECT 1 FROM dataset_writes w WHERE w.object_id = objects.object_id)`,
  );
  return { keys, ids: lost };
}

/**
 * For objects that are gone or have other bytes now: returns how many ids no other object holds. An id in a second
 * object belongs to that one from now on. Batches of a lost manifest are listed again.
 */
export function loseContent(query: Query, objectIds: readonly number[], now: Date): number {
  const gone = JSON.stringify(objectIds);
  query.run(sql`DELETE FROM doubled_ids WHERE object_id IN ${listOf(gone)}`);
  const secondObject = sql`(SELECT min(d.object_id) FROM doubled_ids d WHERE d.question_id = processed_ids.question_id
    AND d.asked_id = processed_ids.asked_id AND d.generation = processed_ids.generation)`;
  query.run(
    sql`UPDATE processed_ids SET object_id = ${secondObject}, ask_id = NULL, batch_id = NULL
        WHERE object_id IN ${listOf(gone)} AND outcome = 'stored' AND ${secondObject} IS NOT NULL`,
  );
  query.run(
    sql`DELETE FROM doubled_ids WHERE EXISTS (SELECT 1 FROM processed_ids p
        WHERE p.question_id = doubled_ids.question_id
        AND p.asked_id = doubled_ids.asked_id AND p.generation = doubled_ids.generation
        AND p.object_id = doubled_ids.object_id)`,
  );
  const { changes } = query.run(
    sql`UPDATE processed_ids SET outcome = 'failed', reason = 'object_missing', is_permanent = 0, ask_id = NULL,
          batch_id = NULL, decided_at = ${now.toISOString()},
          detail = (SELECT key FROM objects o WHERE o.object_id = processed_ids.object_id)
        WHERE object_id IN ${listOf(gone)} AND outcome = 'stored'`,
  );
  forgetBatches(query, gone);
  return changes;
}

function forgetBatches(query: Query, gone: string): void {
  const batchesOf = (kind: string): Sql =>
    sql`(SELECT b.batch_id FROM batches b JOIN objects o ON o.lake = b.lake AND o.key = b.key
      WHERE b.kind = ${kind} AND b.state = 'committed' AND o.object_id IN ${listOf(gone)})`;
  query.run(
    sql`UPDATE batches SET manifest_batch_id = NULL WHERE manifest_batch_id IN ${batchesOf("manifest")}`,
  );
  query.run(
    sql`UPDATE batches SET manifest_key = NULL WHERE manifest_key IS NOT NULL
        AND (lake, manifest_key) IN (SELECT lake, key FROM objects WHERE object_id IN ${listOf(gone)})`,
  );
  query.run(sql`UPDATE batches SET state = 'lost' WHERE batch_id IN ${batchesOf("records")}`);
}
