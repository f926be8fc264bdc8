/**
 * The rows of asks: a task's asking of a question, its plan and its sum. model/records/ask-policy decides what is
 * asked again.
 */
import {
  createAskPlanner,
  decideAsk,
  type AskLimit,
  type AskPlan,
  type AskPolicy,
  type KnownId,
  type PlannedId,
} from "../../model/records/ask-policy.ts";
import type { Ask, AskRequest, FailureCount, IdPlan } from "../../model/ports/batch-store.ts";
import { FIRST_GENERATION, hashQuestion } from "../../model/records/question.ts";
import type { Reconciliation } from "../../model/records/reconciliation.ts";
import { ensureQuestion } from "./adoption.ts";
import { REMOVED } from "./missing-objects.ts";
import type { Database } from "../sqlite/database.ts";
import type { Query } from "../sqlite/query.ts";
import { flag, mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql } from "../sqlite/statement.ts";

/** Candidates that are judged without a pause: some ten milliseconds. */
const PLAN_PAGE = 10_000;
/** Ids that are read together. */
const TEXT_PAGE = 500;

/**
 * The newest decision on each candidate of an ask (in a refetch: the decision in its own generation). A generation is
 * "0" or a run stamp, so the greatest text is the newest.
 */
const LATEST = sql`FROM asks a JOIN candidate_ids c USING (candidate_set_id)
  LEFT JOIN processed_ids p ON p.question_id = a.question_id AND p.asked_id = c.asked_id AND p.generation =
    CASE a.refetch_generation WHEN ${FIRST_GENERATION}
      THEN (SELECT max(x.generation) FROM processed_ids x WHERE x.question_id = a.question_id
      AND x.asked_id = c.asked_id)
      ELSE a.refetch_generation END`;

export function openAsk(query: Query, request: AskRequest, now: Date): Ask {
  const { question, run } = request;
  const hash = hashQuestion(question);
  const questionId = ensureQuestion(query, request.lakeId, hash, question.dataset);
  query.run(
    sql`UPDATE questions SET source = ${JSON.stringify(question.source)}, facets = ${JSON.stringify(question.facets)}
        WHERE question_id = ${questionId}`,
  );
  const asked = {
    dag_run_id: run.dagRunId,
    task_id: request.taskId,
    question_id: questionId,
    refetch_generation: run.refetchGeneration ?? FIRST_GENERATION,
    candidate_set_id: request.candidateSetId,
    key_template: request.keyTemplate,
    limit_ids: request.limit,
    source: JSON.stringify(request.source),
    created_at: now.toISOString(),
  };
  const { ask_id: askId } = query.one<{ ask_id: number }>(
    sql`${insertInto("asks", asked)}
        ON CONFLICT (dag_run_id, task_id, question_id, refetch_generation) DO UPDATE SET
          candidate_set_id = excluded.candidate_set_id, key_template = excluded.key_template,
          limit_ids = excluded.limit_ids, source = excluded.source, closed_at = NULL
        RETURNING ask_id`,
  );
  return { askId, questionHash: hash };
}

type Candidate = KnownId & { readonly position: number };

/** The candidates in `[from, to)` that the policy might ask, in their order. */
function readCandidates(
  query: Query,
  askId: number,
  policy: AskPolicy,
  from: number,
  to: number,
): Candidate[] {
  // Most ids are stored: they are not read if the policy would not ask them anyway.
  return query
    .all<Row>(
      sql`SELECT c.position, c.asked_id, p.outcome, p.is_permanent, p.logical_date, p.generation,
          EXISTS (SELECT 1 FROM spool s WHERE s.question_id = a.question_id AND s.asked_id = c.asked_id
            AND (a.refetch_generation = ${FIRST_GENERATION} OR s.generation = a.refetch_generation)) AS is_spooled,
          p.reason IS ${REMOVED.reason} AS is_removed
        ${LATEST} WHERE a.ask_id = ${askId} AND c.position >= ${from} AND c.position < ${to}
          AND (${mayAskStored(policy)} OR p.outcome IS NOT 'stored')
        ORDER BY c.position`,
    )
    .map((row) => mapRow<Candidate>(row, { isPermanent: flag, isSpooled: flag, isRemoved: flag }));
}

/** Reads page by page, with pauses for other work: only this task decides the ask's ids. */
export async function planIds(database: Database, askId: number, policy: AskPolicy): Promise<IdPlan> {
  // As a write, so that it sees the decisions that wait for their commit.
  const { candidates, ...limit } = await database.write((query) => readLimit(query, askId));
  const planner = createAskPlanner(candidates, policy, limit);
  for (let from = 0; from < candidates; from += PLAN_PAGE) {
    if (from > 0) await new Promise(setImmediate);
    const page = readCandidates(database, askId, policy, from, from + PLAN_PAGE);
    if (!page.every((known) => planner.add(known))) break;
  }
  const texts = readTexts(database, askId);
  return {
    get size() {
      return planner.size;
    },
    get failedCount() {
      return planner.failedCount;
    },
    async at(index) {
      const place = planner.at(index);
      if (place === undefined) return undefined;
      const askedId = texts(place.position, () => listPositions(planner, index));
      return { ...place, askedId };
    },
  };
}

