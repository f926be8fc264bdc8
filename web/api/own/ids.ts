/** One id's story, and the ids without an answer. */
import { z } from "zod";
import { ID_OUTCOMES, listIdEntries } from "../../../state/pages/id-page.ts";
import {
  listMissingPage,
  MISSING_OUTCOMES,
  MISSING_PLACE,
  type MissingPageFilter,
} from "../../../state/pages/missing-page.ts";
import { countMissing } from "../../../state/reports.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { defineRoute } from "../route.ts";
import {
  cursorPaging,
  flagParameter,
  nextCursor,
  paging,
  readCursorPage,
  readFlag,
  utc,
  writeCursor,
} from "../v2/listing.ts";

export const getId = defineRoute({
  operationId: "get_id",
  method: "GET",
  path: "/api/dagmar/ids/{asked_id}",
  tag: "Ids",
  summary: "What was decided about an id under each question, by which run, and where its answer lies.",
  params: { asked_id: z.string().min(1).max(250) },
  search: {},
  answer: z.strictObject({
    asked_id: z.string(),
    answers: z
      .array(
        z.strictObject({
          dataset: z.string(),
          source: z.unknown().describe("The service, as its task type describes it."),
          facets: z.unknown().describe("What else makes the question, such as a language."),
          generation: z.string().nullable(),
          outcome: z.enum(ID_OUTCOMES),
          reason: z.string().nullable(),
          detail: z.string().nullable(),
          is_permanent: z.boolean().describe("It is not asked again."),
          decided_at: utc.nullable(),
          fetched_at: utc.nullable(),
          dag_id: z.string().nullable(),
          dag_run_id: z.string().nullable(),
          task_id: z.string().nullable(),
          key: z.string().nullable().describe("The object that holds the answer."),
          sha256: z.string().nullable().describe("Of the object."),
          is_committed: z.boolean().nullable(),
          facts: z.unknown(),
        }),
      )
      .describe("Empty: no task has asked for it."),
  }),
  handle({ query, lakeId }, { params }) {
    return {
      asked_id: params.asked_id,
      answers: listIdEntries(query, lakeId, params.asked_id).map((entry) => ({
        dataset: entry.dataset,
        source: readJson(entry.source),
        facets: readJson(entry.facets),
        generation: entry.generation,
        outcome: entry.outcome,
        reason: entry.reason,
        detail: entry.detail,
        is_permanent: entry.isPermanent === 1,
        decided_at: entry.decidedAt,
        fetched_at: entry.fetchedAt,
        dag_id: entry.dagId,
        dag_run_id: entry.runId,
        task_id: entry.taskId,
        key: entry.key,
        sha256: entry.sha256,
        is_committed: entry.isCommitted === null ? null : entry.isCommitted === 1,
        facts: readJson(entry.facts),
      })),
    };
  },
});

function readJson(text: string | null): unknown {
  return text === null ? null : (JSON.parse(text) as unknown);
}

export const listMissing = defineRoute({
  operationId: "get_missing",
  method: "GET",
  path: "/api/dagmar/missing",
  tag: "Ids",
  summary:
    "Ids without a stored answer. A page reads a bounded number of rows: it may have fewer ids than the limit, and a next_cursor.",
  params: {},
  search: {
    limit: paging.limit,
    cursor: cursorPaging.cursor,
    dataset: z.string().optional(),
    outcome: z.enum(MISSING_OUTCOMES).optional(),
    counts: flagParameter.describe("true: also count all of them, which reads all of them."),
  },
  answer: z.strictObject({
    counts: z
      .array(z.strictObject({ dataset: z.string(), outcome: z.string(), reason: z.string(), ids: z.int() }))
      .nullable()
      .describe("By dataset, outcome and reason; null unless they were asked for."),
    total_entries: z.int().nullable(),
    next_cursor: nextCursor,
    ids: z.array(
      z.strictObject({
        dataset: z.string(),
        asked_id: z.string(),
        outcome: z.enum(MISSING_OUTCOMES),
        reason: z.string().nullable(),
        detail: z.string().nullable(),
        is_permanent: z.boolean().describe("It is not asked again."),
        language: z.string().nullable(),
        logical_date: utc.describe("Of the run that asked."),
        decided_at: utc.nullable(),
      }),
    ),
  }),
  handle({ query, lakeId }, { search: { counts, ...search } }) {
    const { dataset, outcome } = search;
    const { limit, after } = readCursorPage("missing", { ...search, offset: 0 }, MISSING_PLACE);
    const page = listMissingPage(query, { lakeId, dataset, outcome }, { limit, after });
    const counted = readFlag(counts) === true ? count(query, { lakeId, dataset, outcome }) : null;
    return {
      counts: counted,
      total_entries: counted?.reduce((sum, { ids }) => sum + ids, 0) ?? null,
      next_cursor: writeCursor("missing", { ...search, offset: 0 }, page.next),
      ids: page.rows.map((entry) => ({
        dataset: entry.dataset,
        asked_id: entry.askedId,
        outcome: entry.outcome,
        reason: entry.reason,
        detail: entry.detail,
        is_permanent: entry.isPermanent === 1,
        language: entry.language,
        logical_date: entry.logicalDate,
        decided_at: entry.decidedAt,
      })),
    };
  },
});

function count(query: Query, { lakeId, dataset, outcome }: MissingPageFilter) {
  const filter = {
    lakeId,
    ...(dataset === undefined ? {} : { dataset }),
    ...(outcome === undefined ? {} : { outcome }),
  };
  return countMissing(query, filter).map((row) => ({
    dataset: String(row["dataset"]),
    outcome: String(row["outcome"]),
    reason: String(row["reason"]),
    ids: Number(row["ids"]),
  }));
}
