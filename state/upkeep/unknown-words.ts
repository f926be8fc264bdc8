/**
 * Finds rows whose state, kind or outcome this program does not know, written by a newer version or by hand. Queries
 * only look for known words, so such a row would wait silently for ever. The scheduler decides about runs; the other
 * rows are repaired here.
 */
import { ROLES } from "../../model/access/user.ts";
import { DAG_RUN_STATES, RUN_TYPES, STOP_REASONS } from "../../model/run/dag-run.ts";
import { ATTEMPT_STATES, TASK_STATES } from "../../model/run/task-instance.ts";
import { BATCH_KINDS } from "../../model/ports/batch-store.ts";
import { NOTICE_CHANNELS, NOTICE_KINDS, NOTICE_STATES } from "../../model/ports/notice.ts";
import { OBJECT_KINDS } from "../../model/ports/object-store.ts";
import { ID_OUTCOMES } from "../../model/records/ask-policy.ts";
import { REQUEST_STATES } from "../control/requests.ts";
import { BATCH_STATES } from "../records/batches.ts";
import { VERIFICATION_STATES } from "../records/verifications.ts";
import { BACKFILL_STATES, REPROCESS } from "../runs/backfills.ts";
import type { Query } from "../sqlite/query.ts";
import { sql, Sql } from "../sqlite/statement.ts";

interface Column {
  readonly table: string;
  /** Names the row for people. */
  readonly key: string;
  readonly column: string;
  readonly words: readonly string[];
}

/** Every column with a fixed set of words. */
export const WORD_COLUMNS: readonly Column[] = [
  { table: "dag_runs", key: "dag_id || ' ' || run_id", column: "state", words: DAG_RUN_STATES },
  { table: "dag_runs", key: "dag_id || ' ' || run_id", column: "run_type", words: RUN_TYPES },
  { table: "dag_runs", key: "dag_id || ' ' || run_id", column: "stop_reason", words: STOP_REASONS },
  {
    table: "task_instances",
    key: "task_instance_id || ' (' || task_id || ')'",
    column: "state",
    words: TASK_STATES,
  },
  {
    table: "attempts",
    key: "number || ' of task ' || task_instance_id",
    column: "state",
    words: ATTEMPT_STATES,
  },
  {
    table: "backfills",
    key: "backfill_id || ' (' || dag_id || ')'",
    column: "state",
    words: BACKFILL_STATES,
  },
  { table: "backfills", key: "backfill_id || ' (' || dag_id || ')'", column: "reprocess", words: REPROCESS },
  { table: "notices", key: "notice_id || ' (' || dag_id || ')'", column: "state", words: NOTICE_STATES },
  { table: "notices", key: "notice_id || ' (' || dag_id || ')'", column: "kind", words: NOTICE_KINDS },
  {
    table: "notices",
    key: "notice_id || ' (' || dag_id || ')'",
    column: "channel",
    words: NOTICE_CHANNELS,
  },
  { table: "api_tokens", key: "token_id || ' (' || name || ')'", column: "role", words: ROLES },
  { table: "web_sessions", key: "session_id || ' (' || name || ')'", column: "role", words: ROLES },
  { table: "verifications", key: "verification_id", column: "state", words: VERIFICATION_STATES },
  { table: "requests", key: "request_id", column: "state", words: REQUEST_STATES },
  { table: "batches", key: "batch_id || ' (' || key || ')'", column: "state", words: BATCH_STATES },
  { table: "batches", key: "batch_id || ' (' || key || ')'", column: "kind", words: BATCH_KINDS },
  { table: "objects", key: "object_id || ' (' || key || ')'", column: "kind", words: OBJECT_KINDS },
  { table: "processed_ids", key: "asked_id", column: "outcome", words: ID_OUTCOMES },
];

/** Per column. */
const MOST_SHOWN = 20;

/** One line for each such row. Reads whole tables. */
export function listUnknownWords(query: Pick<Query, "all">): readonly string[] {
  return WORD_COLUMNS.flatMap(({ table, key, column, words }) =>
    query
      .all<{ name: string; word: string }>(
        new Sql(
          `SELECT ${key} AS name, ${column} AS word FROM ${table}
           WHERE ${column} NOT IN (${words.map((word) => `'${word}'`).join(", ")}) LIMIT ${MOST_SHOWN}`,
          [],
        ),
      )
      .map(({ name, word }) => `${table} ${name}: ${column} is "${word}", which this version does not know`),
  );
}

// Exactly the conditions of migrations 0012 and 0015: otherwise SQLite does not use its indexes.
const UNKNOWN_RUN = sql`state NOT IN ('queued', 'running', 'success', 'failed', 'cancelled')`;
const UNKNOWN_BACKFILL = sql`state NOT IN ('running', 'done', 'cancelled')`;
const UNKNOWN_NOTICE = sql`(state NOT IN ('open', 'sent', 'given_up') OR channel NOT IN ('webhook', 'mail'))`;
const UNKNOWN_REQUEST = sql`state NOT IN ('open', 'begun', 'done', 'refused', 'withdrawn')`;
const UNKNOWN_BATCH = sql`(state NOT IN ('sealed', 'committed', 'lost') OR kind NOT IN ('records', 'manifest'))`;
const UNKNOWN_OBJECT = sql`kind NOT IN ('file', 'records', 'manifest', 'foreign')`;
const UNKNOWN_OUTCOME = sql`outcome NOT IN ('stored', 'not_found', 'failed')`;

