/** The rows of objects in a lake: planned, committed, adopted, foreign. */
import type { Clock } from "../../model/ports/clock.ts";
import { formatLocal } from "../../model/time/local-time.ts";
import type { FoundObject, KnownObject, ObjectStore, PreparedFile } from "../../model/ports/object-store.ts";
import { adoptAnswers, adoptDecisions, claimSealedBatch } from "./adoption.ts";
import type { Database } from "../sqlite/database.ts";
import type { Query } from "../sqlite/query.ts";
import { loseContent, markMissing, MISSING } from "./missing-objects.ts";
import { findRemovals, findRemovalState } from "./removals.ts";
import { noteRemovals } from "./learned-removals.ts";
import { learnTable } from "./table-contents.ts";
import { flag, mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql, type Sql } from "../sqlite/statement.ts";

export const OBJECT_COLUMNS = sql`object_id, key, kind, dataset, sha256, size_bytes, etag, is_committed, is_adopted`;
const OBJECTS = sql`SELECT ${OBJECT_COLUMNS} FROM objects`;
/** The commit order is a separate counter: an object that is committed again becomes the newest. */
const NEXT_ORDER = sql`(SELECT coalesce(max(commit_order), 0) + 1 FROM objects)`;

export function createObjectStore(database: Database, clock: Clock, timezone: string): ObjectStore {
  return {
    async listKnown(lakeId, prefix, dataset) {
      const rows = database.all<Row>(
        sql`${OBJECTS} WHERE lake = ${lakeId}
            AND (substr(key, 1, ${prefix.length}) = ${prefix} OR (dataset = ${dataset} AND is_committed = 1))`,
      );
      return new Map(rows.map((row) => [String(row["key"]), mapObject(row)]));
    },
    find: async (lakeId, key) =>
      firstObject(database, sql`${OBJECTS} WHERE lake = ${lakeId} AND key = ${key}`),
    findNewestFile: async (lakeId, dataset) => findNewestFile(database, lakeId, dataset),
    adopt: (lakeId, found) =>
      database.write((query) => {
        const adopted = { objects: 0, ids: 0, doubledIds: 0, replacedKeys: [], lostIds: 0, removedKeys: [] };
        for (const object of found) adoptOne(query, lakeId, object, clock.now(), timezone, adopted);
        const { replacedKeys, lostIds, ...rest } = adopted;
        return { ...rest, replaced: { keys: replacedKeys, ids: lostIds } };
      }),
    markMissing: (objectIds) => database.write((query) => markMissing(query, objectIds, clock.now())),
    noteSeenAgain: (seen) =>
      database.write((query) => {
        for (const { objectId, etag, isUnread } of seen) {
          query.run(
            sql`UPDATE objects SET etag = ${etag}, is_adopted = max(is_adopted, ${isUnread})
                WHERE object_id = ${objectId}`,
          );
        }
      }),
    noteListed: (lakeId, listed) =>
      database.write((query) => {
        query.run(
          sql`UPDATE batches SET manifest_key = ${listed.manifestKey} WHERE lake = ${lakeId} AND kind = 'records'
              AND manifest_batch_id IS NULL
              AND batch_uid IN (SELECT value FROM json_each(${JSON.stringify(listed.batchUids)}))`,
        );
        return adoptDecisions(query, lakeId, listed, clock.now());
      }),
    noteRemovals: (lakeId, found) =>
      database.write((query) => noteRemovals(query, lakeId, found, clock.now(), timezone)),
    findRemovals: async (lakeId, sha256) => findRemovals(database, lakeId, sha256),
    prepareFile: (file) => database.write((query) => prepareFile(query, file, clock.now())),
    commitFile: (objectId, etag) =>
      database.write((query) => {
        query.run(
          sql`UPDATE objects SET is_committed = 1, missing_since = NULL, etag = ${etag},
                committed_at = ${clock.now().toISOString()}, commit_order = ${NEXT_ORDER}
              WHERE object_id = ${objectId}`,
        );
      }),
    confirmAdopted: (objectId) =>
      database.write((query) => {
        query.run(sql`UPDATE objects SET is_adopted = 0 WHERE object_id = ${objectId}`);
      }),
    dropPreparedFile: (objectId) =>
      database.write((query) => {
        query.run(
          sql`DELETE FROM objects WHERE object_id = ${objectId} AND is_committed = 0 AND missing_since IS NULL
              AND NOT EXISTS (SELECT 1 FROM removals x WHERE x.lake = objects.lake AND x.key = objects.key)`,
        );
      }),
  };
}

