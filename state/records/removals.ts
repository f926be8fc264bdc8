/**
 * The rows of removals: objects that a user removed by hand. A removal is open until the object is gone from the store, and
 * in force until it is undone. What it means for objects and ids is in `removed-content.ts`.
 */
import type { FoundObject, RemovalFacts } from "../../model/ports/object-store.ts";
import { nameRemovalRecord, writeRemovalRecord, type Removal } from "../../model/records/removal-record.ts";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql, type Sql } from "../sqlite/statement.ts";

/** Plain JSON: part of a command's answer. */
export type RemovalRow = {
  readonly removalId: number;
  readonly key: string;
  readonly kind: string;
  readonly dataset: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly why: string;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly recordKey: string;
  readonly recordBody: string;
  readonly leftOutIds: number;
  readonly finishedAt: string | null;
  readonly undoneAt: string | null;
};

const REMOVALS = sql`SELECT removal_id, key, kind, dataset, sha256, size_bytes, why, requested_by, requested_at,
  record_key, record_body, left_out_ids, finished_at, undone_at FROM removals`;

export function insertRemoval(
  query: Query,
  lakeId: string,
  removal: Removal,
  more: { readonly leftOutIds: number; readonly finishedAt: string | null },
): number {
  const { lastId } = query.run(
    insertInto("removals", {
      uid: removal.uid,
      lake: lakeId,
      key: removal.key,
      kind: removal.kind,
      dataset: removal.dataset,
      sha256: removal.sha256,
      size_bytes: removal.sizeBytes,
      why: removal.why,
      requested_by: removal.requestedBy,
      requested_at: removal.requestedAt,
      record_key: nameRemovalRecord(removal),
      record_body: writeRemovalRecord(removal),
      left_out_ids: more.leftOutIds,
      finished_at: more.finishedAt,
    }),
  );
  return lastId;
}

/** The removal of this key that is in force, the newest if the key held several objects. */
export function findRemovalInForce(query: Query, lakeId: string, key: string): RemovalRow | undefined {
  return first(
    query,
    sql`${REMOVALS} WHERE lake = ${lakeId} AND key = ${key} AND undone_at IS NULL ORDER BY removal_id DESC LIMIT 1`,
  );
}

/** The undoing of a removal of this key that has not ended. */
export function findOpenUndo(query: Query, lakeId: string, key: string): RemovalRow | undefined {
  return first(
    query,
    sql`${REMOVALS} WHERE lake = ${lakeId} AND key = ${key} AND undone_at IS NOT NULL AND undo_finished_at IS NULL
        ORDER BY removal_id DESC LIMIT 1`,
  );
}

export function readRemoval(query: Query, removalId: number): RemovalRow {
  const row = first(query, sql`${REMOVALS} WHERE removal_id = ${removalId}`);
  if (row === undefined) throw new Error(`removal ${removalId} is missing`);
  return row;
}

/** Removals and undoings that a dead process left: the store is not yet as the database says. */
export function listOpenRemovals(query: Query, lakeId: string): readonly RemovalRow[] {
  return query
    .all<Row>(
      sql`${REMOVALS} WHERE lake = ${lakeId} AND (finished_at IS NULL OR undone_at IS NOT NULL)
          AND undo_finished_at IS NULL ORDER BY removal_id`,
    )
    .map((row) => mapRow<RemovalRow>(row));
}

/** Every removal in force of a lake, for the comparison with the store. */
export function listRemovalsInForce(query: Query, lakeId: string, prefix: string): readonly RemovalRow[] {
  return query
    .all<Row>(
      sql`${REMOVALS} WHERE lake = ${lakeId} AND substr(key, 1, ${prefix.length}) = ${prefix} AND undone_at IS NULL
          ORDER BY key`,
    )
    .map((row) => mapRow<RemovalRow>(row));
}

/** `removing`: its removal has not ended, so that the store may still hold it. */
export function findRemovalState(
  query: Query,
  lakeId: string,
  { key, sha256 }: Pick<FoundObject, "key" | "sha256">,
): "removing" | "removed" | undefined {
  if (sha256 === null) return undefined;
  return query.get<{ state: "removing" | "removed" }>(
    sql`SELECT CASE WHEN finished_at IS NULL THEN 'removing' ELSE 'removed' END AS state FROM removals
        WHERE lake = ${lakeId} AND key = ${key} AND sha256 = ${sha256} AND undone_at IS NULL`,
  )?.state;
}

export function findRemovals(query: Query, lakeId: string, sha256: string): readonly RemovalFacts[] {
  return query
    .all<Row>(
      sql`SELECT key, why, requested_by, requested_at FROM removals
          WHERE lake = ${lakeId} AND sha256 = ${sha256} AND undone_at IS NULL ORDER BY removal_id`,
    )
    .map((row) => mapRow<RemovalFacts>(row));
}

export function finishRemoval(query: Query, removalId: number, now: Date): void {
  query.run(sql`UPDATE removals SET finished_at = ${now.toISOString()} WHERE removal_id = ${removalId}`);
}

/** `false` if it was undone before. */
export function undoRemoval(
  query: Query,
  removalId: number,
  { by, why }: { readonly by: string; readonly why: string },
  now: Date,
): boolean {
  const { changes } = query.run(
    sql`UPDATE removals SET undone_by = ${by}, undone_why = ${why}, undone_at = ${now.toISOString()}
        WHERE removal_id = ${removalId} AND undone_at IS NULL`,
  );
  return changes === 1;
}

export function finishUndo(query: Query, removalId: number, now: Date): void {
  query.run(sql`UPDATE removals SET undo_finished_at = ${now.toISOString()} WHERE removal_id = ${removalId}`);
}

function first(query: Query, statement: Sql): RemovalRow | undefined {
  const row = query.get<Row>(statement);
  return row === undefined ? undefined : mapRow<RemovalRow>(row);
}
