/**
 * Requests to the process that holds the lease, and its answers. They come from other processes, and from the pages and the
 * API of the holder itself. Rows of this table are written without the lease: an open request has no effect until the holder
 * acts on it.
 */
import type { JsonValue } from "../../model/dag/dag.ts";
import type { Query } from "../sqlite/query.ts";
import { json, mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql } from "../sqlite/statement.ts";

export interface Request {
  readonly requestId: number;
  readonly kind: string;
  /** Plain JSON; `null` if the row has something else. */
  readonly payload: object | null;
  /** Who asks: events show it. */
  readonly requestedBy: string;
  /** ISO UTC. */
  readonly requestedAt: string;
}

/** The client's name for a request; the same name within `KEY_HOURS` means the same request. */
export interface RequestKey {
  readonly key: string;
  /** Of what is asked, as hex. */
  readonly hash: string;
}

/** An HTTP reply as it is kept with its request. */
export interface KeptReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const KEY_HOURS = 24;
/** A larger reply is not kept: a repetition gets it as it is then. */
const MOST_REPLY_BYTES = 64 * 1024;
/** The kind of a row that no process has asked for: it has the key and the reply of a request that had nothing to order. */
export const ANSWERED = "answered";

export const REQUEST_STATES = ["open", "begun", "done", "refused", "withdrawn"] as const;
/** `begun`: in progress, and can no longer be withdrawn. */
export type RequestState = (typeof REQUEST_STATES)[number];

export function insertRequest(
  query: Query,
  request: Omit<Request, "requestId" | "requestedAt"> & { readonly key?: RequestKey | null },
  now: Date,
): number {
  const { kind, payload, requestedBy, key } = request;
  const row = {
    kind,
    payload: JSON.stringify(payload),
    requested_by: requestedBy,
    requested_at: now.toISOString(),
    idempotency_key: key?.key,
    asked_hash: key?.hash,
  };
  return query.run(insertInto("requests", row)).lastId;
}

/** Enters a key whose request had nothing to order, with its reply. */
export function insertAnswered(
  query: Query,
  {
    requestedBy,
    key,
    reply,
  }: { readonly requestedBy: string; readonly key: RequestKey; readonly reply: KeptReply },
  now: Date,
): void {
  const row = {
    kind: ANSWERED,
    payload: "{}",
    state: "done",
    requested_by: requestedBy,
    requested_at: now.toISOString(),
    answered_at: now.toISOString(),
    idempotency_key: key.key,
    asked_hash: key.hash,
    reply: writeReply(reply),
  };
  query.run(insertInto("requests", row));
}

function writeReply(reply: KeptReply): string | null {
  return Buffer.byteLength(reply.body) > MOST_REPLY_BYTES ? null : JSON.stringify(reply);
}

export interface KeyedRequest {
  readonly requestId: number;
  readonly kind: string;
  readonly askedHash: string;
  /** `null` until it is made, and if it is too large. */
  readonly reply: KeptReply | null;
}

/** The request of that key, if the key still counts. A refused or withdrawn request has no key any more. */
export function findKeyedRequest(query: Query, key: string, now: Date): KeyedRequest | undefined {
  const row = query.get<Row>(
    sql`SELECT request_id, kind, asked_hash, reply FROM requests
        WHERE idempotency_key = ${key} AND requested_at >= ${findOldestKey(now)}`,
  );
  return row === undefined ? undefined : mapRow<KeyedRequest>(row, { reply: json });
}

/** Keys that no longer count may be given again. */
export function forgetOldKeys(query: Query, now: Date): void {
  query.run(
    sql`UPDATE requests SET idempotency_key = NULL, reply = NULL
        WHERE idempotency_key IS NOT NULL AND requested_at < ${findOldestKey(now)}`,
  );
}

function findOldestKey(now: Date): string {
  return new Date(now.getTime() - KEY_HOURS * 3_600_000).toISOString();
}

/** The request's key may be given again. */
export function releaseKey(query: Query, requestId: number): void {
  query.run(sql`UPDATE requests SET idempotency_key = NULL WHERE request_id = ${requestId}`);
}

/** The first reply of a keyed request is the one that every repetition gets: returns that one. */
export function keepReply(query: Query, requestId: number, reply: KeptReply): KeptReply {
  query.run(
    sql`UPDATE requests SET reply = ${writeReply(reply)}
        WHERE request_id = ${requestId} AND idempotency_key IS NOT NULL AND reply IS NULL`,
  );
  const row = query.get<Row>(sql`SELECT reply FROM requests WHERE request_id = ${requestId}`);
  return (
    (row === undefined ? null : mapRow<{ reply: KeptReply | null }>(row, { reply: json }).reply) ?? reply
  );
}

export function hasOpenRequests(query: Query): boolean {
  return query.get(sql`SELECT 1 FROM requests WHERE state = 'open' LIMIT 1`) !== undefined;
}

/** In the order of their creation. */
export function listOpenRequests(query: Query): readonly Request[] {
  return query
    .all<Row>(
      sql`SELECT request_id, kind, payload, requested_by, requested_at FROM requests WHERE state = 'open' ORDER BY request_id`,
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
  query.run(sql`UPDATE requests SET state = 'withdrawn', idempotency_key = NULL WHERE state = 'begun'`);
}

/** A refusal has no effect, so its key may be given again. */
export function answerRequest(
  query: Query,
  requestId: number,
  state: "done" | "refused",
  answer: JsonValue,
  now: Date,
): void {
  query.run(
    sql`UPDATE requests SET state = ${state}, answer = ${JSON.stringify(answer)},
        answered_at = ${now.toISOString()}, idempotency_key = CASE ${state} WHEN 'done' THEN idempotency_key END WHERE request_id = ${requestId} AND state IN ('open', 'begun')`,
  );
}

/** `false` if it was answered meanwhile. */
export function withdrawRequest(query: Query, requestId: number): boolean {
  const { changes } = query.run(
    sql`UPDATE requests SET state = 'withdrawn', idempotency_key = NULL
        WHERE request_id = ${requestId} AND state = 'open'`,
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
