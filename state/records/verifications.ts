/** The rows of verifications of the lake: one open at a time for each lake, and the newest ended ones. */
import type { Query } from "../sqlite/query.ts";
import { flag, json, mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql } from "../sqlite/statement.ts";

export const VERIFICATION_STATES = ["queued", "running", "done", "failed", "cancelled"] as const;
export type VerificationState = (typeof VERIFICATION_STATES)[number];

/** Plain JSON. */
export interface VerifyScope {
  /** Of the keys; empty: all. */
  readonly prefix: string;
  /** Every object is read. */
  readonly isDeep: boolean;
}

export interface FoundDeviation {
  readonly key: string;
  readonly verdict: string;
  readonly detail: string;
}

/** Plain JSON: it crosses threads. */
export interface VerifyReport {
  /** Recorded objects that were compared. */
  readonly checked: number;
  /** Objects of other programs, which were skipped. */
  readonly foreign: number;
  /** Data is lost, duplicated or changed. */
  readonly isFaulty: boolean;
  /** By verdict. */
  readonly counts: Readonly<Record<string, number>>;
  /** The first of them, faults before remarks. */
  readonly deviations: readonly FoundDeviation[];
}

export interface Verification extends VerifyScope {
  readonly verificationId: number;
  readonly lake: string;
  readonly state: VerificationState;
  readonly requestedBy: string;
  /** ISO UTC. */
  readonly requestedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly checked: number;
  /** `null` until they are counted. */
  readonly objects: number | null;
  readonly foreignObjects: number | null;
  /** `null` until it is done. */
  readonly isFaulty: boolean | null;
  readonly counts: VerifyReport["counts"] | null;
  readonly error: string | null;
}

/** Ended ones that are kept for each lake. */
const KEPT = 20;

const COLUMNS = sql`verification_id, lake, prefix, is_deep, state, requested_by, requested_at, started_at, finished_at,
  checked, objects, foreign_objects, is_faulty, counts, error`;

function mapVerification(row: Row): Verification {
  return mapRow<Verification>(row, {
    isDeep: flag,
    isFaulty: (value) => (value === null ? null : flag(value)),
    counts: json,
  });
}

/** The one of the lake that is queued or running. */
export function findOpenVerification(query: Query, lakeId: string): Verification | undefined {
  const row = query.get<Row>(
    sql`SELECT ${COLUMNS} FROM verifications WHERE lake = ${lakeId} AND state IN ('queued', 'running')`,
  );
  return row === undefined ? undefined : mapVerification(row);
}

/** None may be open. Old ones are deleted. */
export function insertVerification(
  query: Query,
  lakeId: string,
  { prefix, isDeep }: VerifyScope,
  by: string,
  now: Date,
): number {
  query.run(
    sql`DELETE FROM verifications WHERE lake = ${lakeId} AND verification_id <= (
          SELECT verification_id FROM verifications WHERE lake = ${lakeId}
            ORDER BY verification_id DESC LIMIT 1 OFFSET ${KEPT - 1})`,
  );
  const row = { lake: lakeId, prefix, is_deep: isDeep, requested_by: by, requested_at: now.toISOString() };
  return query.run(insertInto("verifications", row)).lastId;
}

export function findVerification(query: Query, lakeId: string, id: number): Verification | undefined {
  const row = query.get<Row>(
    sql`SELECT ${COLUMNS} FROM verifications WHERE verification_id = ${id} AND lake = ${lakeId}`,
  );
  return row === undefined ? undefined : mapVerification(row);
}

/** Newest first; few are kept. */
export function listVerifications(query: Query, lakeId: string): readonly Verification[] {
  return query
    .all<Row>(
      sql`SELECT ${COLUMNS} FROM verifications WHERE lake = ${lakeId} ORDER BY verification_id DESC LIMIT ${KEPT + 1}`,
    )
    .map(mapVerification);
}

/** The newest, whatever its state. */
export function findNewestVerification(query: Query, lakeId: string): Verification | undefined {
  const row = query.get<Row>(
    sql`SELECT ${COLUMNS} FROM verifications WHERE lake = ${lakeId} ORDER BY verification_id DESC LIMIT 1`,
  );
  return row === undefined ? undefined : mapVerification(row);
}

/** Empty until it is done. */
export function readDeviations(query: Query, id: number): readonly FoundDeviation[] {
  const row = query.get<{ deviations: string | null }>(
    sql`SELECT deviations FROM verifications WHERE verification_id = ${id}`,
  );
  return (json(row?.deviations ?? null) ?? []) as readonly FoundDeviation[];
}

/** `false` if it is no longer queued. */
export function beginVerification(query: Query, id: number, now: Date): boolean {
  const { changes } = query.run(
    sql`UPDATE verifications SET state = 'running', started_at = ${now.toISOString()}
        WHERE verification_id = ${id} AND state = 'queued'`,
  );
  return changes === 1;
}

export function noteProgress(query: Query, id: number, checked: number, objects: number): void {
  query.run(
    sql`UPDATE verifications SET checked = ${checked}, objects = ${objects}
        WHERE verification_id = ${id} AND state = 'running'`,
  );
}

export function endVerification(query: Query, id: number, report: VerifyReport, now: Date): void {
  query.run(
    sql`UPDATE verifications SET state = 'done', finished_at = ${now.toISOString()}, checked = ${report.checked},
          objects = ${report.checked}, foreign_objects = ${report.foreign}, is_faulty = ${report.isFaulty},
          counts = ${JSON.stringify(report.counts)}, deviations = ${JSON.stringify(report.deviations)}
        WHERE verification_id = ${id} AND state = 'running'`,
  );
}

export function breakVerification(
  query: Query,
  id: number,
  state: "failed" | "cancelled",
  error: string,
  now: Date,
): void {
  query.run(
    sql`UPDATE verifications SET state = ${state}, finished_at = ${now.toISOString()}, error = ${error}
        WHERE verification_id = ${id} AND state = 'running'`,
  );
}

/** Those that a dead process was doing. */
export function cancelLostVerifications(query: Query, now: Date): void {
  query.run(
    sql`UPDATE verifications SET state = 'cancelled', finished_at = ${now.toISOString()},
          error = 'The process that did it has ended.'
        WHERE state = 'running'`,
  );
}
