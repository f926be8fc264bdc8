/** Marks objects that the store no longer holds, and the ids that only they had. */
import type { Loss } from "../../model/ports/object-store.ts";
import type { Query } from "../sqlite/query.ts";
import { sql, type Sql } from "../sqlite/statement.ts";

/** Of a JSON list of object ids. */
const listOf = (objectIds: string): Sql => sql`(SELECT value FROM json_each(${objectIds}))`;

/** Of a row `o` of objects: it was removed by hand, and that was not undone. */
export const IS_REMOVED = sql`(o.is_committed = 0 AND EXISTS (SELECT 1 FROM removals x WHERE x.lake = o.lake
  AND x.key = o.key AND x.sha256 = o.sha256 AND x.undone_at IS NULL))`;

/**
 * For objects that are gone. Rows of foreign ones are deleted; the others stay, so that people can find them. An object that
 * was removed by hand since it was listed is not missing.
 */
export function markMissing(query: Query, objectIds: readonly number[], now: Date): Loss {
  const ids = leaveOutRemoved(query, objectIds);
  const keys = query
    .all<{ key: string }>(
      sql`SELECT key FROM objects WHERE object_id IN ${listOf(ids)} AND kind <> 'foreign' ORDER BY key`,
    )
    .map(({ key }) => key);
  query.run(
    sql`UPDATE objects SET is_committed = 0, missing_since = coalesce(missing_since, ${now.toISOString()})
        WHERE object_id IN ${listOf(ids)}`,
  );
  const lost = loseContent(query, ids, now, MISSING);
  query.run(
    sql`DELETE FROM objects WHERE object_id IN ${listOf(ids)} AND kind = 'foreign'
        AND NOT EXISTS (SELECT 1 FROM processed_ids p WHERE p.object_id = objects.object_id)
        AND NOT EXISTS (SELECT 1 FROM dataset_writes w WHERE w.object_id = objects.object_id)`,
  );
  return { keys, ids: lost };
}

function leaveOutRemoved(query: Query, objectIds: readonly number[]): string {
  const rows = query.all<{ object_id: number }>(
    sql`SELECT object_id FROM objects o WHERE object_id IN ${listOf(JSON.stringify(objectIds))} AND NOT ${IS_REMOVED}`,
  );
  return JSON.stringify(rows.map((row) => row.object_id));
}

/** The new outcome of ids that no other object holds. */
export interface LossOutcome {
  readonly reason: "object_missing" | "object_removed";
  readonly isPermanent: boolean;
}

export const MISSING: LossOutcome = { reason: "object_missing", isPermanent: false };
/** Left out until a user asks for them again; they still count against the limit of their ask. */
export const REMOVED: LossOutcome = { reason: "object_removed", isPermanent: true };

/**
 * For objects that are gone or have other bytes now: returns how many ids no other object holds. An id in a second
 * object belongs to that one from now on. What a lost manifest listed is listed again. `gone`: a JSON list of object ids.
 */
export function loseContent(query: Query, gone: string, now: Date, outcome: LossOutcome): number {
  const { reason, isPermanent } = outcome;
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
    sql`UPDATE processed_ids SET outcome = 'failed', reason = ${reason}, is_permanent = ${isPermanent},
          ask_id = CASE WHEN ${isPermanent} THEN ask_id END, batch_id = NULL, decided_at = ${now.toISOString()},
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
    sql`UPDATE processed_ids SET batch_id = NULL WHERE outcome <> 'stored' AND batch_id IN ${batchesOf("manifest")}`,
  );
  query.run(
    sql`UPDATE batches SET manifest_key = NULL WHERE manifest_key IS NOT NULL
        AND (lake, manifest_key) IN (SELECT lake, key FROM objects WHERE object_id IN ${listOf(gone)})`,
  );
  query.run(sql`UPDATE batches SET state = 'lost' WHERE batch_id IN ${batchesOf("records")}`);
}
