/** What the keys of derived tables hold: planned, standing and replaced content. The row in `objects` is what stands. */
import type { FoundObject } from "../../model/ports/object-store.ts";
import type { TableContent } from "../../model/ports/table-store.ts";
import type { Query } from "../sqlite/query.ts";
import { insertInto, sql, type Sql } from "../sqlite/statement.ts";
import { mapRow, type Row } from "../sqlite/row.ts";

export const CONTENT_COLUMNS = sql`c.content_id, c.sha256, c.size_bytes, c.row_count, c.fingerprint, c.inputs_date, c.logical_date, c.engine`;

export function findContent(
  query: Query,
  lakeId: string,
  key: string,
  state: "planned" | "standing",
): TableContent | undefined {
  const row = query.get<Row>(
    sql`SELECT ${CONTENT_COLUMNS} FROM table_contents c WHERE c.lake = ${lakeId} AND c.key = ${key} AND c.state = ${state}`,
  );
  return row === undefined ? undefined : mapRow<TableContent>(row);
}

export interface BegunContent extends Pick<TableContent, "sha256" | "sizeBytes"> {
  readonly key: string;
  readonly dagId: string;
  readonly runId: string;
}

/** What runs have begun to publish and not recorded yet. */
export function listBegun(query: Query, lakeId: string): readonly BegunContent[] {
  const rows = query.all<Row>(
    sql`SELECT c.key, c.sha256, c.size_bytes, r.dag_id, r.run_id FROM table_contents c JOIN dag_runs r USING (dag_run_id)
        WHERE c.lake = ${lakeId} AND c.state = 'planned'`,
  );
  return rows.map((row) => mapRow<BegunContent>(row));
}

/**
 * For an object that was found in the lake. `committed`: it is the planned one, whose process ended before it could record the put.
 * `replaced`: it is a table, and so was what stood there: another database has made it again. `undefined`: it is no table, or
 * takes no other's place.
 */
export function learnTable(
  query: Query,
  lakeId: string,
  found: FoundObject,
  now: Date,
): "committed" | "replaced" | undefined {
  const { key, sha256, table, dataset } = found;
  if (sha256 === null) return undefined;
  const planned = findContent(query, lakeId, key, "planned");
  if (planned?.sha256 === sha256) {
    commitContent(query, planned.contentId, found.etag, now);
    return "committed";
  }
  const standing = findContent(query, lakeId, key, "standing");
  if (table === undefined || dataset === null) return undefined;
  if (standing?.sha256 === sha256) return undefined;
  markReplaced(query, lakeId, key, now);
  const { fingerprint, inputsDate, rowCount, engine } = table;
  const row = {
    lake: lakeId,
    key,
    dataset,
    state: "standing",
    sha256,
    size_bytes: found.sizeBytes,
    row_count: rowCount,
    fingerprint,
    inputs_date: inputsDate,
    logical_date: found.logicalDate,
    engine,
    created_at: now.toISOString(),
    committed_at: now.toISOString(),
  };
  query.run(insertInto("table_contents", row));
  return standing === undefined ? undefined : "replaced";
}

/** The planned content stands from now on. Returns the object's id. */
export function commitContent(query: Query, contentId: number, etag: string, now: Date): number {
  const at = now.toISOString();
  const { lake, key } = query.one<{ lake: string; key: string }>(
    sql`SELECT lake, key FROM table_contents WHERE content_id = ${contentId}`,
  );
  markReplaced(query, lake, key, now);
  query.run(
    sql`UPDATE table_contents SET state = 'standing', committed_at = ${at} WHERE content_id = ${contentId}`,
  );
  query.run(
    sql`UPDATE objects SET kind = 'file', dataset = c.dataset, sha256 = c.sha256, size_bytes = c.size_bytes,
          etag = ${etag}, is_committed = 1, is_adopted = 0, missing_since = NULL, batch_uid = NULL, record_count = NULL,
          logical_date = c.logical_date, dag_run_id = c.dag_run_id, task_id = c.task_id, committed_at = ${at},
          commit_order = (SELECT coalesce(max(commit_order), 0) + 1 FROM objects)
        FROM table_contents c
        WHERE c.content_id = ${contentId} AND objects.lake = c.lake AND objects.key = c.key`,
  );
  return query.one<{ object_id: number }>(
    sql`SELECT object_id FROM objects WHERE lake = ${lake} AND key = ${key}`,
  ).object_id;
}

function markReplaced(query: Query, lakeId: string, key: string, now: Date): void {
  query.run(
    sql`UPDATE table_contents SET state = 'replaced', replaced_at = ${now.toISOString()}
        WHERE ${isAt(lakeId, key)} AND state = 'standing'`,
  );
}

function isAt(lakeId: string, key: string): Sql {
  return sql`lake = ${lakeId} AND key = ${key}`;
}
