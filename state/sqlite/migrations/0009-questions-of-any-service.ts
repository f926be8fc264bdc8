/**
 * A question has a source and facets, and a record has facts: each JSON, with names that a task type chooses. The
 * former columns for one service become such names.
 */
const LANGUAGE = "json_extract(q.facets, '$.language')";
const ENTITY = "json_extract(q.facets, '$.entity')";
/** A list as text with commas; empty for an empty list, NULL if the question has none. */
const APPEND = `CASE WHEN json_type(q.facets, '$.append') = 'array' THEN
        coalesce((SELECT group_concat(value, ',') FROM json_each(q.facets, '$.append')), '') END`;

export const questionsOfAnyService: readonly string[] = [
  `DROP VIEW v_ids`,
  `DROP VIEW v_doubles`,

  `ALTER TABLE questions ADD COLUMN source TEXT`,
  `ALTER TABLE questions ADD COLUMN facets TEXT`,
  `UPDATE questions SET source = json_object('base_url', base_url),
      facets = json_object('entity', entity, 'language', language, 'append', json(CASE coalesce(append, '') WHEN '' THEN '[]'
        ELSE '["' || replace(append, ',', '","') || '"]' END))
    WHERE base_url IS NOT NULL`,
  `ALTER TABLE questions DROP COLUMN base_url`,
  `ALTER TABLE questions DROP COLUMN entity`,
  `ALTER TABLE questions DROP COLUMN language`,
  `ALTER TABLE questions DROP COLUMN append`,

  `ALTER TABLE spool ADD COLUMN facts TEXT NOT NULL DEFAULT '{}'`,
  `UPDATE spool SET facts = json_object('provider_id', provider_id, 'endpoint', endpoint)`,
  `ALTER TABLE spool DROP COLUMN provider_id`,
  `ALTER TABLE spool DROP COLUMN endpoint`,

  `ALTER TABLE processed_ids ADD COLUMN facts TEXT`,
  `UPDATE processed_ids SET facts = json_object('provider_id', provider_id, 'endpoint', endpoint)
    WHERE provider_id IS NOT NULL`,
  `ALTER TABLE processed_ids DROP COLUMN provider_id`,
  `ALTER TABLE processed_ids DROP COLUMN endpoint`,

  `CREATE VIEW v_ids AS
    SELECT q.dataset, q.lake, ${ENTITY} AS entity, ${LANGUAGE} AS language, ${APPEND} AS append,
      p.asked_id, p.generation, p.outcome, p.reason, p.detail, p.is_permanent, o.key,
      json_extract(p.facts, '$.provider_id') AS provider_id, p.fetched_at, p.logical_date, p.decided_at,
      q.source, q.facets, p.facts
    FROM processed_ids p JOIN questions q USING (question_id) LEFT JOIN objects o USING (object_id)
    UNION ALL
    SELECT q.dataset, q.lake, ${ENTITY}, ${LANGUAGE}, ${APPEND},
      s.asked_id, s.generation, 'spooled', NULL, NULL, 0, b.key,
      json_extract(s.facts, '$.provider_id'), s.fetched_at, r.logical_date, s.fetched_at,
      q.source, q.facets, s.facts
    FROM spool s JOIN questions q USING (question_id) JOIN asks a ON a.ask_id = s.ask_id
      JOIN dag_runs r USING (dag_run_id) LEFT JOIN batches b ON b.batch_id = s.batch_id`,

  `CREATE VIEW v_doubles AS
    SELECT q.dataset, q.lake, ${LANGUAGE} AS language, ${APPEND} AS append,
      d.asked_id, d.generation, o.key, f.key AS other_key, d.noticed_at, q.source, q.facets
    FROM doubled_ids d JOIN questions q USING (question_id) JOIN objects o ON o.object_id = d.object_id
      JOIN processed_ids p ON p.question_id = d.question_id AND p.asked_id = d.asked_id AND p.generation = d.generation
      LEFT JOIN objects f ON f.object_id = p.object_id`,

  // Ids without a stored answer: not found, failed, spooled, or candidates of their question's newest ask that it has not
  // asked yet. Only the newest generation of an id counts, and an answer in the spool before an
  // older failure.
  `CREATE VIEW v_missing AS
    SELECT v.dataset, v.asked_id, v.outcome, v.reason, v.detail, v.is_permanent, v.language, v.logical_date,
      v.decided_at, v.lake
      FROM v_ids v WHERE v.outcome <> 'stored'
        AND v.generation = (SELECT max(x.generation) FROM processed_ids x JOIN questions q USING (question_id)
          WHERE q.lake = v.lake AND q.dataset = v.dataset AND q.source IS v.source AND q.facets IS v.facets
            AND x.asked_id = v.asked_id UNION ALL SELECT v.generation ORDER BY 1 DESC LIMIT 1)
        AND (v.outcome = 'spooled' OR NOT EXISTS (SELECT 1 FROM spool s JOIN questions q USING (question_id)
          WHERE q.lake = v.lake AND q.dataset = v.dataset AND q.source IS v.source AND q.facets IS v.facets
            AND s.asked_id = v.asked_id AND s.generation = v.generation))
    UNION ALL
    SELECT q.dataset, c.asked_id, 'not_asked', NULL, NULL, 0, ${LANGUAGE}, r.logical_date, NULL, q.lake
      FROM asks a JOIN questions q USING (question_id) JOIN dag_runs r USING (dag_run_id)
        JOIN candidate_ids c USING (candidate_set_id)
      WHERE a.ask_id = (SELECT max(ask_id) FROM asks b WHERE b.question_id = a.question_id)
        AND NOT EXISTS (SELECT 1 FROM processed_ids p WHERE p.question_id = a.question_id AND p.asked_id = c.asked_id)
        AND NOT EXISTS (SELECT 1 FROM spool s WHERE s.question_id = a.question_id AND s.asked_id = c.asked_id)`,
];
