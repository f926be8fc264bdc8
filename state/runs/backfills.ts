/** The rows of backfills: the range of a Dag and its settings. Its runs are rows of dag_runs. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { RUN_COLUMNS, mapRun } from "./dag-runs.ts";
import type { Query } from "../sqlite/query.ts";
import { flag, mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql } from "../sqlite/statement.ts";

export const REPROCESS = ["none", "failed", "completed"] as const;
/** Which existing runs are rerun: none, failed ones, or all that have ended. */
export type Reprocess = (typeof REPROCESS)[number];

export const BACKFILL_STATES = ["running", "done", "cancelled"] as const;

export interface Backfill {
  readonly backfillId: number;
  /** The lake of its runs; `null` in a backfill of an older version that no process has claimed yet. */
  readonly lake: string | null;
  readonly dagId: string;
  readonly state: (typeof BACKFILL_STATES)[number];
  /** Instants, ISO UTC, both included. */
  readonly fromDate: string;
  readonly toDate: string;
  readonly reprocess: Reprocess;
  readonly isRefetch: boolean;
  readonly maxActive: number;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

const BACKFILL_COLUMNS = sql`backfill_id, lake, dag_id, state, from_date, to_date, reprocess, is_refetch, max_active,
  created_at, finished_at`;

export type NewBackfill = Omit<Backfill, "backfillId" | "state" | "createdAt" | "finishedAt">;

/** At most one backfill may run per Dag and lake: a second one is a constraint error. */
export function insertBackfill(query: Query, backfill: NewBackfill, now: Date): Backfill {
  const { lake, dagId, fromDate, toDate, reprocess, isRefetch, maxActive } = backfill;
  const row = {
    lake,
    dag_id: dagId,
    state: "running",
    from_date: fromDate,
    to_date: toDate,
    reprocess,
    is_refetch: isRefetch,
    max_active: maxActive,
    created_at: now.toISOString(),
  };
  const { lastId } = query.run(insertInto("backfills", row));
  return readBackfill(query, lastId);
}

function readBackfill(query: Query, backfillId: number): Backfill {
  const row = query.get<Row>(
    sql`SELECT ${BACKFILL_COLUMNS} FROM backfills WHERE backfill_id = ${backfillId}`,
  );
  if (row === undefined) throw new Error(`backfill ${backfillId} is missing`);
  return mapBackfill(row);
}

/** How many runs of that backfill may run at the same time. */
export function readBackfillLimit(query: Query, backfillId: number): number {
  const row = query.get<{ max_active: number }>(
    sql`SELECT max_active FROM backfills WHERE backfill_id = ${backfillId}`,
  );
  return row?.max_active ?? 1;
}

export function findRunningBackfill(query: Query, lakeId: string, dagId: string): Backfill | undefined {
  const row = query.get<Row>(
    sql`SELECT ${BACKFILL_COLUMNS} FROM backfills WHERE dag_id = ${dagId} AND lake = ${lakeId} AND state = 'running'`,
  );
  return row === undefined ? undefined : mapBackfill(row);
}

/** Running backfills without an open run. */
export function listFinishedBackfills(query: Query): readonly Backfill[] {
  return query
    .all<Row>(
      sql`SELECT ${BACKFILL_COLUMNS} FROM backfills b WHERE state = 'running' AND NOT EXISTS (
          SELECT 1 FROM dag_runs r WHERE r.backfill_id = b.backfill_id AND r.state IN ('queued', 'running'))`,
    )
    .map(mapBackfill);
}

export function setBackfillLimit(query: Query, backfillId: number, maxActive: number): void {
  query.run(sql`UPDATE backfills SET max_active = ${maxActive} WHERE backfill_id = ${backfillId}`);
}

export interface RunCounts {
  readonly total: number;
  /** Queued or running. */
  readonly open: number;
  readonly failed: number;
}

export function countBackfillRuns(query: Query, backfillId: number): RunCounts {
  const row = query.get<RunCounts>(
    sql`SELECT count(*) AS total, count(*) FILTER (WHERE state IN ('queued', 'running')) AS open,
        count(*) FILTER (WHERE state = 'failed') AS failed FROM dag_runs WHERE backfill_id = ${backfillId}`,
  );
  return row ?? { total: 0, open: 0, failed: 0 };
}

/** Every run of the backfill, oldest first. */
export function listBackfillRuns(query: Query, backfillId: number): readonly DagRun[] {
  return query
    .all<Row>(
      sql`SELECT ${RUN_COLUMNS} FROM dag_runs WHERE backfill_id = ${backfillId} ORDER BY logical_date`,
    )
    .map(mapRun);
}

export function endBackfill(query: Query, backfillId: number, state: "done" | "cancelled", now: Date): void {
  query.run(
    sql`UPDATE backfills SET state = ${state}, finished_at = ${now.toISOString()}
        WHERE backfill_id = ${backfillId} AND state = 'running'`,
  );
}

function mapBackfill(row: Row): Backfill {
  return mapRow<Backfill>(row, { isRefetch: flag });
}
