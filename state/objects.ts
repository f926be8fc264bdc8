/** The books about objects in a lake: planned, committed, adopted, foreign. */
import type { Clock } from "../model/clock.ts";
import { formatLocal } from "../model/local-time.ts";
import type { Adoption, FoundObject, KnownObject, ObjectStore, PlannedFile } from "../model/object-store.ts";
import { adoptAnswers, claimSealedBatch } from "./adoption.ts";
import type { Database, Query } from "./database.ts";
import { flag, mapRow, type Row } from "./row.ts";
import { sql } from "./statement.ts";

const COLUMNS = "object_id, key, kind, dataset, sha256, size_bytes, etag, is_committed, is_adopted";
/** Commit order is a count of its own: an object that is committed again becomes the newest. */
const NEXT_ORDER = "(SELECT coalesce(max(commit_order), 0) + 1 FROM objects)";

export function createObjectStore(database: Database, clock: Clock, timezone: string): ObjectStore {
  return {
    listKnown(lakeId, prefix) {
      const rows = database.all<Row>(
        sql(
          `SELECT ${COLUMNS} FROM objects WHERE lake = ? AND substr(key, 1, ?) = ?`,
          lakeId,
          prefix.length,
          prefix,
        ),
      );
      return new Map(rows.map((row) => [String(row["key"]), mapObject(row)]));
    },
    find: (lakeId, key) =>
      firstObject(database, sql(`SELECT ${COLUMNS} FROM objects WHERE lake = ? AND key = ?`, lakeId, key)),
    findNewestFile: (lakeId, dataset) => findNewestFile(database, lakeId, dataset),
    adopt: (lakeId, found) =>
      database.write((query) => {
        const adoption = { objects: 0, ids: 0, doubledIds: 0 };
        for (const object of found) adoptOne(query, lakeId, object, clock.now(), timezone, adoption);
        return adoption;
      }),
    planFile: (file) => database.write((query) => planFile(query, file, clock.now())),
    commitFile: (objectId, etag) =>
      database.write((query) => {
        query.run(
          sql(
            `UPDATE objects SET is_committed = 1, etag = ?, committed_at = ?, commit_order = ${NEXT_ORDER}
              WHERE object_id = ?`,
            etag,
            clock.now().toISOString(),
            objectId,
          ),
        );
      }),
    confirmAdopted: (objectId) =>
      database.write((query) => {
        query.run(sql("UPDATE objects SET is_adopted = 0 WHERE object_id = ?", objectId));
      }),
    dropPlannedFile: (objectId) =>
      database.write((query) => {
        query.run(sql("DELETE FROM objects WHERE object_id = ? AND is_committed = 0", objectId));
      }),
  };
}

export function findNewestFile(query: Query, lakeId: string, dataset: string): KnownObject | undefined {
  return firstObject(
    query,
    sql(
      `SELECT ${COLUMNS} FROM objects WHERE lake = ? AND dataset = ? AND kind = 'file' AND is_committed = 1
        ORDER BY commit_order DESC LIMIT 1`,
      lakeId,
      dataset,
    ),
  );
}

export function findObjectById(query: Query, lakeId: string, objectId: number): KnownObject | undefined {
  return firstObject(
    query,
    sql(
      `SELECT ${COLUMNS} FROM objects WHERE lake = ? AND object_id = ? AND kind = 'file' AND is_committed = 1`,
      lakeId,
      objectId,
    ),
  );
}

function planFile(query: Query, file: PlannedFile, now: Date): number {
  const { lakeId, dataset, key, sha256, sizeBytes, run, taskId } = file;
  query.run(
    sql(
      `INSERT INTO objects (lake, key, kind, dataset, sha256, size_bytes, is_committed, is_adopted, logical_date, dag_run_id,
          task_id, created_at, created_at_local)
        VALUES (?, ?, 'file', ?, ?, ?, 0, 0, ?, ?, ?, ?, ?)
        ON CONFLICT (lake, key) DO UPDATE SET dataset = excluded.dataset, sha256 = excluded.sha256,
          size_bytes = excluded.size_bytes, logical_date = excluded.logical_date, dag_run_id = excluded.dag_run_id,
          task_id = excluded.task_id
        WHERE objects.is_committed = 0`,
      lakeId,
      key,
      dataset,
      sha256,
      sizeBytes,
      run.logicalDate,
      run.dagRunId,
      taskId,
      now.toISOString(),
      formatLocal(now, run.timezone),
    ),
  );
  const row = query.get<{ object_id: number }>(
    sql("SELECT object_id FROM objects WHERE lake = ? AND key = ?", lakeId, key),
  );
  return row?.object_id ?? 0;
}

function adoptOne(
  query: Query,
  lakeId: string,
  found: FoundObject,
  now: Date,
  timezone: string,
  adoption: { -readonly [Name in keyof Adoption]: Adoption[Name] },
): void {
  if (claimSealedBatch(query, lakeId, found)) return;
  query.run(
    sql(
      `INSERT INTO objects (lake, key, kind, dataset, sha256, size_bytes, etag, record_count, is_committed, is_adopted,
          commit_order, batch_uid, logical_date, created_at, created_at_local, committed_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 1, ${NEXT_ORDER}, ?, ?, ?, ?, ?)
        ON CONFLICT (lake, key) DO UPDATE SET kind = excluded.kind, dataset = excluded.dataset, sha256 = excluded.sha256,
          size_bytes = excluded.size_bytes, etag = excluded.etag, record_count = excluded.record_count,
          is_committed = 1, is_adopted = 1, commit_order = excluded.commit_order, batch_uid = excluded.batch_uid`,
      lakeId,
      found.key,
      found.kind,
      found.dataset,
      found.sha256,
      found.sizeBytes,
      found.etag,
      found.answers?.askedIds.length ?? null,
      found.answers?.batchUid ?? null,
      found.logicalDate,
      now.toISOString(),
      formatLocal(now, timezone),
      now.toISOString(),
    ),
  );
  if (found.kind !== "foreign") adoption.objects += 1;
  if (found.answers === null) return;
  const ids = adoptAnswers(query, lakeId, found, found.answers, now);
  adoption.ids += ids.stored;
  adoption.doubledIds += ids.doubled;
}

function firstObject(query: Query, statement: ReturnType<typeof sql>): KnownObject | undefined {
  const row = query.get<Row>(statement);
  return row === undefined ? undefined : mapObject(row);
}

function mapObject(row: Row): KnownObject {
  return mapRow<KnownObject>(row, { isCommitted: flag, isAdopted: flag });
}
