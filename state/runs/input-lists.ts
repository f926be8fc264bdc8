/** The objects of a dataset that a task reads together, resolved once for each task. `inputs` resolves single ones. */
import type { InputNeed, InputObject, TakeMany } from "../../model/ports/input-store.ts";
import { findDayOf } from "../../model/time/local-day.ts";
import { flag, mapRow, type Row } from "../sqlite/row.ts";
import type { Query } from "../sqlite/query.ts";
import { sql, type Sql } from "../sqlite/statement.ts";

export function resolveMany(
  query: Query,
  need: InputNeed,
  take: TakeMany,
  now: Date,
): readonly InputObject[] {
  const kept = findKept(query, need, take);
  if (kept !== undefined) return kept;
  const found = listObjects(query, need, findDates(query, need, take));
  if (found.length === 0) return found;
  query.run(
    sql`INSERT INTO task_input_lists (task_instance_id, dataset, take, object_ids, resolved_at)
        SELECT task_instance_id, ${need.dataset}, ${take},
          ${JSON.stringify(found.map(({ objectId }) => objectId))}, ${now.toISOString()}
          FROM task_instances WHERE dag_run_id = ${need.run.dagRunId} AND task_id = ${need.taskId}
        ON CONFLICT (task_instance_id, dataset, take) DO UPDATE SET object_ids = excluded.object_ids,
          resolved_at = excluded.resolved_at`,
  );
  return found;
}

/** Resolved again if one of its objects is gone. */
function findKept(query: Query, need: InputNeed, take: TakeMany): readonly InputObject[] | undefined {
  const row = query.get<{ object_ids: string }>(
    sql`SELECT l.object_ids FROM task_input_lists l JOIN task_instances t USING (task_instance_id)
        WHERE t.dag_run_id = ${need.run.dagRunId} AND t.task_id = ${need.taskId} AND l.dataset = ${need.dataset}
          AND l.take = ${take}`,
  );
  if (row === undefined) return undefined;
  const ids = JSON.parse(row.object_ids) as readonly number[];
  const found = listObjects(
    query,
    need,
    sql`o.object_id IN (SELECT value FROM json_each(${row.object_ids}))`,
  );
  return found.length === ids.length ? found : undefined;
}

function findDates(query: Query, need: InputNeed, take: TakeMany): Sql {
  if (take === "all") return sql`1 = 1`;
  const { run } = need;
  const newest = take === "newest_day" ? findNewestDate(query, need) : run.logicalDate;
  const { from, until } = findDayOf(new Date(newest ?? run.logicalDate), run.timezone);
  return sql`o.logical_date >= ${from.toISOString()} AND o.logical_date < ${until.toISOString()}`;
}

function findNewestDate(query: Query, { lakeId, dataset }: InputNeed): string | null {
  return query.one<{ newest: string | null }>(
    sql`SELECT max(o.logical_date) AS newest FROM objects o WHERE o.lake = ${lakeId} AND o.dataset = ${dataset}
        AND o.kind IN ('file', 'records') AND o.is_committed = 1`,
  ).newest;
}

function listObjects(query: Query, { lakeId, dataset }: InputNeed, condition: Sql): readonly InputObject[] {
  return query
    .all<Row>(
      sql`SELECT o.object_id, o.key, o.kind, o.dataset, o.sha256, o.size_bytes, o.etag, o.is_committed, o.is_adopted,
            o.logical_date
          FROM objects o
          WHERE o.lake = ${lakeId} AND o.dataset = ${dataset} AND o.kind IN ('file', 'records')
            AND o.is_committed = 1 AND ${condition}
          ORDER BY o.key`,
    )
    .map((row) => mapRow<InputObject>(row, { isCommitted: flag, isAdopted: flag }));
}
