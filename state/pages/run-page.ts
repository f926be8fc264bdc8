/** DagRuns as lists show them, filtered and ordered by columns of their own. */
import type { DagRunState, RunTrigger, RunType } from "../../model/run/dag-run.ts";
import { hasRunId } from "../runs/run-id.ts";
import type { Query } from "../sqlite/query.ts";
import { json, mapRow, type Row } from "../sqlite/row.ts";
import { sql, type Sql } from "../sqlite/statement.ts";
import { afterPlace, limitOf, placeOf, slicePage } from "./keyset.ts";
import {
  isOneOf,
  orderBy,
  countRows,
  whereAll,
  type Order,
  type PageRequest,
  type SlicedPage,
} from "./page.ts";
import { RUNNING_SINCE } from "./running-since.ts";

/** Instants are ISO UTC. */
export interface RunEntry {
  readonly dagRunId: number;
  readonly dagId: string;
  readonly runId: string;
  readonly runType: RunType;
  readonly state: DagRunState;
  readonly stopReason: string | null;
  readonly timezone: string;
  readonly logicalDate: string;
  readonly intervalStart: string | null;
  readonly intervalEnd: string | null;
  readonly params: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly startedAt: string | null;
  /** `null` while it is queued. */
  readonly runningSince: string | null;
  readonly finishedAt: string | null;
  readonly fingerprint: string;
  readonly backfillId: number | null;
  readonly lake: string | null;
  /** Who asked for it, by a command or a backfill; `null` for a run of a schedule. */
  readonly requestedBy: string | null;
  /** Through what; `null` also for a run that an earlier version created. */
  readonly triggeredBy: RunTrigger | null;
}

export const RUN_DATES = ["logical_date", "start_date", "end_date"] as const;
type RunDate = (typeof RUN_DATES)[number];

export interface RunPageFilter {
  readonly dagId?: string | undefined;
  readonly backfillId?: number | undefined;
  readonly states?: readonly string[] | undefined;
  readonly runTypes?: readonly string[] | undefined;
  /** Bounds, ISO UTC, inclusive where the name says so. */
  readonly dates?: readonly {
    readonly date: RunDate;
    readonly comparison: "gte" | "gt" | "lte" | "lt";
    readonly instant: string;
  }[];
}

export const RUN_ORDERS = [
  ...RUN_DATES,
  "run_after",
  "id",
  "dag_id",
  "dag_run_id",
  "state",
  "run_type",
] as const;
export type RunColumn = (typeof RUN_ORDERS)[number];

const COLUMNS = sql`dag_run_id, dag_id, run_id, run_type, state, stop_reason, timezone, logical_date, interval_start,
  interval_end, params, created_at, started_at, ${RUNNING_SINCE}, finished_at, fingerprint, backfill_id, lake,
  requested_by, triggered_by`;

const EXPRESSIONS: Readonly<Record<RunColumn, Sql>> = {
  logical_date: sql`logical_date`,
  run_after: sql`logical_date`,
  start_date: sql`started_at`,
  end_date: sql`finished_at`,
  id: sql`dag_run_id`,
  dag_id: sql`dag_id`,
  dag_run_id: sql`run_id`,
  state: sql`state`,
  run_type: sql`run_type`,
};

const NULLABLE: readonly RunColumn[] = ["start_date", "end_date"];

const COMPARISONS = { gte: sql`>=`, gt: sql`>`, lte: sql`<=`, lt: sql`<` } as const;

export function listRunPage(
  query: Query,
  { dagId, backfillId, states, runTypes, dates = [] }: RunPageFilter,
  order: readonly Order<RunColumn>[],
  page: PageRequest,
): SlicedPage<RunEntry> {
  const keyset = { order, expressions: EXPRESSIONS, last: sql`dag_run_id`, nullable: NULLABLE };
  const where = whereAll([
    dagId === undefined ? undefined : sql`dag_id = ${dagId}`,
    backfillId === undefined ? undefined : sql`backfill_id = ${backfillId}`,
    isOneOf(sql`state`, states),
    isOneOf(sql`run_type`, runTypes),
    ...dates.map(
      ({ date, comparison, instant }) => sql`${EXPRESSIONS[date]} ${COMPARISONS[comparison]} ${instant}`,
    ),
  ]);
  const shown = whereAll([where, afterPlace(keyset, page.after)]);
  const rows = query.all<Row & { readonly place: unknown }>(
    sql`SELECT ${COLUMNS}, ${placeOf(keyset)} FROM dag_runs WHERE ${shown}
        ORDER BY ${orderBy(order, EXPRESSIONS, keyset.last)} ${limitOf(page)}`,
  );
  const sliced = slicePage(rows, page);
  return {
    rows: sliced.rows.map(mapRun),
    next: sliced.next,
    ...countRows(query, sql`SELECT 1 FROM dag_runs WHERE ${where}`, page),
  };
}

/** In this lake if it is there, else in another one. */
export function findRunEntry(
  query: Query,
  lakeId: string,
  dagId: string,
  runId: string,
): RunEntry | undefined {
  const row = query.get<Row>(
    sql`SELECT ${COLUMNS} FROM dag_runs WHERE dag_id = ${dagId} AND ${hasRunId(runId)}
        ORDER BY lake IS ${lakeId} DESC, dag_run_id DESC LIMIT 1`,
  );
  return row === undefined ? undefined : mapRun(row);
}

export function readRunEntry(query: Query, dagRunId: number): RunEntry {
  return mapRun(query.one<Row>(sql`SELECT ${COLUMNS} FROM dag_runs WHERE dag_run_id = ${dagRunId}`));
}

export interface RunNeighbours {
  readonly before: { readonly runId: string; readonly logicalDate: string } | null;
  readonly after: { readonly runId: string; readonly logicalDate: string } | null;
}

/** The Dag's runs with the nearest dates. */
export function findNeighbours(query: Query, { dagId, logicalDate }: RunEntry): RunNeighbours {
  const find = (condition: Sql, direction: Sql): RunNeighbours["before"] => {
    const row = query.get<Row>(
      sql`SELECT run_id, logical_date FROM dag_runs WHERE dag_id = ${dagId} AND logical_date ${condition} ${logicalDate}
          ORDER BY logical_date ${direction} LIMIT 1`,
    );
    return row === undefined ? null : mapRow(row);
  };
  return { before: find(sql`<`, sql`DESC`), after: find(sql`>`, sql`ASC`) };
}

function mapRun(row: Row): RunEntry {
  return mapRow<RunEntry>(row, { params: json });
}
