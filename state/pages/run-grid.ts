/** The newest runs of a Dag with the state of every task, in two statements however many there are. */
import type { DagRunState, RunType } from "../../model/run/dag-run.ts";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";
import { whereAll } from "./page.ts";
import { RUNNING_SINCE } from "./running-since.ts";

/** A run's column in the grid. Instants are ISO UTC. */
export interface GridRun {
  readonly dagRunId: number;
  readonly runId: string;
  readonly runType: RunType;
  readonly state: DagRunState;
  readonly logicalDate: string;
  readonly startedAt: string | null;
  /** `null` while it is queued. */
  readonly runningSince: string | null;
  readonly finishedAt: string | null;
  /** JSON: the state of each task, by task id. */
  readonly tasks: string;
}

export interface GridFilter {
  readonly limit: number;
  /** An exclusive bound of the logical date, ISO UTC. */
  readonly before?: string | undefined;
  readonly runType?: string | undefined;
  readonly state?: string | undefined;
}

/** Newest first. */
export function listGridRuns(
  query: Query,
  dagId: string,
  { limit, before, runType, state }: GridFilter,
): readonly GridRun[] {
  const where = whereAll([
    sql`r.dag_id = ${dagId}`,
    before === undefined ? undefined : sql`r.logical_date < ${before}`,
    runType === undefined ? undefined : sql`r.run_type = ${runType}`,
    state === undefined ? undefined : sql`r.state = ${state}`,
  ]);
  return query
    .all<Row>(
      sql`SELECT r.dag_run_id, r.run_id, r.run_type, r.state, r.logical_date, r.started_at, ${RUNNING_SINCE}, r.finished_at,
          (SELECT json_group_object(t.task_id, t.state) FROM task_instances t WHERE t.dag_run_id = r.dag_run_id)
            AS tasks
        FROM dag_runs r WHERE ${where} ORDER BY r.logical_date DESC, r.dag_run_id DESC LIMIT ${limit}`,
    )
    .map((row) => mapRow<GridRun>(row));
}