function listPositions(plan: AskPlan, from: number): readonly number[] {
  const positions: number[] = [];
  for (let index = from; index < from + TEXT_PAGE; index += 1) {
    const place = plan.at(index);
    if (place === undefined) break;
    positions.push(place.position);
  }
  return positions;
}

/** Returns the id at a position; reads the following ones with it if it is not cached. */
function readTexts(
  query: Query,
  askId: number,
): (position: number, toCome: () => readonly number[]) => string {
  let page: ReadonlyMap<number, string> = new Map();
  return (position, toCome) => {
    if (!page.has(position)) {
      const rows = query.all<{ position: number; asked_id: string }>(
        sql`SELECT c.position, c.asked_id FROM asks a JOIN candidate_ids c USING (candidate_set_id)
            WHERE a.ask_id = ${askId} AND c.position IN (SELECT value FROM json_each(${JSON.stringify(toCome())}))`,
      );
      page = new Map(rows.map((row) => [row.position, row.asked_id]));
    }
    const text = page.get(position);
    if (text === undefined) throw new Error(`candidate ${position} of ask ${askId} is missing`);
    return text;
  };
}

export function isStillPlanned(
  query: Query,
  askId: number,
  { position }: PlannedId,
  policy: AskPolicy,
): boolean {
  const [known] = readCandidates(query, askId, policy, position, position + 1);
  return known !== undefined && decideAsk(known, policy) !== undefined;
}

function mayAskStored(policy: AskPolicy): boolean {
  return policy.refetchGeneration !== null || policy.refreshAfterSeconds !== null;
}

/** Transient failures do not count against the limit: they are asked again. */
function readLimit(query: Query, askId: number): AskLimit & { readonly candidates: number } {
  const row = query.one<{ limit_ids: number | null; decided: number; candidates: number }>(
    sql`SELECT limit_ids,
          (SELECT id_count FROM candidate_sets s WHERE s.candidate_set_id = asks.candidate_set_id) AS candidates,
          (SELECT count(*) FROM processed_ids p WHERE p.ask_id = asks.ask_id
            AND (p.outcome <> 'failed' OR p.is_permanent = 1)) +
          (SELECT count(*) FROM spool s WHERE s.ask_id = asks.ask_id) AS decided
        FROM asks WHERE ask_id = ${askId}`,
  );
  return {
    max: row.limit_ids,
    alreadyDecided: row.decided,
    candidates: row.candidates,
  };
}

export function reconcile(query: Query, askId: number): Reconciliation {
  const row = query.get<Row>(
    sql`SELECT count(*) AS asked,
          coalesce(sum(p.outcome = 'stored' AND p.ask_id IS a.ask_id), 0) AS stored,
          coalesce(sum(p.outcome = 'stored' AND p.ask_id IS NOT a.ask_id), 0) AS already_stored,
          coalesce(sum(p.outcome = 'not_found'), 0) AS not_found,
          coalesce(sum(p.outcome = 'failed'), 0) AS failed,
          coalesce(sum(p.outcome IS NULL), 0) AS remaining,
          coalesce(sum(p.outcome = 'failed' AND p.ask_id IS a.ask_id AND p.reason IS NOT ${REMOVED.reason}), 0)
            AS fresh_failed
        ${LATEST} WHERE a.ask_id = ${askId}`,
  );
  return mapRow<Reconciliation>(row ?? {});
}

export function closeAsk(query: Query, askId: number, sum: Reconciliation, now: Date): void {
  query.run(
    sql`UPDATE asks SET reconciliation = ${JSON.stringify(sum)}, closed_at = ${now.toISOString()}
        WHERE ask_id = ${askId}`,
  );
}

export function pickStored(query: Query, askId: number, near: string): string | undefined {
  for (const from of [near, ""]) {
    const row = query.get<{ asked_id: string }>(
      sql`SELECT asked_id FROM processed_ids WHERE question_id = (SELECT question_id FROM asks
          WHERE ask_id = ${askId})
          AND outcome = 'stored' AND asked_id >= ${from} ORDER BY asked_id LIMIT 1`,
    );
    if (row !== undefined) return row.asked_id;
  }
  return undefined;
}

export function countFailures(query: Query, askId: number): readonly FailureCount[] {
  return query
    .all<Row>(
      sql`SELECT reason, count(*) AS count, min(asked_id) AS example, is_permanent FROM processed_ids
          WHERE ask_id = ${askId} AND outcome = 'failed' AND reason IS NOT ${REMOVED.reason} GROUP BY reason, is_permanent ORDER BY count(*) DESC`,
    )
    .map((row) => mapRow<FailureCount>(row, { isPermanent: flag }));
}