export interface UnknownRun {
  readonly dag_run_id: number;
  readonly state: string;
}

export function listUnknownRuns(query: Query): readonly UnknownRun[] {
  return query.all(sql`SELECT dag_run_id, state FROM dag_runs WHERE ${UNKNOWN_RUN}`);
}

/** A repaired row, described for people. */
export interface MendedRow {
  readonly dagId?: string;
  readonly message: string;
}

interface Found {
  readonly what: string;
  readonly id: number;
  readonly name: string;
  readonly word: string;
}

/** Queries all tables except the runs; usually it finds nothing. */
export const FIND_UNKNOWN = sql`SELECT 'backfill' AS what, backfill_id AS id, dag_id AS name, state AS word
    FROM backfills WHERE ${UNKNOWN_BACKFILL}
  UNION ALL SELECT 'notice', notice_id, dag_id, channel || ' ' || state FROM notices WHERE ${UNKNOWN_NOTICE}
  UNION ALL SELECT 'request', request_id, kind, state FROM requests WHERE ${UNKNOWN_REQUEST}
  UNION ALL SELECT 'batch', batch_id, key, kind || ' ' || state FROM batches WHERE ${UNKNOWN_BATCH}
  UNION ALL SELECT 'object', object_id, key, kind FROM objects WHERE ${UNKNOWN_OBJECT}
  UNION ALL SELECT 'ids', count(*), min(asked_id), min(outcome) FROM processed_ids WHERE ${UNKNOWN_OUTCOME}
    HAVING count(*) > 0`;

/** Needs the lease. */
export function mendUnknownWords(query: Query, now: Date): readonly MendedRow[] {
  return query.all<Found>(FIND_UNKNOWN).map((found) => mend(query, found, now));
}

function mend(query: Query, { what, id, name, word }: Found, now: Date): MendedRow {
  const at = now.toISOString();
  const unknown = `"${word}", which this version does not know`;
  switch (what) {
    case "backfill":
      query.run(sql`UPDATE backfills SET state = 'cancelled', finished_at = ${at} WHERE backfill_id = ${id}`);
      return {
        dagId: name,
        message: `Backfill ${id} of ${name} was in the state ${unknown}. It counts as cancelled; its open runs continue.`,
      };
    case "notice": {
      const error = `its channel and state were ${unknown}`;
      query.run(
        sql`UPDATE notices SET channel = CASE WHEN channel IN ('webhook', 'mail') THEN channel
              WHEN recipient IS NULL THEN 'webhook' ELSE 'mail' END,
              state = CASE state WHEN 'sent' THEN 'sent' ELSE 'given_up' END, error = ${error}, next_try_at = NULL WHERE notice_id = ${id}`,
      );
      return { dagId: name, message: `Notice ${id} of ${name} is given up: ${error}.` };
    }
    case "request":
      query.run(
        sql`UPDATE requests SET state = 'refused', answered_at = ${at}, answer = json_object('code', 'USAGE',
              'message', ${`The request was in the state ${unknown}.`}, 'hint', NULL) WHERE request_id = ${id}`,
      );
      return { message: `Request ${id} (${name}) is refused: it was in the state ${unknown}.` };
    case "batch":
      // Put again: an existing object is recognised, and a damaged batch is discarded.
      query.run(
        sql`UPDATE batches SET kind = CASE WHEN kind IN ('records', 'manifest') THEN kind
              WHEN body IS NULL THEN 'records' ELSE 'manifest' END,
            state = CASE WHEN state IN ('sealed', 'committed', 'lost') THEN state
              WHEN EXISTS (SELECT 1 FROM objects o WHERE o.lake = batches.lake AND o.key = batches.key
                AND o.batch_uid = batches.batch_uid AND o.is_committed = 1) THEN 'committed' ELSE 'sealed' END
            WHERE batch_id = ${id}`,
      );
      return {
        message: `Batch ${id} (${name}) was "${word}", which this version does not know. It is checked again.`,
      };
    case "object":
      query.run(
        sql`UPDATE objects SET kind = CASE
              WHEN object_id IN (SELECT object_id FROM processed_ids) THEN 'records'
              WHEN object_id IN (SELECT object_id FROM dataset_writes) THEN 'file'
              WHEN batch_uid IS NOT NULL THEN 'manifest' ELSE 'foreign' END
            WHERE object_id = ${id}`,
      );
      return {
        message: `Object ${id} (${name}) was of the kind ${unknown}. It now has the kind that its other records show.`,
      };
    default:
      query.run(
        sql`UPDATE processed_ids SET outcome = CASE WHEN object_id IS NULL THEN 'failed' ELSE 'stored' END,
              reason = CASE WHEN object_id IS NULL THEN 'outcome_unknown' END, detail = NULL,
              is_permanent = object_id IS NOT NULL WHERE ${UNKNOWN_OUTCOME}`,
      );
      return {
        message: `${id} ids, such as ${name}, had an outcome such as ${unknown}. Those with an object count as stored; the others are asked again.`,
      };
  }
}
