/**
 * Requests of other processes to the lease's holder, and its answers. Inserting is the only write without the lease:
 * the row has no effect until the holder acts on it.
 */
import type { JsonValue } from "../../model/dag/dag.ts";
import type { Query } from "../sqlite/query.ts";
import { json, mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";

export interface Request {
  readonly requestId: number;
  readonly kind: string;
  /** Plain JSON; `null` if the row has something else. */
  readonly payload: object | null;
  /** ISO UTC. */
  readonly requestedAt: string;
}

export const REQUEST_STATES = ["open", "begun", "done", "refused", "withdrawn"] as const;
/** `begun`: in progress, and can no longer be withdrawn. */
export type RequestState = (typeof REQUEST_STATES)[number];

export function insertRequest(
  query: Query,
  request: Omit<Request, "requestId" | "requestedAt"> & { readonly requestedBy: string },
  now: Date,
): number {
  const { kind, payload, requestedBy } = request;
  const { lastId } = query.run(
    sql`INSERT INTO requests (kind, payload, requested_by, requested_at) VALUES (${kind},
        ${JSON.stringify(payload)}, ${requestedBy}, ${now.toISOString()})`,
  );
  return lastId;
}

export function hasOpenRequests(query: Query): boolean {
  return query.get(sql`SELECT 1 FROM requests WHERE state = 'open' LIMIT 1`) !== undefined;
}

/** In the order of their creation. */
export function listOpenRequests(query: Query): readonly Request[] {
  return query
    .all<Row>(
      sql`SELECT request_id, kind, payload, requested_at FROM requests WHERE state = 'open' ORDER BY request_id`,
    )
    .map((row) => mapRow<Request>(row, { payload: readObject }));
}

/** Any process with write access can insert a row: one without an object is refused, and only that one. */
function readObject(value: unknown): object | null {
  try {
    const payload = json(value);
    return typeof payload === "object" && !Array.isArray(payload) ? payload : null;
  } catch {
    return null;
  }
}

export function beginRequest(query: Query, requestId: number): void {
  query.run(sql`UPDATE requests SET state = 'begun' WHERE request_id = ${requestId} AND state = 'open'`);
}

/** Withdraws requests that a dead scheduler had begun, so that their commands report that it is gone. */
export function abandonRequests(query: Query): void {
  query.run(sql`UPDATE requests SET state = 'withdrawn' WHERE state = 'begun'`);
}

export function answerRequest(
  query: Query,
  requestId: number,
  state: "done" | "refused",
  answer: JsonValue,
  now: Date,
): void {
  query.run(
    sql`UPDATE requests SET state = ${state}, answer = ${JSON.stringify(answer)},
        answered_at = ${now.toISOString()} WHERE request_id = ${requestId} AND state IN ('open', 'begun')`,
  );
}

/** `false` if it was answered meanwhile. */
export function withdrawRequest(query: Query, requestId: number): boolean {
  const { changes } = query.run(
    sql`UPDATE requests SET state = 'withdrawn' WHERE request_id = ${requestId} AND state = 'open'`,
  );
  return changes === 1;
}

export function readAnswer(
  query: Query,
  requestId: number,
): { readonly state: RequestState; readonly answer: JsonValue } {
  const row = query.get<{ state: RequestState; answer: string | null }>(
    sql`SELECT state, answer FROM requests WHERE request_id = ${requestId}`,
  );
  if (row === undefined) throw new Error(`request ${requestId} is missing`);
  return { state: row.state, answer: row.answer === null ? null : (JSON.parse(row.answer) as JsonValue) };
}