export function findNewestFile(query: Query, lakeId: string, dataset: string): KnownObject | undefined {
  return firstObject(
    query,
    sql`${OBJECTS} WHERE lake = ${lakeId} AND dataset = ${dataset} AND kind = 'file' AND is_committed = 1
        ORDER BY commit_order DESC LIMIT 1`,
  );
}

export function findObjectById(query: Query, lakeId: string, objectId: number): KnownObject | undefined {
  return firstObject(
    query,
    sql`${OBJECTS} WHERE lake = ${lakeId} AND object_id = ${objectId} AND kind = 'file' AND is_committed = 1`,
  );
}

/** A row that is committed already stays as it is. */
export function prepareFile(query: Query, file: PreparedFile, now: Date): number {
  const { lakeId, dataset, key, sha256, sizeBytes, run, taskId } = file;
  const planned = {
    lake: lakeId,
    key,
    kind: "file",
    dataset,
    sha256,
    size_bytes: sizeBytes,
    is_committed: false,
    is_adopted: false,
    logical_date: run.logicalDate,
    dag_run_id: run.dagRunId,
    task_id: taskId,
    created_at: now.toISOString(),
    created_at_local: formatLocal(now, run.timezone),
  };
  query.run(
    sql`${insertInto("objects", planned)}
        ON CONFLICT (lake, key) DO UPDATE SET dataset = excluded.dataset, sha256 = excluded.sha256,
          size_bytes = excluded.size_bytes, logical_date = excluded.logical_date, dag_run_id = excluded.dag_run_id,
          task_id = excluded.task_id
        WHERE objects.is_committed = 0`,
  );
  return query.one<{ object_id: number }>(
    sql`SELECT object_id FROM objects WHERE lake = ${lakeId} AND key = ${key}`,
  ).object_id;
}

interface Adopted {
  objects: number;
  ids: number;
  doubledIds: number;
  readonly replacedKeys: string[];
  lostIds: number;
  readonly removedKeys: string[];
}

function adoptOne(
  query: Query,
  lakeId: string,
  found: FoundObject,
  now: Date,
  timezone: string,
  adopted: Adopted,
): void {
  const removal = findRemovalState(query, lakeId, found);
  if (removal === "removed") adopted.removedKeys.push(found.key);
  if (removal !== undefined) return;
  if (claimSealedBatch(query, lakeId, found, now)) return;
  const learnt = learnTable(query, lakeId, found, now);
  if (learnt === "committed") return;
  if (learnt !== "replaced") loseReplaced(query, lakeId, found, now, adopted);
  const at = now.toISOString();
  const row = {
    lake: lakeId,
    key: found.key,
    kind: found.kind,
    dataset: found.dataset,
    sha256: found.sha256,
    size_bytes: found.sizeBytes,
    etag: found.etag,
    record_count: found.answers?.askedIds.length,
    is_committed: true,
    is_adopted: true,
    commit_order: NEXT_ORDER,
    batch_uid: found.answers?.batchUid,
    logical_date: found.logicalDate,
    created_at: at,
    created_at_local: formatLocal(now, timezone),
    committed_at: at,
  };
  query.run(
    sql`${insertInto("objects", row)}
        ON CONFLICT (lake, key) DO UPDATE SET kind = excluded.kind, dataset = excluded.dataset,
          sha256 = excluded.sha256,
          size_bytes = excluded.size_bytes, etag = excluded.etag, record_count = excluded.record_count,
          is_committed = 1, is_adopted = 1, missing_since = NULL, commit_order = excluded.commit_order,
          batch_uid = excluded.batch_uid`,
  );
  if (found.kind !== "foreign") adopted.objects += 1;
  if (found.answers === null) return;
  const ids = adoptAnswers(query, lakeId, found, found.answers, now);
  adopted.ids += ids.stored;
  adopted.doubledIds += ids.doubled;
}

/** The key has other bytes than recorded: the recorded object counts as gone. */
function loseReplaced(query: Query, lakeId: string, found: FoundObject, now: Date, adopted: Adopted): void {
  const before = query.get<{ object_id: number; sha256: string | null }>(
    sql`SELECT object_id, sha256 FROM objects
        WHERE lake = ${lakeId} AND key = ${found.key} AND kind <> 'foreign' AND is_committed = 1`,
  );
  if (before === undefined || before.sha256 === found.sha256) return;
  adopted.replacedKeys.push(found.key);
  adopted.lostIds += loseContent(query, JSON.stringify([before.object_id]), now, MISSING);
}

function firstObject(query: Query, statement: Sql): KnownObject | undefined {
  const row = query.get<Row>(statement);
  return row === undefined ? undefined : mapObject(row);
}

export function mapObject(row: Row): KnownObject {
  return mapRow<KnownObject>(row, { isCommitted: flag, isAdopted: flag });
}
