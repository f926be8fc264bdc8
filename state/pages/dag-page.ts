/** Dags as lists show them: their rows, definitions, faults and counts of runs. */
import type { DagDefinition } from "../../model/dag/dag.ts";
import type { DagRunState } from "../../model/run/dag-run.ts";
import type { Query } from "../sqlite/query.ts";
import { flag, json, mapRow, type Row } from "../sqlite/row.ts";
import { sql, type Sql } from "../sqlite/statement.ts";
import { orderBy, countRows, whereAll, type Order, type Page, type PageRequest } from "./page.ts";

export interface DagEntry {
  readonly dagId: string;
  readonly fingerprint: string;
  readonly definition: DagDefinition;
  readonly isPaused: boolean;
  /** Its file exists, is valid and not off. */
  readonly isActive: boolean;
  readonly hasImportError: boolean;
  /** When a scheduler or a command saw this version first, ISO UTC. */
  readonly seenAt: string;
  /** Up to here all slots are handled, ISO UTC; `null` if no scheduler has read it yet. */
  readonly cursor: string | null;
}

export interface DagFilter {
  readonly isPaused?: boolean | undefined;
  readonly isActive?: boolean | undefined;
  /** A part of its id, in any case. */
  readonly pattern?: string | undefined;
}

export type DagColumn = "dag_id" | "is_paused" | "seen_at";

const COLUMNS = sql`d.dag_id, d.fingerprint, v.definition, d.is_paused, d.is_active, d.seen_at, d.cursor,
  EXISTS (SELECT 1 FROM import_errors e WHERE e.dag_id = d.dag_id) AS has_import_error`;
const TABLES = sql`dags d JOIN dag_versions v USING (fingerprint)`;
const ORDERS: Readonly<Record<DagColumn, Sql>> = {
  dag_id: sql`d.dag_id`,
  is_paused: sql`d.is_paused`,
  seen_at: sql`d.seen_at`,
};
const CONVERTERS = { definition: json, isPaused: flag, isActive: flag, hasImportError: flag };

export function listDagPage(
  query: Query,
  { isPaused, isActive, pattern }: DagFilter,
  order: readonly Order<DagColumn>[],
  page: PageRequest,
): Page<DagEntry> {
  const where = whereAll([
    isPaused === undefined ? undefined : sql`d.is_paused = ${isPaused}`,
    isActive === undefined ? undefined : sql`d.is_active = ${isActive}`,
    pattern === undefined ? undefined : sql`instr(lower(d.dag_id), ${pattern.toLowerCase()}) > 0`,
  ]);
  const rows = query.all<Row>(
    sql`SELECT ${COLUMNS} FROM ${TABLES} WHERE ${where} ORDER BY ${orderBy(order, ORDERS, sql`d.dag_id`)}
        LIMIT ${page.limit} OFFSET ${page.offset}`,
  );
  return {
    rows: rows.map((row) => mapRow<DagEntry>(row, CONVERTERS)),
    ...countRows(query, sql`SELECT 1 FROM dags d WHERE ${where}`, page),
  };
}

export function findDag(query: Query, dagId: string): DagEntry | undefined {
  const row = query.get<Row>(sql`SELECT ${COLUMNS} FROM ${TABLES} WHERE d.dag_id = ${dagId}`);
  return row === undefined ? undefined : mapRow<DagEntry>(row, CONVERTERS);
}

/** The zones of these Dags, by their id. */
export function listZones(query: Query, dagIds: readonly string[]): ReadonlyMap<string, string> {
  const rows = query.all<{ dag_id: string; timezone: string }>(
    sql`SELECT d.dag_id, v.definition ->> 'timezone' AS timezone FROM ${TABLES}
        WHERE d.dag_id IN (SELECT value FROM json_each(${JSON.stringify(dagIds)}))`,
  );
  return new Map(rows.map(({ dag_id, timezone }) => [dag_id, timezone]));
}

export interface DagVersionEntry {
  readonly fingerprint: string;
  readonly dagId: string;
  readonly createdAt: string;
  /** 1 for the Dag's first. */
  readonly number: number;
}

