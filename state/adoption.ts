/** Enters the ids of an object that was found in the lake and not known here: a restored backup, or a lost database. */
import type { FoundAnswers, FoundObject } from "../model/object-store.ts";
import type { Query } from "./database.ts";
import { sql } from "./statement.ts";

/**
 * The ids become `stored` by that object, unless another object holds them already (`doubled`). What the spool still
 * holds of them goes: it is in the lake.
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
      `DELETE FROM spool WHERE question_id = ? AND generation = ? AND batch_id IS NULL
        AND asked_id IN (SELECT value FROM json_each(?))`,
      questionId,
      answers.generation,
      ids,
    ),
  );
  return { stored, doubled: answers.askedIds.length - stored };
}

/**
 * Whether the object is a batch that is sealed here and waits to be put: then it is not adopted but committed as our own,
 * under the key at which it was found.
 */
export function claimSealedBatch(query: Query, lakeId: string, found: FoundObject): boolean {
  if (found.answers === null) return false;
  return (
    query.run(
      sql(
        "UPDATE batches SET key = ? WHERE lake = ? AND batch_uid = ? AND state = 'sealed' AND kind = 'records'",
        found.key,
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
