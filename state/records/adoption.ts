/**
 * Records the ids that the lake knows and the database does not, after a restored backup or a lost database: those of an
 * object, and those that a manifest lists without one.
 */
import type { FoundAnswers, FoundObject, ListedElsewhere } from "../../model/ports/object-store.ts";
import type { Query } from "../sqlite/query.ts";
import { sql } from "../sqlite/statement.ts";

/**
 * The ids become `stored` by that object. Ids that another object already holds are stored as pairs of id and object,
 * and a new pair counts as `doubled`. Their records in the spool are dropped when it is sealed or put.
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
    sql`INSERT INTO doubled_ids (question_id, asked_id, generation, object_id, noticed_at)
        SELECT p.question_id, p.asked_id, p.generation, o.object_id, ${now.toISOString()} FROM processed_ids p
            JOIN objects o ON o.lake = ${lakeId} AND o.key = ${found.key}
          WHERE p.question_id = ${questionId} AND p.generation = ${answers.generation} AND p.outcome = 'stored'
            AND p.object_id IS NOT o.object_id
            AND p.asked_id IN (SELECT value FROM json_each(${ids}))
        ON CONFLICT DO NOTHING`,
  ).changes;
  const stored = query.run(
    sql`INSERT INTO processed_ids (question_id, asked_id, generation, outcome, is_permanent, object_id, logical_date,
          decided_at)
        SELECT ${questionId}, value, ${answers.generation}, 'stored', 1, (SELECT object_id FROM objects
          WHERE lake = ${lakeId} AND key = ${found.key}), ${found.logicalDate ?? now.toISOString()},
          ${now.toISOString()}
          FROM json_each(${ids}) WHERE true
        ON CONFLICT (question_id, asked_id, generation) DO UPDATE SET outcome = 'stored', reason = NULL,
          detail = NULL,
          is_permanent = 1, ask_id = NULL, batch_id = NULL, object_id = excluded.object_id,
          logical_date = excluded.logical_date, decided_at = excluded.decided_at
          WHERE processed_ids.outcome <> 'stored'`,
  ).changes;
  query.run(
    sql`UPDATE batches SET state = 'committed' WHERE lake = ${lakeId} AND batch_uid = ${answers.batchUid}
        AND key = ${found.key} AND state = 'lost'`,
  );
  return { stored, doubled };
}

/**
 * Ids that were not found or failed, as a manifest lists them. An answer stays, in an object or in the spool, and of two
 * decisions the one of the later date, then of the later answer. Returns how many ids have a decision that they did not have.
 */
export function adoptDecisions(
  query: Query,
  lakeId: string,
  { dataset, questionHash, decisions }: ListedElsewhere,
  now: Date,
): number {
  if (decisions.length === 0) return 0;
  const questionId = ensureQuestion(query, lakeId, questionHash, dataset);
  return query.run(
    sql`INSERT INTO processed_ids (question_id, asked_id, generation, outcome, reason, detail, is_permanent, fetched_at,
          logical_date, decided_at)
        SELECT ${questionId}, value ->> '$.askedId', value ->> '$.generation', value ->> '$.outcome',
          value ->> '$.reason', '', value ->> '$.isPermanent', value ->> '$.fetchedAt', value ->> '$.logicalDate',
          ${now.toISOString()}
          FROM json_each(${JSON.stringify(decisions)}) WHERE true
        ON CONFLICT (question_id, asked_id, generation) DO UPDATE SET outcome = excluded.outcome,
          reason = excluded.reason, detail = excluded.detail, is_permanent = excluded.is_permanent, ask_id = NULL,
          batch_id = NULL, object_id = NULL, fetched_at = excluded.fetched_at, logical_date = excluded.logical_date,
          decided_at = excluded.decided_at
          WHERE processed_ids.outcome <> 'stored' AND coalesce(processed_ids.reason, '') <> 'object_removed'
            AND (processed_ids.logical_date, coalesce(processed_ids.fetched_at, ''))
              < (excluded.logical_date, excluded.fetched_at)`,
  ).changes;
}

/** How many of the ids are held by objects at other keys. */
export function countStored(query: Query, lakeId: string, key: string, answers: FoundAnswers): number {
  const row = query.get<{ ids: number }>(
    sql`SELECT count(*) AS ids FROM processed_ids p JOIN questions q USING (question_id)
        JOIN objects o USING (object_id)
        WHERE q.lake = ${lakeId} AND q.hash = ${answers.questionHash} AND p.generation = ${answers.generation}
          AND p.outcome = 'stored' AND o.key <> ${key}
          AND p.asked_id IN (SELECT value FROM json_each(${JSON.stringify(answers.askedIds)}))`,
  );
  return row?.ids ?? 0;
}

/**
 * Whether the object is a sealed batch of this database that waits for its put: then it is committed under the key at
 * which it was found, not adopted.
 */
export function claimSealedBatch(query: Query, lakeId: string, found: FoundObject, now: Date): boolean {
  if (found.answers === null) return false;
  return (
    query.run(
      sql`UPDATE batches SET key = ${found.key}, found_at = ${now.toISOString()}
          WHERE lake = ${lakeId} AND batch_uid = ${found.answers.batchUid} AND state = 'sealed' AND kind = 'records'`,
    ).changes > 0
  );
}

/** The question's row. The first ask fills in its readable parts. */
export function ensureQuestion(query: Query, lakeId: string, hash: string, dataset: string): number {
  query.run(
    sql`INSERT INTO questions (lake, hash, dataset) VALUES (${lakeId}, ${hash}, ${dataset}) ON CONFLICT DO NOTHING`,
  );
  return query.one<{ question_id: number }>(
    sql`SELECT question_id FROM questions WHERE lake = ${lakeId} AND hash = ${hash}`,
  ).question_id;
}
