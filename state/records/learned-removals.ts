/** Removals that were found in the lake: by another database, or by this one before it was lost or restored. */
import type { FoundRemoval } from "../../model/ports/object-store.ts";
import type { Removal } from "../../model/records/removal-record.ts";
import { formatLocal } from "../../model/time/local-time.ts";
import type { Query } from "../sqlite/query.ts";
import { insertInto, sql } from "../sqlite/statement.ts";
import { ensureQuestion } from "./adoption.ts";
import { REMOVED } from "./missing-objects.ts";
import { findRemovalState, insertRemoval } from "./removals.ts";
import { commitRecord, findObjectRow, markRemoved } from "./removed-content.ts";

/** Returns the keys of the objects whose removal was not known. */
export function noteRemovals(
  query: Query,
  lakeId: string,
  found: readonly FoundRemoval[],
  now: Date,
  timezone: string,
): readonly string[] {
  const fresh: string[] = [];
  for (const { removal, recordKey, recordText, etag } of found) {
    const { dataset, logicalDate } = removal;
    const record = { key: recordKey, body: recordText, dataset, logicalDate, etag, isAdopted: true };
    const known = query.get<{ is_undone: number }>(
      sql`SELECT undone_at IS NOT NULL AS is_undone FROM removals WHERE lake = ${lakeId} AND uid = ${removal.uid}`,
    );
    // Its undoing deletes the record.
    if (known?.is_undone === 1) continue;
    commitRecord(query, lakeId, record, now, timezone);
    if (known !== undefined || findRemovalState(query, lakeId, removal) !== undefined) continue;
    const leftOutIds = leaveOut(query, lakeId, removal, now, timezone);
    insertRemoval(query, lakeId, removal, { leftOutIds, finishedAt: removal.requestedAt });
    fresh.push(removal.key);
  }
  return fresh;
}

/** Returns how many ids are left out. */
function leaveOut(query: Query, lakeId: string, removal: Removal, now: Date, timezone: string): number {
  const { key, sha256, answers } = removal;
  const before = findObjectRow(query, lakeId, key);
  const objectId = before?.object_id ?? insertRow(query, lakeId, removal, now, timezone);
  // Another object has the key by now.
  if (before !== undefined && before.sha256 !== sha256) return 0;
  const held = markRemoved(query, objectId, now);
  if (answers === null || answers.askedIds.length === 0) return held;
  const questionId = ensureQuestion(query, lakeId, answers.questionHash, removal.dataset);
  // An id that another object holds, or that has another outcome by now, keeps it.
  const { changes } = query.run(
    sql`INSERT INTO processed_ids (question_id, asked_id, generation, outcome, reason, detail, is_permanent, object_id,
          logical_date, decided_at)
        SELECT ${questionId}, value, ${answers.generation}, 'failed', ${REMOVED.reason}, ${key}, 1, ${objectId},
          ${removal.logicalDate}, ${now.toISOString()}
          FROM json_each(${JSON.stringify(answers.askedIds)}) WHERE true
        ON CONFLICT DO NOTHING`,
  );
  return held + changes;
}

/** Its key is never used again for other records. */
function insertRow(query: Query, lakeId: string, removal: Removal, now: Date, timezone: string): number {
  const { lastId } = query.run(
    insertInto("objects", {
      lake: lakeId,
      key: removal.key,
      kind: removal.kind,
      dataset: removal.dataset,
      sha256: removal.sha256,
      size_bytes: removal.sizeBytes,
      record_count: removal.answers?.askedIds.length,
      is_committed: false,
      is_adopted: true,
      logical_date: removal.logicalDate,
      created_at: now.toISOString(),
      created_at_local: formatLocal(now, timezone),
    }),
  );
  return lastId;
}