/** Newest first. */
export function listVersionPage(query: Query, dagId: string, page: PageRequest): Page<DagVersionEntry> {
  const rows = query.all<Row>(
    sql`SELECT fingerprint, dag_id, created_at, row_number() OVER (ORDER BY created_at, rowid) AS number
        FROM dag_versions WHERE dag_id = ${dagId} ORDER BY number DESC LIMIT ${page.limit} OFFSET ${page.offset}`,
  );
  return {
    rows: rows.map((row) => mapRow<DagVersionEntry>(row)),
    ...countRows(query, sql`SELECT 1 FROM dag_versions WHERE dag_id = ${dagId}`, page),
  };
}

/** By fingerprint. */
export function listVersionEntries(
  query: Query,
  fingerprints: readonly string[],
): ReadonlyMap<string, DagVersionEntry> {
  const rows = query.all<Row>(
    sql`SELECT v.fingerprint, v.dag_id, v.created_at, (SELECT count(*) FROM dag_versions o
          WHERE o.dag_id = v.dag_id AND (o.created_at, o.rowid) <= (v.created_at, v.rowid)) AS number
        FROM dag_versions v WHERE v.fingerprint IN (SELECT value FROM json_each(${JSON.stringify(fingerprints)}))`,
  );
  return new Map(rows.map((row) => mapRow<DagVersionEntry>(row)).map((entry) => [entry.fingerprint, entry]));
}

export interface ImportErrorEntry {
  readonly id: number;
  readonly dagId: string;
  readonly file: string;
  /** JSON: a list of `DagIssue`. */
  readonly faults: string;
  readonly since: string;
}

export function listImportErrorPage(query: Query, page: PageRequest): Page<ImportErrorEntry> {
  const rows = query.all<Row>(
    sql`SELECT rowid AS id, dag_id, file, faults, since FROM import_errors ORDER BY dag_id
        LIMIT ${page.limit} OFFSET ${page.offset}`,
  );
  return {
    rows: rows.map((row) => mapRow<ImportErrorEntry>(row)),
    ...countRows(query, sql`SELECT 1 FROM import_errors`, page),
  };
}

/** `undefined` if the Dag's file is valid, or there is none. */
export function findImportError(query: Query, dagId: string): ImportErrorEntry | undefined {
  const row = query.get<Row>(
    sql`SELECT rowid AS id, dag_id, file, faults, since FROM import_errors WHERE dag_id = ${dagId}`,
  );
  return row === undefined ? undefined : mapRow<ImportErrorEntry>(row);
}

/** The definition of a version as it was saved, JSON text; `undefined` if the Dag has no such version. */
export function findVersionText(query: Query, dagId: string, fingerprint: string): string | undefined {
  return query.get<{ definition: string }>(
    sql`SELECT definition FROM dag_versions WHERE dag_id = ${dagId} AND fingerprint = ${fingerprint}`,
  )?.definition;
}

export interface RunCount {
  readonly dagId: string;
  readonly state: DagRunState;
  readonly count: number;
}

/** Of each of these Dags, the number of its runs in each state: each half is counted in an index that holds it. */
export function countRunsByState(query: Query, dagIds: readonly string[]): readonly RunCount[] {
  const isAsked = sql`dag_id IN (SELECT value FROM json_each(${JSON.stringify(dagIds)}))`;
  return query
    .all<Row>(
      sql`SELECT dag_id, state, count(*) AS count FROM dag_runs
            WHERE finished_at IS NOT NULL AND ${isAsked} GROUP BY dag_id, state
          UNION ALL SELECT dag_id, state, count(*) FROM dag_runs
            WHERE state IN ('queued', 'running') AND finished_at IS NULL AND ${isAsked} GROUP BY dag_id, state`,
    )
    .map((row) => mapRow<RunCount>(row));
}

/** Of one Dag; counted among the open runs, however many have ended. */
export function countRunningRunsOf(query: Query, dagId: string): number {
  return query.one<{ count: number }>(
    sql`SELECT count(*) AS count FROM dag_runs
        WHERE state IN ('queued', 'running') AND state = 'running' AND dag_id = ${dagId}`,
  ).count;
}
