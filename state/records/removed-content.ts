/** What a removal means for the rows of its object and of the ids that the object holds, and what its end and its undoing mean. */
import { createHash } from "node:crypto";
import type { RemovedAnswers } from "../../model/records/removal-record.ts";
import { formatLocal } from "../../model/time/local-time.ts";
import type { Query } from "../sqlite/query.ts";
import { sql, upsertInto } from "../sqlite/statement.ts";
import { loseContent, REMOVED } from "./missing-objects.ts";
import type { RemovalRow } from "./removals.ts";

/** An object's row, as far as a removal asks. */
export interface ObjectRow {
  readonly object_id: number;
  readonly kind: string;
  readonly dataset: string | null;
  readonly sha256: string | null;
  readonly size_bytes: number;
  readonly logical_date: string | null;
  readonly is_committed: number;
  readonly missing_since: string | null;
}

export function findObjectRow(query: Query, lakeId: string, key: string): ObjectRow | undefined {
  return query.get<ObjectRow>(
    sql`SELECT object_id, kind, dataset, sha256, size_bytes, logical_date, is_committed, missing_since FROM objects
        WHERE lake = ${lakeId} AND key = ${key}`,
  );
}

/** The lakes that have an object of that key. */
export function listLakesOf(query: Query, key: string): readonly string[] {
  return query
    .all<{ lake: string }>(sql`SELECT lake FROM objects WHERE key = ${key} ORDER BY lake`)
    .map(({ lake }) => lake);
}

export function isBatchOnItsWay(query: Query, lakeId: string, key: string): boolean {
  const row = query.get(
    sql`SELECT 1 FROM batches WHERE lake = ${lakeId} AND key = ${key} AND state = 'sealed'`,
  );
  return row !== undefined;
}

/** The name of a running task that reads the object. */
export function findReader(query: Query, objectId: number): string | undefined {
  return query.get<{ name: string }>(
    sql`SELECT r.dag_id || '/' || r.run_id || ' ' || t.task_id AS name FROM task_inputs i
        JOIN task_instances t USING (task_instance_id) JOIN dag_runs r USING (dag_run_id)
        WHERE i.object_id = ${objectId} AND t.state = 'running' LIMIT 1`,
  )?.name;
}

/** The ids that the object holds, also those that another object holds too. All are of one question and generation. */
export function readAnswers(query: Query, objectId: number): RemovedAnswers {
  const rows = query.all<{ hash: string; generation: string; asked_id: string }>(
    sql`SELECT q.hash, x.generation, x.asked_id FROM (
          SELECT question_id, generation, asked_id FROM processed_ids WHERE object_id = ${objectId}
            AND (outcome = 'stored' OR reason = 'object_missing')
          UNION SELECT question_id, generation, asked_id FROM doubled_ids WHERE object_id = ${objectId}) x
        JOIN questions q USING (question_id) ORDER BY x.asked_id`,
  );
  const [first] = rows;
  return {
    questionHash: first?.hash ?? "",
    generation: first?.generation ?? "0",
    askedIds: rows.map((row) => row.asked_id),
  };
}

/** The object no longer counts; returns how many of its ids no other object holds. */
export function markRemoved(query: Query, objectId: number, now: Date): number {
  query.run(sql`UPDATE objects SET is_committed = 0, missing_since = NULL WHERE object_id = ${objectId}`);
  const held = loseContent(query, JSON.stringify([objectId]), now, REMOVED);
  const { changes } = query.run(
    sql`UPDATE processed_ids SET reason = ${REMOVED.reason}, is_permanent = 1
        WHERE object_id = ${objectId} AND outcome = 'failed' AND reason = 'object_missing'`,
  );
  return held + changes;
}

/** The object counts as missing, so that the next run looks for it and asks its ids again if it is not there. */
export function unmarkRemoved(query: Query, lakeId: string, { key, sha256 }: RemovalRow, now: Date): void {
  const row = findObjectRow(query, lakeId, key);
  // A later file may be planned or stored under the same key.
  if (row === undefined || row.sha256 !== sha256 || row.is_committed === 1) return;
  query.run(sql`UPDATE objects SET missing_since = ${now.toISOString()} WHERE object_id = ${row.object_id}`);
  query.run(
    sql`UPDATE processed_ids SET reason = 'object_missing', is_permanent = 0, ask_id = NULL
        WHERE object_id = ${row.object_id} AND reason = ${REMOVED.reason}`,
  );
}

/** The record is an object of ours, like any manifest. */
export function commitRecord(
  query: Query,
  lakeId: string,
  record: {
    readonly key: string;
    readonly body: string;
    readonly dataset: string;
    readonly logicalDate: string;
    readonly etag: string;
    readonly isAdopted: boolean;
  },
  now: Date,
  timezone: string,
): void {
  const at = now.toISOString();
  query.run(
    upsertInto("objects", ["lake", "key"], {
      lake: lakeId,
      key: record.key,
      kind: "manifest",
      dataset: record.dataset,
      sha256: createHash("sha256").update(record.body).digest("hex"),
      size_bytes: Buffer.byteLength(record.body),
      etag: record.etag,
      record_count: 0,
      is_committed: true,
      is_adopted: record.isAdopted,
      commit_order: sql`(SELECT coalesce(max(commit_order), 0) + 1 FROM objects)`,
      logical_date: record.logicalDate,
      created_at: at,
      created_at_local: formatLocal(now, timezone),
      committed_at: at,
      missing_since: null,
    }),
  );
}

export function forgetRecord(query: Query, lakeId: string, recordKey: string): void {
  query.run(sql`DELETE FROM objects WHERE lake = ${lakeId} AND key = ${recordKey} AND kind = 'manifest'`);
}
