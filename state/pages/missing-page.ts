/**
 * The ids of `v_missing` in pages: after any id, and by indexes alone. A page reads a bounded number of rows, so it may hold
 * fewer ids than asked for, or none, and still have a next one.
 */
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql, type Sql } from "../sqlite/statement.ts";
import type { RowPlace } from "./page.ts";

export const MISSING_OUTCOMES = ["not_found", "failed", "spooled", "not_asked"] as const;
export type MissingOutcome = (typeof MISSING_OUTCOMES)[number];

export interface MissingEntry {
  readonly dataset: string;
  readonly askedId: string;
  readonly outcome: MissingOutcome;
  readonly reason: string | null;
  readonly detail: string | null;
  /** 1: it is not asked again. */
  readonly isPermanent: number;
  readonly language: string | null;
  readonly logicalDate: string;
  readonly decidedAt: string | null;
}

export interface MissingPageFilter {
  readonly lakeId: string;
  readonly dataset: string | undefined;
  readonly outcome: MissingOutcome | undefined;
}

export interface MissingPage {
  readonly rows: readonly MissingEntry[];
  /** `null`: this is the last page. */
  readonly next: RowPlace | null;
}

/** How many values a place has: question, outcome, and the row within these. */
export const MISSING_PLACE = 4;
/** Rows that one page reads at most; most of them are not missing where nearly everything is stored. */
const MOST_READ = 5_000;

interface Question {
  readonly question_id: number;
  readonly dataset: string;
  readonly language: string | null;
  /** JSON: the questions that ask the same, this one among them. An answer to one counts for all. */
  readonly same: string;
}

/** A row of one question and outcome, in the order of the two keys. */
interface Candidate extends Row {
  readonly first: string | number;
  readonly second: string | number;
  /** 0: a later generation or another row decides about this id. */
  readonly is_missing: number;
}

export function listMissingPage(
  query: Query,
  filter: MissingPageFilter,
  { limit, after }: { readonly limit: number; readonly after: RowPlace | undefined },
): MissingPage {
  const outcomes = MISSING_OUTCOMES.filter((one) => filter.outcome === undefined || filter.outcome === one);
  const [fromQuestion = 0, fromOutcome = "", ...keys] = after ?? [];
  const rows: MissingEntry[] = [];
  let left = MOST_READ;
  for (const question of listQuestions(query, filter, Number(fromQuestion))) {
    const isSame = question.question_id === fromQuestion;
    const first = isSame
      ? Math.max(
          0,
          outcomes.findIndex((one) => one === fromOutcome),
        )
      : 0;
    for (const outcome of outcomes.slice(first)) {
      let place = isSame && outcome === fromOutcome ? keys : [];
      // Where most rows are missing, few have to be read; where few are, the steps grow.
      for (let step = 2 * limit; ; step *= 4) {
        const most = Math.min(step, left);
        const found = READ[outcome](query, question, place, most);
        left -= found.length;
        for (const { first: a, second: b, is_missing: isMissing, ...row } of found) {
          place = [a, b];
          if (isMissing === 1) rows.push(mapRow<MissingEntry>({ ...row, ...pick(question), outcome }));
          if (rows.length === limit) return { rows, next: [question.question_id, outcome, a, b] };
        }
        if (found.length < most) break;
        if (left === 0) return { rows, next: [question.question_id, outcome, ...place] };
      }
    }
  }
  return { rows, next: null };
}

function listQuestions(
  query: Query,
  { lakeId, dataset }: MissingPageFilter,
  from: number,
): readonly Question[] {
  return query.all<Question>(
    sql`SELECT question_id, dataset, json_extract(facets, '$.language') AS language,
          (SELECT json_group_array(o.question_id) FROM questions o WHERE o.lake = q.lake AND o.dataset = q.dataset
            AND o.source IS q.source AND o.facets IS q.facets) AS same
        FROM questions q WHERE lake = ${lakeId} AND question_id >= ${from}
          AND (${dataset} IS NULL OR dataset = ${dataset}) ORDER BY question_id`,
  );
}

function pick({ dataset, language }: Question): Pick<Question, "dataset" | "language"> {
  return { dataset, language };
}

type Keys = readonly (string | number | null)[];
type Reader = (query: Query, question: Question, after: Keys, most: number) => readonly Candidate[];

const isNewest = ({ same }: Question): Sql =>
  sql`NOT EXISTS (SELECT 1 FROM json_each(${same}) e JOIN processed_ids x ON x.question_id = e.value
        AND x.asked_id = w.asked_id AND x.generation > w.generation)`;
const isUnspooled = ({ same }: Question): Sql =>
  sql`NOT EXISTS (SELECT 1 FROM json_each(${same}) e JOIN spool s ON s.question_id = e.value
        AND s.asked_id = w.asked_id AND s.generation = w.generation)`;

function readDecided(outcome: "not_found" | "failed"): Reader {
  return (query, question, [first = "", second = ""], most) =>
    query.all<Candidate>(
      sql`SELECT asked_id AS first, generation AS second, asked_id, reason, detail, is_permanent,
            logical_date, decided_at, ${isNewest(question)} AND ${isUnspooled(question)} AS is_missing
          FROM (SELECT * FROM processed_ids INDEXED BY processed_ids_missing
              WHERE question_id = ${question.question_id} AND outcome = ${outcome} AND outcome <> 'stored'
                AND (asked_id, generation) > (${first}, ${second})
              ORDER BY asked_id, generation LIMIT ${most}) w`,
    );
}

const readSpooled: Reader = (query, question, [first = "", second = ""], most) =>
  query.all<Candidate>(
    sql`SELECT asked_id AS first, generation AS second, asked_id, NULL AS reason, NULL AS detail, 0 AS is_permanent,
          r.logical_date, w.fetched_at AS decided_at, ${isNewest(question)} AS is_missing
        FROM (SELECT question_id, asked_id, generation, fetched_at, ask_id FROM spool
            WHERE question_id = ${question.question_id} AND (asked_id, generation) > (${first}, ${second})
            ORDER BY asked_id, generation LIMIT ${most}) w JOIN asks a USING (ask_id) JOIN dag_runs r USING (dag_run_id)
        ORDER BY 1, 2`,
  );

/** The candidates of the question's newest ask, in the order of its file. */
const readUnasked: Reader = (query, { question_id: id }, [first = -1], most) =>
  query.all<Candidate>(
    sql`SELECT position AS first, 0 AS second, asked_id, NULL AS reason, NULL AS detail, 0 AS is_permanent,
          logical_date, NULL AS decided_at, ${isUnknown(sql`processed_ids`)}
            AND ${isUnknown(sql`spool`)} AS is_missing
        FROM (SELECT ${id} AS question_id, c.position, c.asked_id, r.logical_date
            FROM asks a JOIN dag_runs r USING (dag_run_id) CROSS JOIN candidate_ids c USING (candidate_set_id)
            WHERE a.ask_id = (SELECT max(ask_id) FROM asks WHERE question_id = ${id}) AND c.position > ${first}
            ORDER BY c.position LIMIT ${most}) w`,
  );

const isUnknown = (table: Sql): Sql =>
  sql`NOT EXISTS (SELECT 1 FROM ${table} t WHERE t.question_id = w.question_id AND t.asked_id = w.asked_id)`;

const READ: Readonly<Record<MissingOutcome, Reader>> = {
  not_found: readDecided("not_found"),
  failed: readDecided("failed"),
  spooled: readSpooled,
  not_asked: readUnasked,
};
