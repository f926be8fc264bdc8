/** The objects that runs depend on: those that they wrote, and those that hold the ids which they count as stored. */
import type { KnownObject } from "../../model/ports/object-store.ts";
import type { Query } from "../sqlite/query.ts";
import { mapObject, OBJECT_COLUMNS } from "./objects.ts";
import type { Row } from "../sqlite/row.ts";
import { sql, type Sql } from "../sqlite/statement.ts";

/** Finished tasks of runs; `taskIds` `null` means all of each run. */
export interface DoneWork {
  readonly dagRunIds: readonly number[];
  readonly taskIds: readonly string[] | null;
}

/** If a task wrote to another dataset or asked another question before it was rerun, only the last one counts. */
function withWork({ dagRunIds, taskIds }: DoneWork): Sql {
  const tasks = taskIds === null ? null : JSON.stringify(taskIds);
  return sql`WITH work AS (SELECT dag_run_id, task_id FROM task_instances
      WHERE dag_run_id IN (SELECT value FROM json_each(${JSON.stringify(dagRunIds)}))
        AND (${tasks} IS NULL OR task_id IN (SELECT value FROM json_each(${tasks})))),
    wrote AS (SELECT w.dataset, w.object_id FROM work JOIN dataset_writes w USING (dag_run_id, task_id)
      WHERE w.dataset_write_id = (SELECT max(x.dataset_write_id) FROM dataset_writes x
        WHERE x.dag_run_id = w.dag_run_id AND x.task_id = w.task_id)),
    asked AS (SELECT a.* FROM work JOIN asks a USING (dag_run_id, task_id)
      WHERE a.ask_id = (SELECT x.ask_id FROM asks x WHERE x.dag_run_id = a.dag_run_id AND x.task_id = a.task_id
        ORDER BY x.closed_at DESC, x.ask_id DESC LIMIT 1))`;
}

/** The datasets that the tasks wrote to. */
export function listWrittenDatasets(query: Query, work: DoneWork): readonly string[] {
  return query
    .all<{ dataset: string }>(
      sql`${withWork(work)} SELECT dataset FROM wrote
          UNION SELECT dataset FROM asked JOIN questions USING (question_id) ORDER BY 1`,
    )
    .map((row) => row.dataset);
}

/** The dataset's committed objects, without foreign ones. */
export function listDatasetObjects(query: Query, lakeId: string, dataset: string): readonly KnownObject[] {
  return query
    .all<Row>(
      sql`SELECT ${OBJECT_COLUMNS} FROM objects
          WHERE lake = ${lakeId} AND dataset = ${dataset} AND kind <> 'foreign' AND is_committed = 1`,
    )
    .map(mapObject);
}

/** The dataset's objects that an earlier run found missing. */
export function listNotedMissing(
  query: Query,
  lakeId: string,
  dataset: string,
): readonly { readonly objectId: number; readonly key: string }[] {
  return query
    .all<{ object_id: number; key: string }>(
      sql`SELECT object_id, key FROM objects
          WHERE lake = ${lakeId} AND dataset = ${dataset} AND kind IN ('file', 'records')
            AND is_committed = 0 AND missing_since IS NOT NULL`,
    )
    .map((row) => ({ objectId: row.object_id, key: row.key }));
}

/**
 * Which of these objects the tasks depend on: a file that they wrote or found unchanged, their manifests, and records
 * with the newest answer for one of their candidates that no other object holds; for an ask with a limit, only ids
 * that it decided itself.
 */
export function filterNeeded(
  query: Query,
  work: DoneWork,
  objectIds: readonly number[],
): ReadonlySet<number> {
  const among = sql`(SELECT object_id FROM among)`;
  const rows = query.all<{ object_id: number }>(
    sql`${withWork(work)},
          among AS MATERIALIZED (SELECT value AS object_id FROM json_each(${JSON.stringify(objectIds)}))
        SELECT object_id FROM wrote WHERE object_id IN ${among}
        UNION SELECT o.object_id FROM work JOIN objects o USING (dag_run_id, task_id)
          WHERE o.kind = 'manifest' AND o.object_id IN ${among}
        UNION SELECT p.object_id FROM asked a JOIN processed_ids p USING (question_id)
          WHERE p.object_id IN ${among} AND (p.outcome = 'stored' OR p.reason = 'object_missing')
            AND (p.ask_id = a.ask_id OR (a.limit_ids IS NULL AND p.asked_id IN
              (SELECT c.asked_id FROM candidate_ids c WHERE c.candidate_set_id = a.candidate_set_id)))
            AND p.generation = (SELECT max(x.generation) FROM processed_ids x
              WHERE x.question_id = p.question_id AND x.asked_id = p.asked_id)
            AND NOT EXISTS (SELECT 1 FROM doubled_ids d WHERE d.question_id = p.question_id AND d.asked_id = p.asked_id
              AND d.generation = p.generation AND d.object_id NOT IN ${among})`,
  );
  return new Set(rows.map((row) => row.object_id));
}
