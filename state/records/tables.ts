/** The derived tables of a lake, for the tasks that make them. `table-contents` has the rules of a change. */
import type { Clock } from "../../model/ports/clock.ts";
import type { PlannedTable, StandingTable, TableStore } from "../../model/ports/table-store.ts";
import type { Database } from "../sqlite/database.ts";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql } from "../sqlite/statement.ts";
import { prepareFile } from "./objects.ts";
import { commitContent, CONTENT_COLUMNS, findContent } from "./table-contents.ts";

export function createTableStore(database: Database, clock: Clock): TableStore {
  return {
    findStanding: async (lakeId, key) => findStanding(database, lakeId, key),
    findPlanned: async (lakeId, key) => findContent(database, lakeId, key, "planned"),
    plan: (table) => database.write((query) => plan(query, table, clock.now())),
    commit: (contentId, etag) =>
      database.write((query) => commitContent(query, contentId, etag, clock.now())),
    drop: (contentId) => database.write((query) => drop(query, contentId)),
  };
}

/** The object's row decides: it may be missing, or hold another content by now. */
function findStanding(query: Query, lakeId: string, key: string): StandingTable | undefined {
  const row = query.get<Row>(
    sql`SELECT ${CONTENT_COLUMNS}, o.object_id FROM table_contents c JOIN objects o USING (lake, key)
        WHERE c.lake = ${lakeId} AND c.key = ${key} AND c.state = 'standing' AND o.is_committed = 1
          AND o.sha256 = c.sha256`,
  );
  return row === undefined ? undefined : mapRow<StandingTable>(row);
}

function plan(query: Query, table: PlannedTable, now: Date): number {
  const { lakeId, key, dataset, run, taskId, sha256, sizeBytes } = table;
  query.run(sql`DELETE FROM table_contents WHERE lake = ${lakeId} AND key = ${key} AND state = 'planned'`);
  prepareFile(query, { lakeId, dataset, key, sha256, sizeBytes, run, taskId }, now);
  const row = {
    lake: lakeId,
    key,
    dataset,
    state: "planned",
    sha256,
    size_bytes: sizeBytes,
    row_count: table.rowCount,
    fingerprint: table.fingerprint,
    inputs_date: table.inputsDate,
    logical_date: run.logicalDate,
    engine: table.engine,
    dag_run_id: run.dagRunId,
    task_id: taskId,
    created_at: now.toISOString(),
  };
  return query.run(insertInto("table_contents", row)).lastId;
}

/** Its object's row goes too, if the key never held anything. */
function drop(query: Query, contentId: number): void {
  query.run(
    sql`DELETE FROM objects WHERE is_committed = 0 AND missing_since IS NULL
          AND NOT EXISTS (SELECT 1 FROM removals x WHERE x.lake = objects.lake AND x.key = objects.key)
          AND (lake, key) IN (SELECT lake, key FROM table_contents
            WHERE content_id = ${contentId} AND state = 'planned')`,
  );
  query.run(sql`DELETE FROM table_contents WHERE content_id = ${contentId} AND state = 'planned'`);
}
