/**
 * The rows of notices, and the facts about a Dag's runs that they are made from. The scheduler decides which run gets
 * a notice and when it is sent again.
 */
import type { DagRun } from "../../model/run/dag-run.ts";
import {
  NOTICE_TRANSITIONS,
  type Notice,
  type NoticeKind,
  type NoticeTarget,
} from "../../model/ports/notice.ts";
import { assertTransition } from "../../model/run/transitions.ts";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql, type Sql } from "../sqlite/statement.ts";

export interface NewNotice {
  readonly dagId: string;
  readonly runId: string;
  readonly kind: NoticeKind;
  readonly failures: number;
  readonly message: string;
}

/** A row for each target, due at once. */
export function insertNotice(
  query: Query,
  notice: NewNotice,
  targets: readonly NoticeTarget[],
  now: Date,
): void {
  const { dagId, runId, kind, failures, message } = notice;
  const at = now.toISOString();
  for (const { channel, recipient } of targets) {
    query.run(
      sql`INSERT INTO notices (dag_id, run_id, kind, failures, message, next_try_at, created_at, channel, recipient)
          VALUES (${dagId}, ${runId}, ${kind}, ${failures}, ${message}, ${at}, ${at}, ${channel}, ${recipient})`,
    );
  }
}

/** The Dag's last notice, sent or not. */
export function findNewestNotice(query: Query, dagId: string): Notice | undefined {
  const row = query.get<Row>(
    sql`SELECT * FROM notices WHERE dag_id = ${dagId} ORDER BY notice_id DESC LIMIT 1`,
  );
  return row === undefined ? undefined : mapRow<Notice>(row);
}

export interface FailureStreak {
  /** End of the success before; `null` without one. */
  readonly since: string | null;
  /** Runs that have failed after it. Cancelled ones are neither. */
  readonly failures: number;
}

/**
 * The Dag's failed runs since its last success, in the order of their ends, without the run that has just ended. Ends
 * in the same millisecond keep the order in which the runs were created.
 */
export function readFailureStreak(query: Query, run: DagRun): FailureStreak {
  const { dagId, dagRunId } = run;
  const success = query.get<{ dag_run_id: number; finished_at: string }>(
    sql`SELECT dag_run_id, finished_at FROM dag_runs
        WHERE dag_id = ${dagId} AND state = 'success' AND finished_at IS NOT NULL AND dag_run_id <> ${dagRunId}
        ORDER BY finished_at DESC, dag_run_id DESC LIMIT 1`,
  );
  const since = success?.finished_at ?? "";
  const counted = query.get<{ failures: number }>(
    sql`SELECT count(*) AS failures FROM dag_runs
        WHERE dag_id = ${dagId} AND state = 'failed' AND finished_at >= ${since} AND dag_run_id <> ${dagRunId}
          AND (finished_at > ${since} OR dag_run_id > ${success?.dag_run_id ?? 0})`,
  );
  return { since: success?.finished_at ?? null, failures: counted?.failures ?? 0 };
}

/** The task that failed first, with its message. */
export function findFirstFailure(
  query: Query,
  dagRunId: number,
): { readonly taskId: string; readonly message: string | null } | undefined {
  const row = query.get<Row>(
    sql`SELECT task_id, message FROM task_instances WHERE dag_run_id = ${dagRunId} AND state = 'failed'
        ORDER BY finished_at, task_instance_id LIMIT 1`,
  );
  return row === undefined ? undefined : mapRow(row);
}

/** Only the oldest open notice of each Dag and target may be sent: a recovery must not arrive before its failure. */
const sendable = (channel: NoticeTarget["channel"]): Sql =>
  sql`FROM notices WHERE notice_id IN (
    SELECT min(notice_id) FROM notices WHERE state = 'open' AND channel = ${channel} GROUP BY dag_id, recipient)`;

/** No try is planned later than `unlikely`: a later or invalid time is due now. */
const dueAt = (now: Date, unlikely: Date): Sql =>
  sql`CASE WHEN julianday(next_try_at) IS NULL OR next_try_at > ${unlikely.toISOString()} THEN ${now.toISOString()}
      ELSE next_try_at END`;

/** The channel's oldest notice that may be sent and is due. */
export function findDueNotice(
  query: Query,
  channel: NoticeTarget["channel"],
  now: Date,
  unlikely: Date,
): Notice | undefined {
  const row = query.get<Row>(
    sql`SELECT * ${sendable(channel)} AND ${dueAt(now, unlikely)} <= ${now.toISOString()}
        ORDER BY notice_id LIMIT 1`,
  );
  return row === undefined ? undefined : mapRow<Notice>(row);
}

/** When the channel's next notice that may be sent is due, ISO UTC; `null` without one. */
export function findNextDueAt(
  query: Query,
  channel: NoticeTarget["channel"],
  now: Date,
  unlikely: Date,
): string | null {
  const row = query.get<{ due_at: string | null }>(
    sql`SELECT min(${dueAt(now, unlikely)}) AS due_at ${sendable(channel)}`,
  );
  return row?.due_at ?? null;
}

/** The last notice of each target that is sent or given up. */
export function listLastEnds(query: Pick<Query, "all">): readonly Notice[] {
  return query
    .all<Row>(
      sql`SELECT * FROM notices WHERE notice_id IN (
            SELECT max(notice_id) FROM notices WHERE state <> 'open' GROUP BY channel, recipient)
          ORDER BY notice_id`,
    )
    .map((row) => mapRow<Notice>(row));
}

/** `false` if it was no longer open. */
export function endNotice(
  query: Query,
  notice: Notice,
  end: { readonly state: "sent" } | { readonly state: "given_up"; readonly error: string },
  now: Date,
): boolean {
  assertTransition("Notice", NOTICE_TRANSITIONS, notice.state, end.state);
  const isSent = end.state === "sent";
  const { changes } = query.run(
    sql`UPDATE notices SET state = ${end.state}, tries = tries + ${isSent ? 0 : 1},
        error = ${isSent ? null : end.error}, sent_at = ${isSent ? now.toISOString() : null}, next_try_at = NULL
        WHERE notice_id = ${notice.noticeId} AND state = 'open'`,
  );
  return changes === 1;
}

/** The try failed and there will be another one. */
export function postponeNotice(query: Query, notice: Notice, error: string, nextTryAt: Date): void {
  query.run(
    sql`UPDATE notices SET tries = tries + 1, error = ${error}, next_try_at = ${nextTryAt.toISOString()}
        WHERE notice_id = ${notice.noticeId} AND state = 'open'`,
  );
}
