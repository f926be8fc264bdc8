/** The story of one id: under each question of a lake, what was decided about it, by which run, and where its answer lies. */
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";

export const ID_OUTCOMES = ["stored", "not_found", "failed", "spooled", "not_asked"] as const;

/** Instants are ISO UTC. */
export interface IdEntry {
  readonly dataset: string;
  /** JSON; `null` for a question of an early version. */
  readonly source: string | null;
  readonly facets: string | null;
  readonly generation: string | null;
  readonly outcome: (typeof ID_OUTCOMES)[number];
  readonly reason: string | null;
  readonly detail: string | null;
  /** 1: it is not asked again. */
  readonly isPermanent: number;
  readonly decidedAt: string | null;
  readonly fetchedAt: string | null;
  /** The run that decided; `null` if it was pruned, or if the answer was found in the lake. */
  readonly dagId: string | null;
  readonly runId: string | null;
  readonly taskId: string | null;
  readonly key: string | null;
  readonly sha256: string | null;
  /** Whether the object is in the lake as far as the database knows. */
  readonly isCommitted: number | null;
  /** JSON: what the record says about itself. */
  readonly facts: string | null;
}

/** Newest generation first, within each question. Every row is found by an index, except candidates that were never asked. */
export function listIdEntries(query: Query, lakeId: string, askedId: string): readonly IdEntry[] {
  const rows = query.all<Row>(
    sql`SELECT q.question_id, q.dataset, q.source, q.facets, p.generation, p.outcome, p.reason, p.detail, p.is_permanent,
          p.decided_at, p.fetched_at, r.dag_id, r.run_id, a.task_id, o.key, o.sha256, o.is_committed, p.facts
        FROM questions q JOIN processed_ids p ON p.question_id = q.question_id AND p.asked_id = ${askedId}
          LEFT JOIN asks a ON a.ask_id = p.ask_id LEFT JOIN dag_runs r ON r.dag_run_id = a.dag_run_id
          LEFT JOIN objects o ON o.object_id = p.object_id
        WHERE q.lake = ${lakeId}
        UNION ALL
        SELECT q.question_id, q.dataset, q.source, q.facets, s.generation, 'spooled', NULL, NULL, 0,
          s.fetched_at, s.fetched_at, r.dag_id, r.run_id, a.task_id, b.key, b.sha256, 0, s.facts
        FROM questions q JOIN spool s ON s.question_id = q.question_id AND s.asked_id = ${askedId}
          JOIN asks a ON a.ask_id = s.ask_id LEFT JOIN dag_runs r ON r.dag_run_id = a.dag_run_id
          LEFT JOIN batches b ON b.batch_id = s.batch_id
        WHERE q.lake = ${lakeId}
        ORDER BY 2, 1, 5 DESC`,
  );
  const known = [...new Set(rows.map((row) => Number(row["question_id"])))];
  return [...rows, ...listUnasked(query, lakeId, askedId, known)].map((row) => mapRow<IdEntry>(row));
}

/** The candidates of a question's newest ask are read: some tens of milliseconds for a million. */
function listUnasked(
  query: Query,
  lakeId: string,
  askedId: string,
  known: readonly number[],
): readonly Row[] {
  return query.all<Row>(
    sql`SELECT q.question_id, q.dataset, q.source, q.facets, NULL AS generation, 'not_asked' AS outcome, NULL AS reason,
          NULL AS detail, 0 AS is_permanent, NULL AS decided_at, NULL AS fetched_at, r.dag_id, r.run_id, a.task_id,
          NULL AS key, NULL AS sha256, NULL AS is_committed, NULL AS facts
        FROM questions q JOIN asks a ON a.ask_id = (SELECT max(ask_id) FROM asks WHERE question_id = q.question_id)
          JOIN dag_runs r USING (dag_run_id)
        WHERE q.lake = ${lakeId} AND q.question_id NOT IN (SELECT value FROM json_each(${JSON.stringify(known)}))
          AND EXISTS (SELECT 1 FROM candidate_ids c WHERE c.candidate_set_id = a.candidate_set_id AND c.asked_id = ${askedId})
        ORDER BY q.dataset, q.question_id`,
  );
}
