/** Enters the ids of an object that was found in the lake and not known here: a restored backup, or a lost database. */
import type { FoundAnswers, FoundObject } from "../../model/ports/object-store.ts";
import type { Query } from "../sqlite/database.ts";
import { sql } from "../sqlite/statement.ts";

/**
 * The ids become `stored` by that object. Those that another object holds already are kept as pairs of id and object, and
 * counted as `doubled` when the pair is new. What the spool still holds of them is left out when it is sealed or put.
 */
export function adoptAnswers(
  query: Query,
  lakeId: string,
  found: FoundObject,
  answers: FoundAnswers,
  now: Date,
): { readonly stored: number; readonly doubled: number } {
  const questionId = ensureQuestion(query, lakeId, answers.questionHash, found.dataset ?? "");
  const ids = JSON.stringify(answers.askedIds);
  const doubled = query.run(
    sql(
      `INSERT INTO doubled_ids (question_id, asked_id, generation, object_id, noticed_at)
        SELECT p.question_id, p.asked_id, p.generation, o.object_id, ? FROM processed_ids p
            JOIN objects o ON o.lake = ? AND o.key = ?
          WHERE p.question_id = ? AND p.generation = ? AND p.outcome = 'stored' AND p.object_id IS NOT o.object_id
            AND p.asked_id IN (SELECT value FROM json_each(?))
        ON CONFLICT DO NOTHING`,
      now.toISOString(),
      lakeId,
      found.key,
      questionId,
      answers.generation,
      ids,
    ),
  ).changes;
  const stored = query.run(
    sql(
      `INSERT INTO processed_ids (question_id, asked_id, generation, outcome, is_permanent, object_id, logical_date,
          decided_at)
        SELECT ?, value, ?, 'stored', 1, (SELECT object_id FROM objects WHERE lake = ? AND key = ?), ?, ?
          FROM json_each(?) WHERE true
        ON CONFLICT (question_id, asked_id, generation) DO UPDATE SET outcome = 'stored', reason = NULL, detail = NULL,
          is_permanent = 1, ask_id = NULL, batch_id = NULL, object_id = excluded.object_id,
          logical_date = excluded.logical_date, decided_at = excluded.decided_at
          WHERE processed_ids.outcome <> 'stored'`,
      questionId,
      answers.generation,
      lakeId,
      found.key,
      found.logicalDate ?? now.toISOString(),
      now.toISOString(),
      ids,
    ),
  ).changes;
  query.run(
    sql(
      "UPDATE batches SET state = 'committed' WHERE lake = ? AND batch_uid = ? AND key = ? AND state = 'lost'",
      lakeId,
      answers.batchUid,
      found.key,
    ),
  );
  return { stored, doubled };
}

/** How many of the ids other objects than the one at that key hold. */
export function countStored(query: Query, lakeId: string, key: string, answers: FoundAnswers): number {
  const row = query.get<{ ids: number }>(
    sql(
      `SELECT count(*) AS ids FROM processed_ids p JOIN questions q USING (question_id) JOIN objects o USING (object_id)
        WHERE q.lake = ? AND q.hash = ? AND p.generation = ? AND p.outcome = 'stored' AND o.key <> ?
          AND p.asked_id IN (SELECT value FROM json_each(?))`,
      lakeId,
      answers.questionHash,
      answers.generation,
      key,
      JSON.stringify(answers.askedIds),
    ),
  );
  return row?.ids ?? 0;
}

/**
 * Whether the object is a batch that is sealed here and waits to be put: then it is not adopted but committed as our own,
 * under the key at which it was found.
 */
export function claimSealedBatch(query: Query, lakeId: string, found: FoundObject, now: Date): boolean {
  if (found.answers === null) return false;
  return (
    query.run(
      sql(
        `UPDATE batches SET key = ?, found_at = ?
          WHERE lake = ? AND batch_uid = ? AND state = 'sealed' AND kind = 'records'`,
        found.key,
        now.toISOString(),
        lakeId,
        found.answers.batchUid,
      ),
    ).changes > 0
  );
}

/** The question's row; its readable parts are filled in by the first ask that puts it. */
export function ensureQuestion(query: Query, lakeId: string, hash: string, dataset: string): number {
  query.run(
    sql(
      "INSERT INTO questions (lake, hash, dataset) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      lakeId,
      hash,
      dataset,
    ),
  );
  const row = query.get<{ question_id: number }>(
    sql("SELECT question_id FROM questions WHERE lake = ? AND hash = ?", lakeId, hash),
  );
  return row?.question_id ?? 0;
}
