/** The rows of Dags: whether they are paused, whether their file exists, and how far their schedule is handled. */
import type { DagIssue } from "../../model/errors.ts";
import { IS_PLACE } from "./dag-runs.ts";
import type { Query } from "../sqlite/query.ts";
import { flag, mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";

export interface DagRow {
  readonly dagId: string;
  readonly fingerprint: string;
  readonly isPaused: boolean;
  /** Its file exists, is valid and not off. */
  readonly isActive: boolean;
  /** As text, with the zone; `null` if no scheduler has read it yet. */
  readonly schedule: string | null;
  /** ISO UTC. */
  readonly cursor: string | null;
  readonly successCursor: number | null;
}

export function listDagRows(query: Query): ReadonlyMap<string, DagRow> {
  const rows = query.all<Row>(
    sql`SELECT dag_id, fingerprint, is_paused, is_active, schedule, cursor, success_cursor FROM dags`,
  );
  return new Map(
    rows.map((row) => mapRow<DagRow>(row, { isPaused: flag, isActive: flag })).map((row) => [row.dagId, row]),
  );
}

export interface DagStart {
  readonly schedule: string;
  readonly cursor: Date;
  readonly successCursor: number;
}

/** The slots of a new Dag, or of one with an edited schedule, count from here. */
export function startDag(query: Query, dagId: string, start: DagStart): void {
  query.run(
    sql`UPDATE dags SET schedule = ${start.schedule}, cursor = ${start.cursor.toISOString()},
        success_cursor = ${start.successCursor} WHERE dag_id = ${dagId}`,
  );
}

export function moveCursor(query: Query, dagId: string, cursor: Date): void {
  query.run(sql`UPDATE dags SET cursor = ${cursor.toISOString()} WHERE dag_id = ${dagId}`);
}

export function moveSuccessCursor(query: Query, dagId: string, successCursor: number): void {
  query.run(sql`UPDATE dags SET success_cursor = ${successCursor} WHERE dag_id = ${dagId}`);
}

export function setActive(query: Query, dagId: string, isActive: boolean): void {
  query.run(sql`UPDATE dags SET is_active = ${isActive} WHERE dag_id = ${dagId}`);
}

export function setPaused(query: Query, dagId: string, isPaused: boolean): void {
  query.run(sql`UPDATE dags SET is_paused = ${isPaused} WHERE dag_id = ${dagId}`);
}

/** The newest position in the order of successes; 0 if there is none. */
export function readNewestSuccess(query: Query): number {
  const row = query.get<{ newest: number | null }>(
    sql`SELECT max(success_order) AS newest FROM dag_runs WHERE ${IS_PLACE}`,
  );
  return row?.newest ?? 0;
}

/** The faults of broken Dag files as text, by Dag id. */
export function listImportErrors(query: Query): ReadonlyMap<string, string> {
  const rows = query.all<{ dag_id: string; faults: string }>(sql`SELECT dag_id, faults FROM import_errors`);
  return new Map(rows.map((row) => [row.dag_id, row.faults]));
}

export function saveImportError(query: Query, dagId: string, issues: readonly DagIssue[], now: Date): void {
  query.run(
    sql`INSERT INTO import_errors (dag_id, file, faults, since) VALUES (${dagId}, ${issues[0]?.file ?? ""},
        ${JSON.stringify(issues)}, ${now.toISOString()})
        ON CONFLICT (dag_id) DO UPDATE SET file = excluded.file, faults = excluded.faults`,
  );
}

export function deleteImportError(query: Query, dagId: string): void {
  query.run(sql`DELETE FROM import_errors WHERE dag_id = ${dagId}`);
}
